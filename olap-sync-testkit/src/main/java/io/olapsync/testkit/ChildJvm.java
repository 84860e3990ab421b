package io.olapsync.testkit;

import io.olapsync.testkit.internal.ChildProcess;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A main class that runs in a JVM of its own, with the class path of this one, and can be killed.
 *
 * <p>What it writes, standard error included, is kept line by line. However this JVM ends, the child ends with it.
 * Thread-safe.
 */
public final class ChildJvm implements AutoCloseable {

    private final ChildProcess process;

    private ChildJvm(ChildProcess process) {
        this.process = process;
    }

    /** A child to be started; the class has a {@code public static void main(String[])}. */
    public static Builder of(Class<?> mainClass) {
        return new Builder(mainClass);
    }

    static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    /** The process id. */
    public long pid() {
        return process.pid();
    }

    /** Whether it runs. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /**
     * Waits for a line and returns it. Each line is returned once: the next call looks at the lines after it.
     *
     * @throws AssertionError where the child ends or the time is over before, with all it wrote
     */
    public String awaitLine(Predicate<String> wanted, Duration limit) {
        return process.awaitLine(wanted, limit);
    }

    /** Writes a line to its standard input; a child that is gone is an {@link UncheckedIOException}. */
    public void writeLine(String line) {
        process.writeLine(line);
    }

    /** All lines so far. */
    public List<String> lines() {
        return process.lines();
    }

    /** Sends SIGKILL and returns when the child is gone. */
    public void kill() {
        process.kill();
    }

    /** Sends SIGTERM: its shutdown hooks run. Does not wait. */
    public void terminate() {
        process.terminate();
    }

    /**
     * Waits for its end and returns the exit code: 128 plus the number of the signal where it was killed by one.
     *
     * @throws AssertionError where it still runs after the limit
     */
    public int exitCode(Duration limit) {
        return process.exitCode(limit);
    }

    /** Kills it where it still runs. */
    @Override
    public void close() {
        process.kill();
    }

    /** Says how the child shall be started. Not thread-safe. */
    public static final class Builder {
        private final Class<?> mainClass;
        private final Map<String, String> systemProperties = new LinkedHashMap<>();
        private final Map<String, String> environment = new LinkedHashMap<>();
        private final List<String> arguments = new ArrayList<>();
        private final List<String> prefix = new ArrayList<>();
        private String classPath = ChildJvm.classPath();

        private Builder(Class<?> mainClass) {
            this.mainClass = mainClass;
            System.getProperties().stringPropertyNames().stream()
                    .filter(name -> name.startsWith("olapsync.") || name.equals("java.io.tmpdir"))
                    .forEach(name -> systemProperties.put(name, System.getProperty(name)));
        }

        /** Arguments of the main method, after those given before. */
        public Builder args(String... more) {
            arguments.addAll(List.of(more));
            return this;
        }

        /** A system property; those of this JVM that begin with {@code olapsync.} are set already. */
        public Builder systemProperty(String name, String value) {
            systemProperties.put(name, value);
            return this;
        }

        /** An environment variable, added to those of this JVM. */
        public Builder environment(String name, String value) {
            environment.put(name, value);
            return this;
        }

        /** Runs the child under another command, for instance one that changes the user. */
        Builder under(String... command) {
            prefix.addAll(List.of(command));
            return this;
        }

        Builder classPath(String path) {
            classPath = path;
            return this;
        }

        /** Starts the child. */
        public ChildJvm start() {
            List<String> command = new ArrayList<>(prefix);
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(List.of(
                    "-Dfile.encoding=UTF-8",
                    "-Dstdout.encoding=UTF-8",
                    "-Dstderr.encoding=UTF-8",
                    "-XX:TieredStopAtLevel=1",
                    "-XX:+UseSerialGC",
                    "-Xshare:auto",
                    // What is loaded comes from a compiler; to verify it takes a tenth of a short life.
                    "-XX:+UnlockDiagnosticVMOptions",
                    "-XX:-BytecodeVerificationRemote",
                    "-cp",
                    classPath));
            systemProperties.forEach((name, value) -> command.add("-D" + name + "=" + value));
            command.add(mainClass.getName());
            command.addAll(arguments);
            return new ChildJvm(ChildProcess.start(command, environment));
        }
    }
}
