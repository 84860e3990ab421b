package io.olapsync.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the main job says of arguments and plans that it cannot understand, before it has met a server. */
class FullSyncJobArgumentsTest {

    @TempDir
    Path directory;

    static Stream<List<String>> badArguments() {
        return Stream.of(
                List.of("--no-such-option"),
                List.of("jdbc:postgresql://u:s3cret@somewhere/db"),
                List.of("--jdbc-url"),
                List.of("--jdbc-url", "mysql://u:s3cret@somewhere/db"),
                List.of("--redis-uri", "http://u:s3cret@somewhere"),
                List.of("--jdbc-url", "jdbc:postgresql://u:s3cret@somewhere/db"),
                List.of("--jdbc-url", "jdbc:postgresql://u:s3cret@somewhere:5432/db"),
                List.of("--jdbc-url", "jdbc:postgresql://somewhere:port/db?user=u&pass%77ord=s3cret"),
                List.of("--redis-uri", "redis://:s3cret@somewhere/db"),
                List.of("--redis-uri", "redis://h/zz"),
                List.of("--jdbc-url", "jdbc:postgresql://h/db?sslmode=bogus&password=s3cret"),
                List.of("--scale", "10", "--scale", "20"),
                List.of("--redis-uri", "redis://:s3cret@a", "--redis-uri", "redis://:s3cret@b"),
                List.of("--publish", "each", "--publish"),
                List.of("--redis-uri", "redis://:s3cret@some where"),
                List.of("--jdbcurl=jdbc:postgresql://u:s3cret@somewhere/db"),
                List.of("--scale", "many"),
                List.of("--scale", "-5"),
                List.of("--publish", "never"),
                List.of("--plan", "plan.json"),
                List.of("--jdbc-url", "jdbc:postgresql:x", "--plan", "/no/such/plan.json"),
                List.of("--jdbc-url", "jdbc:postgresql:x", "--plan", "/"));
    }

    @ParameterizedTest
    @MethodSource("badArguments")
    void bad_arguments_get_one_line_and_exit_code_2(List<String> arguments) {
        JobProcess.Ended job = JobProcess.call(arguments.toArray(String[]::new));

        assertThat(job.exitCode()).isEqualTo(2);
        assertThat(job.out()).isEmpty();
        assertThat(job.err()).singleElement().asString().doesNotContain("s3cret");
    }

    static Stream<String> badPlans() {
        return Stream.of(
                "",
                "not JSON",
                "[]",
                "{\"name\": \"p\", \"views\": []}",
                "{\"name\": \"p\", \"views\": [{\"name\": \"a\", \"aftr\": [\"b\"]}, {\"name\": \"b\"}]}",
                "{\"name\": \"p\", \"views\": [{\"name\": \"a\", \"after\": [\"b\"]},"
                        + " {\"name\": \"b\", \"after\": [\"a\"]}, {\"name\": \"c\", \"after\": [\"d\"]}]}");
    }

    @ParameterizedTest
    @MethodSource("badPlans")
    void bad_plan_gets_one_line_and_exit_code_2(String json) throws IOException {
        JobProcess.Ended job = JobProcess.call(
                "--jdbc-url",
                "jdbc:postgresql://127.0.0.1:1/x",
                "--plan",
                Files.writeString(directory.resolve("plan.json"), json).toString());

        assertThat(job.exitCode()).isEqualTo(2);
        assertThat(job.out()).isEmpty();
        assertThat(job.err()).hasSize(1);
    }

    @Test
    void bad_arguments_end_the_process_with_code_2_and_one_line() {
        JobProcess.Ended job = JobProcess.process("--scale", "many");

        assertThat(job).isEqualTo(new JobProcess.Ended(2, List.of(), job.err()));
        assertThat(job.err()).singleElement().asString().contains("--scale", "'many'");
    }

    @Test
    void doubled_option_is_named() {
        assertThat(JobProcess.call("--scale", "10", "--publish", "each", "--scale", "20")
                        .err())
                .singleElement()
                .asString()
                .startsWith("--scale is there twice");
    }
}
