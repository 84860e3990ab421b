package io.olapsync.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The numbers themselves, as scripts, CronJobs and DAGs have them in their text: from processes, and as literals. */
class ExitCodesTest {

    private static final Path DOCS = Path.of("").toAbsolutePath().getParent().resolve("docs");

    private final TestDatabase db = TestServers.postgres().newDatabase();

    @BeforeEach
    void prepare() {
        db.execute(
                "CREATE TABLE t (a int PRIMARY KEY)",
                "CREATE MATERIALIZED VIEW mv AS SELECT a FROM t",
                "CREATE UNIQUE INDEX ON mv (a)");
    }

    @AfterEach
    void drop() {
        db.close();
    }

    private int code(String... arguments) {
        return CliProcess.call(Map.of("OLAPSYNC_JDBC_URL", db.jdbcUrl()), arguments)
                .exitCode();
    }

    @Test
    void each_number_is_what_a_process_ends_with() {
        Map<String, String> nowhere = Map.of("OLAPSYNC_JDBC_URL", "jdbc:postgresql://127.0.0.1:1/x");
        try (CliProcess away = CliProcess.start(nowhere, "run")) {
            assertThat(code("run")).as("done").isEqualTo(0);
            db.execute("INSERT INTO t VALUES (1)");
            assertThat(code("verify")).as("differs").isEqualTo(1);
            assertThat(code("run", "no_such_view")).as("bad input").isEqualTo(2);
            db.execute("CREATE MATERIALIZED VIEW bare AS SELECT a FROM t");
            assertThat(code("run")).as("refused").isEqualTo(4);
            assertThat(away.ended().exitCode()).as("away").isEqualTo(3);
        }
    }

    @Test
    void documents_and_examples_have_these_numbers() throws IOException {
        String manual = Files.readString(DOCS.resolve("command-line.md"));
        Map<Integer, String> documented = Pattern.compile("(?m)^\\| (\\d) \\| ([a-z]+)[ :]")
                .matcher(manual)
                .results()
                .collect(Collectors.toMap(
                        (MatchResult row) -> Integer.valueOf(row.group(1)),
                        row -> row.group(2),
                        (a, b) -> a,
                        TreeMap::new));
        assertThat(documented)
                .isEqualTo(Map.of(
                        Exit.OK,
                        "yes",
                        Exit.FAILED,
                        "no",
                        Exit.BAD_INPUT,
                        "bad",
                        Exit.UNREACHABLE,
                        "the",
                        Exit.REFUSED,
                        "refused"));
        assertThat(Files.readString(DOCS.resolve("examples/cronjob.yaml")))
                .contains("values: [%d, %d, %d]".formatted(Exit.FAILED, Exit.BAD_INPUT, Exit.REFUSED));
        assertThat(Files.readString(DOCS.resolve("examples/olap_sync_dag.py")))
                .contains("UNREACHABLE = " + Exit.UNREACHABLE + "\n");
    }
}
