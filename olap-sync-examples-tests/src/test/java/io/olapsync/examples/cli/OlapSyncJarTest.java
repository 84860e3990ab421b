package io.olapsync.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.URISyntaxException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The runnable jar itself; it is there only where the examples have been packaged. */
class OlapSyncJarTest {

    /** What the class path has of the examples: their jar, or their classes where the build ends with the tests. */
    private static final Path EXAMPLES = examples();

    private static Path examples() {
        try {
            return Path.of(OlapSyncCli.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void jar_runs_and_has_all_that_a_command_needs() {
        assumeTrue(EXAMPLES.toString().endsWith(".jar"), "the examples were compiled and not packaged");
        Path jar = EXAMPLES.resolveSibling("olap-sync.jar");
        try (CliProcess help = CliProcess.ofJar(jar, "--help");
                CliProcess health = CliProcess.ofJar(
                        jar,
                        "health",
                        "--json",
                        "--jdbc-url",
                        "jdbc:postgresql://127.0.0.1:1/x",
                        "--redis-uri",
                        "redis://127.0.0.1:1",
                        "--schema",
                        "public")) {
            assertThat(help.ended().exitCode()).isZero();
            CliProcess.Ended unreachable = health.ended();
            assertThat(unreachable.exitCode()).as(unreachable.toString()).isEqualTo(Exit.UNREACHABLE);
            assertThat(unreachable.err()).contains("127.0.0.1:1");
        }
    }
}
