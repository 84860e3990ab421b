package io.olapsync.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.SyncPlan;
import io.olapsync.report.PlanJson;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The command line against names and errors that are meant to do harm, and against people who end it half-way. */
class HostileCliTest {

    private static final JsonMapper JSON = new JsonMapper();
    private static final ViewName HOSTILE =
            new ViewName("public", "\u001b]0;x\u0007<b>&\"'<!channel>\r\n\u009b31m\u202e\u061c\u200f;--");
    private static final ViewName LONG = new ViewName("public", "매".repeat(21)); // 63 bytes
    private static final ViewName FAILING = new ViewName("public", "failing");

    @TempDir
    Path folder;

    private TestDatabase db;
    private Map<String, String> environment;
    private String plan;

    @BeforeEach
    void prepare() throws IOException {
        db = TestServers.postgres().newDatabase();
        db.execute(
                "CREATE TABLE t (a int PRIMARY KEY, b text)",
                "INSERT INTO t SELECT g, 'x' FROM generate_series(1, 10) g",
                "CREATE FUNCTION harm() RETURNS int LANGUAGE plpgsql AS $$ BEGIN"
                        + " RAISE EXCEPTION E'\\x1b[2Jgone\\x07\\r\\nall \\u202Ewell'; END $$",
                "CREATE MATERIALIZED VIEW failing AS SELECT a, harm() FROM t WITH NO DATA",
                "CREATE UNIQUE INDEX ON failing (a)");
        for (ViewName view : List.of(HOSTILE, LONG)) {
            db.execute(
                    "CREATE MATERIALIZED VIEW " + view.sql() + " AS SELECT a, b FROM t",
                    "CREATE UNIQUE INDEX ON " + view.sql() + " (a)");
        }
        environment = Map.of("OLAPSYNC_JDBC_URL", db.jdbcUrl());
        plan = Files.writeString(
                        folder.resolve("plan.json"),
                        PlanJson.write(SyncPlan.named("red <script>")
                                .view(HOSTILE)
                                .view(LONG, view -> view.after(HOSTILE))
                                .view(FAILING)
                                .build()))
                .toString();
    }

    @AfterEach
    void drop() {
        db.close();
    }

    private CliProcess.Ended cli(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = OlapSyncCli.run(environment, out, err, arguments);
        return new CliProcess.Ended(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static void harmless(CliProcess.Ended ended) {
        for (String text : List.of(ended.out(), ended.err())) {
            assertThat(text.replace("\n", "").replace("\t", "").replace(System.lineSeparator(), ""))
                    .doesNotContainPattern(
                            "[\\p{Cntrl}\\u0080-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]");
        }
    }

    @Test
    void nothing_that_a_name_or_an_error_holds_reaches_the_terminal_and_json_has_it_unchanged() {
        CliProcess.Ended run = CliProcess.call(environment, "run", "--plan", plan);
        harmless(run);
        assertThat(run.exitCode()).isEqualTo(Exit.FAILED);
        assertThat(run.out()).contains("\\u001b]0;x\\u0007", LONG.name(), "gone");
        for (List<String> command : List.of(
                List.of("plan"),
                List.of("refresh", LONG.toString()),
                List.of("verify"),
                List.of("doctor"),
                List.of("health"),
                List.of("history", "--steps"),
                List.of("watch", "--until-end"),
                List.of("page", "--out", "-"))) {
            List<String> human = new ArrayList<>(command);
            human.addAll(List.of("--plan", plan));
            harmless(cli(human.toArray(String[]::new)));
            human.add("--json");
            CliProcess.Ended json = cli(human.toArray(String[]::new));
            harmless(json);
            if (!command.contains("page")) {
                List<JsonNode> documents =
                        json.out().lines().map(JSON::readTree).toList();
                assertThat(command.contains("watch") || documents.size() == 1)
                        .as(command + json.toString())
                        .isTrue();
            }
        }
        JsonNode history = cli("history", "--steps", "--json", "--plan", plan).json();
        assertThat(history.findValuesAsString("step")).contains(HOSTILE.toString(), LONG.toString());
        assertThat(history.findValuesAsString("error")).anyMatch(error -> error.contains("\u001b[2Jgone"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "plan", "refresh"})
    void refusal_is_one_line_on_standard_error_and_nothing_else(String command) {
        db.execute("DROP INDEX failing_a_idx");
        CliProcess.Ended refused = command.equals("refresh")
                ? cli(command, "--json", "--plan", plan, "failing")
                : cli(command, "--json", "--plan", plan);
        assertThat(refused.exitCode()).isEqualTo(Exit.REFUSED);
        harmless(refused);
        if (command.equals("plan")) {
            assertThat(refused.json().get("refused").asBoolean()).isTrue();
        } else {
            assertThat(refused.out()).isEmpty();
            assertThat(refused.err()).hasLineCount(1).contains("CREATE UNIQUE INDEX");
        }
    }

    @Test
    void files_that_are_no_plan_or_cannot_be_written_are_bad_input() throws IOException {
        Path empty = Files.createFile(folder.resolve("empty"));
        Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff, 0, 27});
        Path list = Files.writeString(folder.resolve("list"), "[]");
        for (Path file : List.of(empty, binary, list, folder, folder.resolve("missing"))) {
            CliProcess.Ended ended = cli("health", "--plan", file.toString());
            assertThat(ended.exitCode()).as(file + ": " + ended).isEqualTo(Exit.BAD_INPUT);
            assertThat(ended.err()).hasLineCount(1);
            assertThat(ended.out()).isEmpty();
        }
        for (String target :
                List.of(folder.toString(), folder.resolve("no/such/dir.html").toString())) {
            CliProcess.Ended ended = cli("page", "--plan", plan, "--out", target);
            assertThat(ended.exitCode()).as(ended.toString()).isEqualTo(Exit.BAD_INPUT);
            assertThat(ended.err()).hasLineCount(1);
        }
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CliProcess.Ended ended = cli("page", "--plan", plan, "--serve", String.valueOf(taken.getLocalPort()));
            assertThat(ended.exitCode()).as(ended.toString()).isEqualTo(Exit.BAD_INPUT);
            assertThat(ended.err()).hasLineCount(1).contains("--serve: port " + taken.getLocalPort());
        }
        CliProcess.Ended nothing = cli("plan", "--schema", "no_such_schema");
        assertThat(nothing.exitCode()).as(nothing.toString()).isEqualTo(Exit.BAD_INPUT);
        assertThat(nothing.err()).hasLineCount(1).contains("no_such_schema");
    }

    @Test
    void ctrl_c_ends_a_run_with_130_and_gives_back_its_locks_and_a_watch_at_once() throws Exception {
        db.execute(
                "CREATE FUNCTION gate() RETURNS int LANGUAGE plpgsql AS"
                        + " $$ BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN 1; END $$",
                "CREATE MATERIALIZED VIEW gated AS SELECT a FROM t, (SELECT gate() OFFSET 0) g",
                "CREATE UNIQUE INDEX ON gated (a)");
        String ours = "SELECT %s FROM pg_stat_activity WHERE application_name LIKE 'olap-sync%%'"
                + " AND datname = current_database()";
        try (var gate = db.connect();
                var shut = gate.createStatement()) {
            shut.execute("SELECT pg_advisory_lock(4711)");
            try (CliProcess run = CliProcess.start(environment, "run", "--json", "gated");
                    CliProcess watch = CliProcess.start(environment, "watch", "--json")) {
                db.await(
                        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = 4711)");
                assertThat(watch.line()).contains("\"event\":\"run\"");
                interrupt(watch);
                assertThat(watch.ended().exitCode()).isEqualTo(128 + 2);
                interrupt(run);
                CliProcess.Ended ended = run.ended();
                assertThat(ended.exitCode()).isEqualTo(128 + 2);
                assertThat(ended.out().isEmpty() || ended.json().has("run"))
                        .as("one document or none: " + ended)
                        .isTrue();
            }
            db.await(ours.formatted("count(*) = 0"));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        assertThat(db.queryForLong("SELECT count(*) FROM olap_sync.run WHERE status = 'cancelled'"))
                .isEqualTo(1);
        db.execute("DROP MATERIALIZED VIEW failing");
        assertThat(cli("run", "gated").exitCode()).as("nobody holds its lock").isZero();
    }

    private static void interrupt(CliProcess process) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-INT", String.valueOf(process.pid()))
                .inheritIO()
                .start();
        assertThat(kill.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void watch_whose_reader_has_gone_ends_too() throws Exception {
        CliProcess.Ended run = cli("run", LONG.toString(), HOSTILE.toString());
        assertThat(run.exitCode()).as(run.toString()).isZero();
        try (CliProcess watch = CliProcess.start(environment, "watch", "--json", "--every", "50ms")) {
            watch.line();
            watch.closeOutput();
            cli("run", LONG.toString());
            assertThat(watch.exitCode()).isZero();
        }
    }
}
