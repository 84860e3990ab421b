package io.olapsync.testkit.internal;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A process whose output is read line by line. Thread-safe. */
public final class ChildProcess {

    private static final Duration KILL_LIMIT = Duration.ofSeconds(10);

    private final Process process;
    private final Process watchdog;
    private final ShutdownHook hook;
    private final List<String> lines = new ArrayList<>();
    private int consumed;
    private boolean ended;

    private ChildProcess(Process process, Process watchdog) {
        this.process = process;
        this.watchdog = watchdog;
        this.hook = ShutdownHook.of("kill child", process::destroyForcibly);
        Thread reader = new Thread(this::read, "output-of-" + process.pid());
        reader.setDaemon(true);
        reader.start();
    }

    /** Starts a command with more environment variables than this process has. */
    public static ChildProcess start(List<String> command, Map<String, String> environment) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().putAll(environment);
            Process process = builder.start();
            try {
                return new ChildProcess(process, ServerProcess.watch(process, "KILL", ""));
            } catch (IOException e) {
                process.destroyForcibly();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot start " + command.get(0), e);
        }
    }

    private void read() {
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                add(line);
            }
        } catch (IOException closed) {
            // the process is gone
        }
        synchronized (lines) {
            ended = true;
            lines.notifyAll();
        }
    }

    private void add(String line) {
        synchronized (lines) {
            lines.add(line);
            lines.notifyAll();
        }
    }

    /** The next line that is wanted; those before it are passed over. */
    public String awaitLine(Predicate<String> wanted, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        synchronized (lines) {
            while (true) {
                while (consumed < lines.size()) {
                    String line = lines.get(consumed++);
                    if (wanted.test(line)) {
                        return line;
                    }
                }
                long left = deadline - System.nanoTime();
                if (ended || left <= 0) {
                    throw new AssertionError("No such line from process " + pid()
                            + (ended ? ", which ended" : " within " + limit) + "; it wrote:\n"
                            + String.join("\n", lines));
                }
                await(left);
            }
        }
    }

    private void await(long nanos) {
        try {
            TimeUnit.NANOSECONDS.timedWait(lines, nanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while waiting for process " + pid(), e);
        }
    }

    /** Writes a line to its standard input. */
    public void writeLine(String line) {
        try {
            Writer writer = process.outputWriter(StandardCharsets.UTF_8);
            writer.write(line + "\n");
            writer.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("Process " + pid() + " does not read", e);
        }
    }

    /** A copy of all lines so far. */
    public List<String> lines() {
        synchronized (lines) {
            return List.copyOf(lines);
        }
    }

    /** The process id. */
    public long pid() {
        return process.pid();
    }

    /** Whether it runs. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** SIGTERM. */
    public void terminate() {
        process.toHandle().destroy();
    }

    /** SIGKILL, and waits for the end. */
    public void kill() {
        // by the handle: Process.destroy() would close the pipe with what the child wrote last
        process.toHandle().destroyForcibly();
        if (Command.awaitExit(process, KILL_LIMIT)) {
            release();
        }
    }

    /** Waits for the end. */
    public int exitCode(Duration limit) {
        if (!Command.awaitExit(process, limit)) {
            throw new AssertionError(
                    "Process " + pid() + " still runs after " + limit + "; it wrote:\n" + String.join("\n", lines()));
        }
        release();
        return process.exitValue();
    }

    private void release() {
        watchdog.destroyForcibly();
        hook.cancel();
    }
}
