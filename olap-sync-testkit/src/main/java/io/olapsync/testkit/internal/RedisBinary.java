package io.olapsync.testkit.internal;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.UUID;

/** The unpacked {@code redis-server}. */
public final class RedisBinary {

    private static final Object EXTRACTING = new Object();

    private RedisBinary() {}

    /** Unpacks the executable of this platform, once for all JVMs of this user. */
    public static Path find() {
        String name = Platform.current().redisExecutable();
        try (InputStream resource = RedisBinary.class.getClassLoader().getResourceAsStream(name)) {
            if (resource == null) {
                throw new IllegalStateException("No " + name + " on the class path: add org.signal:embedded-redis");
            }
            byte[] content = resource.readAllBytes();
            String digest = HexFormat.of().formatHex(Digests.sha256(new ByteArrayInputStream(content)));
            Path executable = Workspace.root().resolve("redis-server-" + digest.substring(0, 16));
            synchronized (EXTRACTING) {
                if (!Files.exists(executable)) {
                    writeAside(content, executable);
                }
            }
            return executable;
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot unpack " + name, e);
        }
    }

    private static void writeAside(byte[] content, Path executable) throws IOException {
        Path aside = executable.resolveSibling(executable.getFileName() + ".tmp-" + UUID.randomUUID());
        try {
            Files.write(aside, content);
            Files.setPosixFilePermissions(aside, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.move(aside, executable, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(aside);
        }
    }
}
