package io.olapsync.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.SyncPlan;
import io.olapsync.report.PlanJson;
import io.olapsync.testkit.TcpProxy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AwayServerTest {

    @Test
    void server_that_cannot_be_reached_has_exit_code_3_and_no_password_in_its_message(@TempDir Path folder)
            throws IOException {
        Path file = Files.writeString(
                folder.resolve("plan.json"),
                PlanJson.write(SyncPlan.named("own").view("fact").build()));
        try (TcpProxy nowhere = TcpProxy.to("127.0.0.1", 1)) {
            nowhere.cut();
            Map<String, String> away = Map.of(
                    "OLAPSYNC_JDBC_URL",
                    "jdbc:postgresql://127.0.0.1:" + nowhere.port() + "/db?password=" + "s3cret",
                    "OLAPSYNC_USER",
                    "u");

            CliProcess.Ended run;
            CliProcess.Ended health;
            try (CliProcess beside = CliProcess.start(away, "health", "--plan", file.toString(), "--json")) {
                run = CliProcess.callHere(away, "run", "--plan", file.toString());
                health = beside.ended();
            }

            assertThat(run.exitCode()).as(run.toString()).isEqualTo(Exit.UNREACHABLE);
            assertThat(run.err()).hasLineCount(1).contains("cannot be reached").doesNotContain("s3cret");
            assertThat(health.exitCode()).isEqualTo(Exit.UNREACHABLE);
            assertThat(health.json().get("health").asString())
                    .as("it says what it does not know")
                    .isEqualTo("unknown");
            assertThat(health.out()).doesNotContain("s3cret");
        }
    }
}
