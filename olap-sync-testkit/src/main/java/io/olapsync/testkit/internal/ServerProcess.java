package io.olapsync.testkit.internal;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A running server: a process with a log file and a watchdog.
 *
 * <p>The watchdog is a shell that reads from a pipe this JVM holds. However the JVM ends, SIGKILL included, the pipe is
 * closed, the shell wakes up, stops the server and deletes its directory.
 */
public final class ServerProcess {

    private static final String WATCHDOG = """
            trap '' INT TERM HUP QUIT
            while read -r _; do :; done
            kill -"$2" "$1" 2>/dev/null
            tries=0
            while kill -0 "$1" 2>/dev/null && [ "$tries" -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
            kill -KILL "$1" 2>/dev/null
            [ -z "$3" ] || rm -rf "$3"
            """;

    private final Process process;
    private final Process watchdog;
    private final Path log;
    private final long logStart;

    private ServerProcess(Process process, Process watchdog, Path log, long logStart) {
        this.process = process;
        this.watchdog = watchdog;
        this.log = log;
        this.logStart = logStart;
    }

    /**
     * Starts a server.
     *
     * @param command the executable and its arguments
     * @param log the file its output is appended to
     * @param directory deleted when the JVM is killed
     * @param orphanSignal what the watchdog sends to the server when the JVM is killed, for instance {@code QUIT}
     */
    public static ServerProcess start(List<String> command, Path log, Path directory, String orphanSignal) {
        try {
            long logStart = Files.exists(log) ? Files.size(log) : 0;
            ProcessBuilder builder = Command.inPlainEnvironment(new ProcessBuilder(command))
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
            Process process = builder.start();
            try {
                return new ServerProcess(process, watch(process, orphanSignal, directory.toString()), log, logStart);
            } catch (IOException e) {
                process.destroyForcibly();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot start " + command.get(0) + ": " + e.getMessage(), e);
        }
    }

    /** Starts a watchdog over a process; killing the returned process calls it off. */
    public static Process watch(Process process, String orphanSignal, String directoryToDelete) throws IOException {
        return new ProcessBuilder(
                        "sh",
                        "-c",
                        WATCHDOG,
                        "olapsync-watchdog",
                        Long.toString(process.pid()),
                        orphanSignal,
                        directoryToDelete)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    /** The process id. */
    public long pid() {
        return process.pid();
    }

    /** Whether the process runs. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** Waits for the end of the process; false: it still runs after the limit. */
    public boolean awaitExit(Duration limit) {
        boolean ended = Command.awaitExit(process, limit);
        if (ended) {
            watchdog.destroyForcibly();
        }
        return ended;
    }

    /** Sends a signal by its name, such as {@code INT}, and waits for the end; after the limit the process is killed. */
    public void stop(String signal, Duration limit) {
        if (process.isAlive()) {
            Command.run(List.of("sh", "-c", "kill -" + signal + " " + process.pid()));
        }
        if (!awaitExit(limit)) {
            kill();
        }
    }

    /** Sends SIGKILL to the process and to all its children, and returns when all of them are gone. */
    public void kill() {
        List<ProcessHandle> children = new ArrayList<>(process.descendants().toList());
        process.destroyForcibly();
        awaitExit(Duration.ofSeconds(10));
        for (ProcessHandle child : children) {
            child.destroyForcibly();
        }
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (children.stream().anyMatch(ServerProcess::runs) && System.nanoTime() < deadline) {
            LockSupport.parkNanos(Duration.ofMillis(2).toNanos());
        }
    }

    /** A process nobody waits for stays a zombie where the container has no init: it has let go of everything. */
    private static boolean runs(ProcessHandle process) {
        try {
            return process.isAlive()
                    && !Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"))
                            .contains(") Z ");
        } catch (IOException noSuchFile) {
            return process.isAlive();
        }
    }

    /** Whether the server ended because somebody else listens on its port; the words are those of glibc, musl, macOS. */
    public boolean foundPortTaken() {
        String tail = logTail();
        return !isAlive() && (tail.contains("Address already in use") || tail.contains("Address in use"));
    }

    /** What the server wrote since it was started, the last 8 KB of it. */
    public String logTail() {
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            long from = Math.max(logStart, file.length() - 8192);
            byte[] bytes = new byte[(int) (file.length() - from)];
            file.seek(from);
            file.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }
}
