package io.olapsync.testkit.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The directory in which servers are unpacked and run: {@code olapsync-<user>} below {@code java.io.tmpdir}, or what
 * the system property {@value #PROPERTY} names.
 *
 * <p>Its directories are readable by everybody, because a server started by root runs as somebody else.
 */
public final class Workspace {

    /** The system property that moves the workspace. */
    public static final String PROPERTY = "olapsync.testkit.dir";

    /**
     * The system property that names a place for the servers' data alone, such as one in memory, where the workspace is
     * on a slow disk. Where it has less than {@value #ROOM_BYTES} bytes of room, or {@value #PROPERTY} is set, the
     * data is in the workspace all the same.
     */
    public static final String DATA_PROPERTY = "olapsync.testkit.data";

    private static final long ROOM_BYTES = 4L << 30;

    private Workspace() {}

    /** The workspace, created if need be; one that belongs to another user is refused. */
    public static Path root() {
        String configured = System.getProperty(PROPERTY);
        Path root = configured != null
                ? Path.of(configured).toAbsolutePath()
                : Path.of(System.getProperty("java.io.tmpdir"), "olapsync-" + System.getProperty("user.name"))
                        .toAbsolutePath();
        try {
            Files.createDirectories(root.getParent() == null ? root : root.getParent());
            createIfAbsent(root);
            requireOwn(root);
            return root;
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "The workspace " + root + " of the embedded servers is not usable (" + e.getMessage()
                            + "); name another by -D" + PROPERTY,
                    e);
        }
    }

    /** A new directory for one server. */
    public static Path newDirectory(String prefix) {
        Path root = dataRoot();
        Path directory =
                root.resolve(prefix + "-" + UUID.randomUUID().toString().substring(0, 8));
        try {
            createIfAbsent(directory);
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot create " + directory, e);
        }
    }

    private static Path dataRoot() {
        String configured = System.getProperty(DATA_PROPERTY);
        if (configured == null || System.getProperty(PROPERTY) != null) {
            return root();
        }
        Path parent = Path.of(configured).toAbsolutePath();
        try {
            if (!Files.isWritable(parent) || Files.getFileStore(parent).getUsableSpace() < ROOM_BYTES) {
                return root();
            }
            Path root = parent.resolve("olapsync-" + System.getProperty("user.name"));
            createIfAbsent(root);
            requireOwn(root);
            return root;
        } catch (IOException e) {
            return root();
        }
    }

    /** Deletes a directory with all in it; what cannot be deleted is left. */
    public static void delete(Path directory) {
        try {
            Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException failure) {
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
                        throws IOException {
                    Files.deleteIfExists(visited);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException leftBehind) {
            // a temporary directory, found by whatever cleans up the rest of them
        }
    }

    private static void createIfAbsent(Path directory) throws IOException {
        try {
            Files.createDirectory(directory);
            // not as an attribute of createDirectory: the umask would take bits away
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (FileAlreadyExistsException present) {
            if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                throw present;
            }
        }
    }

    private static void requireOwn(Path root) throws IOException {
        Path probe = Files.createTempFile(root, "owner", null);
        try {
            if (!Files.getOwner(probe).equals(Files.getOwner(root))) {
                throw new IOException("it belongs to " + Files.getOwner(root));
            }
        } finally {
            try {
                Files.delete(probe);
            } catch (NoSuchFileException gone) {
                // someone swept the directory: fine
            }
        }
    }
}
