package io.olapsync.examples.cli;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A call of the command line as a process of its own. */
final class CliProcess implements AutoCloseable {

    private static final JsonMapper JSON = new JsonMapper();
    private static final long PATIENCE_SECONDS = 60;

    /** What a call that has ended left. */
    record Ended(int exitCode, String out, String err) {

        JsonNode json() {
            return JSON.readTree(out);
        }

        List<JsonNode> jsonLines() {
            return out.lines().map(JSON::readTree).toList();
        }
    }

    private final Process process;
    private final CompletableFuture<String> err;
    private final BufferedReader out;

    private CliProcess(Process process) {
        this.process = process;
        this.err = CompletableFuture.supplyAsync(() -> all(process.getErrorStream()));
        this.out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    static CliProcess start(Map<String, String> environment, String... arguments) {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return start(environment, List.of("-cp", classPath, OlapSyncCli.class.getName()), arguments);
    }

    static CliProcess ofJar(Path jar, String... arguments) {
        return start(Map.of(), List.of("-jar", jar.toString()), arguments);
    }

    private static CliProcess start(Map<String, String> environment, List<String> what, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "-XX:+UnlockDiagnosticVMOptions",
                "-XX:-BytecodeVerificationRemote"));
        command.addAll(what);
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(name -> name.startsWith("OLAPSYNC_"));
        builder.environment().putAll(environment);
        try {
            return new CliProcess(builder.start());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    static Ended call(Map<String, String> environment, String... arguments) {
        try (CliProcess process = start(environment, arguments)) {
            return process.ended();
        }
    }

    /** The same without a process of its own. */
    static Ended callHere(Map<String, String> environment, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = OlapSyncCli.run(
                environment,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                arguments);
        return new Ended(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** The next line of its output; blocks until it is there. */
    String line() {
        try {
            String line = out.readLine();
            if (line == null) {
                throw new AssertionError("it ended: " + err.join());
            }
            return line;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    void terminate() {
        process.toHandle().destroy(); // Process.destroy closes its output, too
    }

    long pid() {
        return process.pid();
    }

    /** Nobody reads its output any more. */
    void closeOutput() throws IOException {
        out.close();
    }

    int exitCode() {
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("it still runs after " + PATIENCE_SECONDS + " s");
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** What a process list shows of it. */
    String commandLine() throws IOException {
        Path listed = Path.of("/proc", String.valueOf(process.pid()), "cmdline");
        return Files.isReadable(listed)
                ? Files.readString(listed)
                : process.info().commandLine().orElse("");
    }

    Ended ended() {
        try {
            StringBuilder text = new StringBuilder();
            CompletableFuture<Void> read = CompletableFuture.runAsync(
                    () -> out.lines().forEach(line -> text.append(line).append('\n')));
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("it still runs after " + PATIENCE_SECONDS + " s");
            }
            read.join();
            return new Ended(process.exitValue(), text.toString(), err.join());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    private static String all(InputStream in) {
        try (in) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
