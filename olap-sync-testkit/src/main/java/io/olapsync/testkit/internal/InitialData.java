package io.olapsync.testkit.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * What {@code initdb} makes, kept beside the binaries: a copy costs a fifth of the making.
 *
 * <p>Made and kept by whichever JVM of this user is first; nobody sees half of it.
 *
 * @param way how the servers on it run
 * @param kept the directory, which need not exist
 */
record InitialData(Privileges way, Path kept) {

    static InitialData of(PostgresBinaries binaries, Privileges way) {
        Path home = binaries.home();
        return new InitialData(
                way,
                home.resolveSibling(home.getFileName() + "-data-" + way.name().toLowerCase(Locale.ROOT)));
    }

    /** Copies it to a place where nothing is; false: there is none, it cannot be copied, or the way is closed by now. */
    boolean copyTo(Path data) {
        return Files.isDirectory(kept) && Command.run(way.wrap(List.of("true"))).succeeded() && copy(kept, data);
    }

    /** Keeps a copy of what {@code initdb} has just made; where that fails, the next has to make its own, too. */
    void keep(Path data) {
        if (way == Privileges.OTHER_USER || Files.isDirectory(kept)) {
            return; // another user's files cannot be copied as they are
        }
        Path aside = kept.resolveSibling(kept.getFileName() + ".tmp-" + UUID.randomUUID());
        try {
            if (copy(data, aside)) {
                withoutMaps(aside);
                Files.move(aside, kept, StandardCopyOption.ATOMIC_MOVE);
            }
        } catch (IOException | UncheckedIOException anotherWasFirst) {
            // theirs is as good
        } finally {
            Workspace.delete(aside);
        }
    }

    /**
     * Takes away the maps of free space and of what is visible to all. The server does without them until a vacuum makes them
     * anew; they are a quarter of the files of each database, all of which the creation of a database copies.
     */
    private static void withoutMaps(Path data) throws IOException {
        try (Stream<Path> files = Files.find(
                data.resolve("base"), 2, (file, what) -> file.toString().matches(".*/\\d+_(fsm|vm)"))) {
            for (Path map : files.toList()) {
                Files.delete(map);
            }
        }
    }

    private static boolean copy(Path from, Path to) {
        boolean copied = Command.run(List.of("cp", "-Rp", from.toString(), to.toString()))
                .succeeded();
        if (!copied) {
            Workspace.delete(to);
        }
        return copied;
    }
}
