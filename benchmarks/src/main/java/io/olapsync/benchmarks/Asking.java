package io.olapsync.benchmarks;

import io.olapsync.benchmarks.report.Answer;
import io.olapsync.benchmarks.report.Answered;
import io.olapsync.benchmarks.report.ResultFiles;
import io.olapsync.testkit.TestServers;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One question in a JVM of its own, so that nothing another one has compiled or left on the heap counts. The servers are
 * those of the JVM that asks; both sides know them from the environment variables of the tests.
 */
record Asking(ProfileServers servers, Effort effort, Path scratch) {

    static final String ARGUMENT = "--ask";

    private static final long QUICK_SECONDS = 90;
    private static final long FULL_SECONDS = 1_800;

    /** Starts the JVM and blocks until it has ended; whatever goes wrong there is an answer, too. */
    Answered ask(Question question) throws IOException, InterruptedException {
        long began = System.nanoTime();
        Path file = scratch.resolve(question.name() + ".json");
        Path log = scratch.resolve(question.name() + ".log");
        Files.deleteIfExists(file);
        ProcessBuilder builder = new ProcessBuilder(command(question, file))
                .redirectErrorStream(true)
                .redirectOutput(Redirect.to(log.toFile()));
        builder.environment()
                .putAll(Map.of(
                        LoadedStar.RUN, servers.run(),
                        TestServers.JDBC_URL, servers.postgres().jdbcUrl(),
                        TestServers.REDIS_URI, servers.redis().uri()));
        Process process = builder.start();
        String failure = "";
        try {
            if (!process.waitFor(effort.quick() ? QUICK_SECONDS : FULL_SECONDS, TimeUnit.SECONDS)) {
                failure = "it took too long, see " + log;
            } else if (process.exitValue() != 0 || !Files.exists(file)) {
                failure = "it ended with exit code " + process.exitValue() + ", see " + log;
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        return failure.isEmpty() ? ResultFiles.readAnswer(file) : Answered.failed(question.name(), seconds, failure);
    }

    private List<String> command(Question question, Path file) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(question.jvmArguments());
        command.add("-Dfile.encoding=UTF-8");
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(
                ARGUMENT,
                question.name(),
                String.valueOf(effort.quick()),
                effort.scale().name(),
                file.toString()));
        return command;
    }

    /** What the other JVM does. */
    static void ask(String name, boolean quick, String scale, Path file) throws Exception {
        long began = System.nanoTime();
        Answer answer = new Answer();
        Questions.named(name).ask(new Effort(quick, Scale.valueOf(scale)), answer);
        ResultFiles.writeAnswer(Answered.of(name, (System.nanoTime() - began) / 1e9, answer), file);
        System.exit(0); // whatever thread a measurement has left
    }
}
