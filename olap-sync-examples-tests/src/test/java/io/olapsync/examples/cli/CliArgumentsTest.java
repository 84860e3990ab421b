package io.olapsync.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the command line says of itself, and of what it cannot understand, without a server. */
class CliArgumentsTest {

    private static final String SECRET = "s3cret";

    static Stream<List<String>> badInput() {
        String url = "jdbc:postgresql://127.0.0.1:1/x";
        return Stream.of(
                List.of("no-such-command"),
                List.of("run", "--no-such-option"),
                List.of("run", "--jdbcurl=jdbc:postgresql://u:" + SECRET + "@h/db"),
                List.of("health", "jdbc:postgresql://u:" + SECRET + "@h/db"),
                List.of("run", "--jdbc-url"),
                List.of("run", "--jdbc-url", "mysql://u:" + SECRET + "@h/db"),
                List.of("run", "--jdbc-url", "jdbc:postgresql://u:" + SECRET + "@h/db"),
                List.of("run", "--jdbc-url", url + "?password=" + SECRET),
                List.of("run", "--jdbc-url", url + "?sslpassword=" + SECRET),
                List.of("run", "--jdbc-url", url, "--jdbc-url", url),
                List.of("run", "--jdbc-url", url, "--publish", "never"),
                List.of("run", "--jdbc-url", url, "--retries", "many"),
                List.of("run", "--jdbc-url", url, "--retries", "-1"),
                List.of("run", "--jdbc-url", url, "--deadline", "soon"),
                List.of("run", "--jdbc-url", url, "--deadline", "0s"),
                List.of("run", "--jdbc-url", url, "--trigger", " "),
                List.of("run", "--jdbc-url", url, "++"),
                List.of("refresh", "--jdbc-url", url),
                List.of("refresh", "--jdbc-url", url, "--since", "yesterday", "v"),
                List.of("verify", "--jdbc-url", url, "--examples", "-1"),
                List.of("verify", "--jdbc-url", url, "--sample", "-1"),
                List.of("verify", "--jdbc-url", url, "--timeout", "0s"),
                List.of("history", "--jdbc-url", url, "--limit", "0"),
                List.of("watch", "--jdbc-url", url, "--every", "1ms"),
                List.of("watch", "--jdbc-url", url, "not-an-id"),
                List.of("page", "--jdbc-url", url, "--serve", "70000"),
                List.of("page", "--jdbc-url", url, "--serve", "0", "--out", "x"),
                List.of("health", "--jdbc-url", url, "--plan", "/no/such/plan.json"),
                List.of("health", "--jdbc-url", url, "--plan", "/"),
                List.of("health", "--jdbc-url", url, "--plan", "p", "--schema", "s"),
                List.of("run", "--jdbc-url", url + "?user=a", "--user", "b"),
                List.of("run", "--jdbc-url", url, "--password-file", "/no/such/file"));
    }

    @ParameterizedTest
    @MethodSource("badInput")
    void bad_input_gets_one_line_and_exit_code_2(List<String> arguments) {
        CliProcess.Ended ended = CliProcess.callHere(Map.of(), arguments.toArray(String[]::new));

        assertThat(ended.exitCode()).as(ended.toString()).isEqualTo(Exit.BAD_INPUT);
        assertThat(ended.out()).isEmpty();
        assertThat(ended.err()).hasLineCount(1).doesNotContain(SECRET).doesNotContain("Exception");
    }

    @Test
    void every_command_has_help_with_the_exit_codes_at_the_top() {
        assertThat(CliProcess.callHere(Map.of(), "--help").out())
                .contains("plan", "run", "refresh", "verify", "doctor", "health", "history", "watch", "page")
                .contains("Exit codes:");
        for (String command :
                List.of("plan", "run", "refresh", "verify", "doctor", "health", "history", "watch", "page")) {
            CliProcess.Ended help = CliProcess.callHere(Map.of(), command, "--help");
            assertThat(help.exitCode()).isZero();
            assertThat(help.out()).contains("Usage: olap-sync " + command, "--jdbc-url", "--json");
        }
        assertThat(CliProcess.callHere(Map.of()).exitCode()).isEqualTo(Exit.BAD_INPUT);
    }
}
