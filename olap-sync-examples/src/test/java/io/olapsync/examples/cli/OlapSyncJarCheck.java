package io.olapsync.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The runnable jar itself; it is there only once the module has been packaged, so this runs after the other tests. */
class OlapSyncJarCheck {

    private static final Path JAR = Path.of(System.getProperty("olapsync.jar", "target/olap-sync.jar"));

    @Test
    void jar_runs_and_has_all_that_a_command_needs() {
        try (CliProcess help = CliProcess.ofJar(JAR, "--help");
                CliProcess health = CliProcess.ofJar(
                        JAR,
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
