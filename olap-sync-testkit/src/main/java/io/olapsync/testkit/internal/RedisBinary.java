package io.olapsync.testkit.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.UUID;

/** The unpacked {@code redis-server}. */
public final class RedisBinary {

    private static final Object EXTRACTING = new Object();

    private RedisBinary() {}

    /** Unpacks the executable of this platform, once for all JVMs of this user. */
    public static Path find() {
        String name = Platform.current().redisExecutable();
        URL resource = RedisBinary.class.getClassLoader().getResource(name);
        if (resource == null) {
            throw new IllegalStateException("No " + name + " on the class path: add org.signal:embedded-redis");
        }
        try {
            Path executable = Workspace.root().resolve("redis-server-" + Digests.of(resource));
            synchronized (EXTRACTING) {
                if (!Files.exists(executable)) {
                    writeAside(resource, executable);
                }
            }
            return executable;
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot unpack " + name, e);
        }
    }

    private static void writeAside(URL resource, Path executable) throws IOException {
        Path aside = executable.resolveSibling(executable.getFileName() + ".tmp-" + UUID.randomUUID());
        try (InputStream content = resource.openStream()) {
            Files.copy(content, aside);
            Files.setPosixFilePermissions(aside, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.move(aside, executable, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(aside);
        }
    }
}
