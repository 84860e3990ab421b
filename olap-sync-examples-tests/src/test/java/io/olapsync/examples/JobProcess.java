package io.olapsync.examples;

import io.olapsync.testkit.ChildJvm;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The main job, in a process of its own or here. */
final class JobProcess {

    private static final String ERROR = "stderr: ";

    private JobProcess() {}

    /** What a process has left behind. */
    record Ended(int exitCode, List<String> out, List<String> err) {
        JsonNode lastLine() {
            return JsonMapper.shared().readTree(out.get(out.size() - 1));
        }
    }

    static Ended process(String... arguments) {
        try (ChildJvm child = ChildJvm.of(MarkingMain.class).args(arguments).start()) {
            int exitCode = child.exitCode(Duration.ofSeconds(100));
            return new Ended(
                    exitCode,
                    child.lines().stream()
                            .filter(line -> !line.startsWith(ERROR))
                            .toList(),
                    child.lines().stream()
                            .filter(line -> line.startsWith(ERROR))
                            .map(line -> line.substring(ERROR.length()))
                            .toList());
        }
    }

    /** The same without a process of its own. */
    static Ended call(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exitCode = FullSyncJob.run(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                arguments);
        return new Ended(
                exitCode,
                out.toString(StandardCharsets.UTF_8).lines().toList(),
                err.toString(StandardCharsets.UTF_8).lines().toList());
    }

    /** The main job, with the lines of its standard error marked: a child's two streams arrive as one. */
    static final class MarkingMain {

        private MarkingMain() {}

        public static void main(String[] arguments) {
            OutputStream raw = new FileOutputStream(FileDescriptor.err);
            System.setErr(new PrintStream(new MarkedLines(raw), true, StandardCharsets.UTF_8));
            FullSyncJob.main(arguments);
        }
    }

    private static final class MarkedLines extends OutputStream {
        private final OutputStream to;
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();

        MarkedLines(OutputStream to) {
            this.to = to;
        }

        @Override
        public synchronized void write(int b) throws IOException {
            line.write(b);
            if (b == '\n') {
                to.write((ERROR + line.toString(StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8));
                line.reset();
            }
        }
    }
}
