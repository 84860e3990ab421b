package io.olapsync.testkit.internal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs short commands, and waits for processes, in an environment that does not depend on the user's. */
final class Command {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private Command() {}

    /**
     * How a command ended.
     *
     * @param exitCode 0: success
     * @param output what it wrote, standard error included
     */
    record Result(int exitCode, String output) {
        boolean succeeded() {
            return exitCode == 0;
        }
    }

    /** Runs a command to its end; one that cannot be started has exit code -1 and the reason as its output. */
    static Result run(List<String> command) {
        Process process;
        try {
            process = inPlainEnvironment(new ProcessBuilder(command))
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            return new Result(-1, String.valueOf(e.getMessage()));
        }
        process.onExit().orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).whenComplete((ended, late) -> {
            if (late != null) {
                process.destroyForcibly();
            }
        });
        try (InputStream out = process.getInputStream()) {
            process.getOutputStream().close();
            String output = new String(out.readAllBytes(), StandardCharsets.UTF_8).strip();
            return awaitExit(process, LIMIT)
                    ? new Result(process.exitValue(), output)
                    : new Result(-1, output + " (still running after " + LIMIT.toSeconds() + " s)");
        } catch (IOException e) {
            return new Result(-1, String.valueOf(e.getMessage()));
        }
    }

    /** Takes away what would change how the servers behave: locale, time zone, the user's PG variables. */
    static ProcessBuilder inPlainEnvironment(ProcessBuilder builder) {
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith("PG") || name.startsWith("LC_") || name.equals("LANG"));
        environment.put("LC_ALL", "C");
        environment.put("TZ", "UTC");
        return builder;
    }

    /** Waits, an interrupt notwithstanding (the flag is kept): an interrupted test must still stop its servers. */
    static boolean awaitExit(Process process, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return process.waitFor(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
