package io.olapsync.examples.cli;

import static io.olapsync.examples.cli.CliProcess.call;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.SyncPlan;
import io.olapsync.report.PlanJson;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class OlapSyncCliTest {

    private static final String SECRET = "s3cret";

    @TempDir
    Path folder;

    private TestDatabase db;
    private Map<String, String> environment;
    private String plan;

    @BeforeEach
    void prepare() throws IOException {
        db = TestServers.postgres().newDatabase();
        db.execute(
                "CREATE TABLE t (a int PRIMARY KEY, b int, d json DEFAULT '{\"k\": 1}')",
                "INSERT INTO t SELECT g, 1 FROM generate_series(1, 10) g",
                "CREATE MATERIALIZED VIEW \"기관\" AS SELECT a, b FROM t",
                "CREATE UNIQUE INDEX ON \"기관\" (a)",
                "CREATE MATERIALIZED VIEW fact AS SELECT t.a, o.b, t.d FROM t JOIN \"기관\" o ON o.a = t.a",
                "CREATE UNIQUE INDEX ON fact (a)");
        environment = Map.of("OLAPSYNC_JDBC_URL", db.jdbcUrl());
        plan = file(PlanJson.write(SyncPlan.named("own")
                        .view("기관")
                        .view("fact", view -> view.after("기관"))
                        .build()))
                .toString();
    }

    @AfterEach
    void drop() {
        db.close();
    }

    private Path file(String text) throws IOException {
        return Files.writeString(Files.createTempFile(folder, "file", ".txt"), text);
    }

    /** As a process of its own, with what it really writes; that its exit code arrives is {@link ExitCodesTest}'s. */
    private CliProcess.Ended process(String... arguments) {
        return call(environment, arguments);
    }

    private CliProcess.Ended cli(String... arguments) {
        return CliProcess.callHere(environment, arguments);
    }

    private long tables() {
        return db.queryForLong("SELECT count(*) FROM pg_namespace WHERE nspname = 'olap_sync'");
    }

    @Test
    void day_of_an_operator() {
        // before anything was synced: nothing is created by those that only look
        CliProcess.Ended before = process("plan", "--json");
        assertThat(before.exitCode()).as(before.toString()).isZero();
        assertThat(before.json().get("plan").asString()).isEqualTo("public");
        assertThat(before.json().get("views").findValuesAsString("view")).containsExactly("기관", "fact");
        assertThat(before.json().get("views").findValuesAsString("reason")).containsOnly("selected; never refreshed");
        assertThat(cli("history", "--plan", plan).out()).isEqualTo("0 runs of plan 'own'\n");
        assertThat(cli("health", "--plan", plan).exitCode()).isEqualTo(Exit.UNREACHABLE);
        assertThat(tables()).as("nothing was created").isZero();

        CliProcess.Ended run = process("run", "--plan", plan, "--json", "--trigger", "cron job");
        assertThat(run.exitCode()).as(run.toString()).isZero();
        assertThat(run.json().get("status").asString()).isEqualTo("completed");
        assertThat(run.json().get("trigger").asString()).isEqualTo("cron job");
        assertThat(run.json().get("steps").findValuesAsString("status"))
                .containsExactly("refreshed", "refreshed", "passed", "passed");

        CliProcess.Ended health = cli("health", "--plan", plan, "--json");
        assertThat(health.exitCode()).as(health.toString()).isZero();
        assertThat(health.json().get("health").asString()).isEqualTo("healthy");

        CliProcess.Ended recent = cli("refresh", "--plan", plan, "--json", "fact");
        assertThat(recent.exitCode()).isZero();
        assertThat(recent.json().get("views").get(0).get("reason").asString()).isEqualTo("too recent");
        db.execute("UPDATE t SET b = 2 WHERE a = 1");
        CliProcess.Ended intended = cli("plan", "--plan", plan, "--json", "--refresh", "--min-interval", "0s", "fact");
        assertThat(intended.json().get("views").findValuesAsString("action")).containsExactly("refresh", "refresh");
        assertThat(intended.json().get("views").get(1).get("reason").asString())
                .isEqualTo("기관 is refreshed first, or was since");

        CliProcess.Ended differs = cli("verify", "--plan", plan, "--json");
        assertThat(differs.exitCode()).isEqualTo(Exit.FAILED);
        JsonNode dimension = differs.json().get("views").get(0);
        assertThat(dimension.get("different").asLong()).isOne();
        assertThat(dimension.get("examples").valueStream().map(JsonNode::asString))
                .containsExactly("~ {\"a\": 1, \"b\": 1} should be {\"a\": 1, \"b\": 2}");
        assertThat(differs.json().get("views").get(1).get("same").asBoolean())
                .as("the fact shows what the view beneath it does")
                .isTrue();

        CliProcess.Ended refreshed = cli("refresh", "--plan", plan, "--min-interval", "0s", "fact");
        assertThat(refreshed.out()).startsWith("fact  completed").contains("+1 -1");
        CliProcess.Ended same = cli("verify", "--plan", plan);
        assertThat(same.exitCode()).as(same.toString()).isZero();
        assertThat(same.out()).isEqualTo("기관  the same, 10 rows\nfact  the same, 10 rows\n");

        CliProcess.Ended history = cli("history", "--plan", plan, "--json", "--steps", "--limit", "2");
        assertThat(history.json().get("runs").findValuesAsString("kind")).containsExactly("incremental", "incremental");
        assertThat(history.json().get("runs").get(0).get("steps").findValuesAsString("step"))
                .contains("기관", "fact");
        List<JsonNode> newest =
                cli("watch", "--plan", plan, "--json", "--until-end").jsonLines();
        assertThat(newest.get(0).get("event").asString()).isEqualTo("run");
        assertThat(newest.stream()
                        .filter(line -> line.get("event").asString().equals("step"))
                        .map(line -> line.get("step").asString()))
                .contains("기관", "fact");
    }

    @Test
    void run_that_fails_has_exit_code_1_and_one_that_is_refused_4() throws IOException {
        db.execute(
                "CREATE TABLE divisor AS SELECT 1 AS d",
                "CREATE MATERIALIZED VIEW broken AS SELECT a, b / divisor.d AS b FROM t, divisor",
                "CREATE UNIQUE INDEX ON broken (a)",
                "UPDATE divisor SET d = 0");

        CliProcess.Ended failed = cli("run", "broken", "fact");

        assertThat(failed.exitCode()).isEqualTo(Exit.FAILED);
        assertThat(failed.out()).contains("! broken", "22012", "+ fact");
        assertThat(cli("health").exitCode()).isEqualTo(Exit.FAILED);
        CliProcess.Ended watched = cli("watch", "--until-end");
        assertThat(watched.exitCode()).isEqualTo(Exit.FAILED);
        assertThat(watched.out()).contains("failed    broken", "completed fact");

        db.execute("CREATE MATERIALIZED VIEW bare AS SELECT a FROM t");
        CliProcess.Ended refused = cli("run", "--json");
        assertThat(refused.exitCode()).isEqualTo(Exit.REFUSED);
        assertThat(refused.err()).contains("CREATE UNIQUE INDEX");
        assertThat(refused.out()).isEmpty();
        assertThat(cli("plan").exitCode()).isEqualTo(Exit.REFUSED);
        CliProcess.Ended doctor = cli("doctor", "--json");
        assertThat(doctor.exitCode()).isEqualTo(Exit.FAILED);
        assertThat(doctor.json().get("findings").findValuesAsString("code")).contains("no-unique-index");
    }

    @Test
    void watch_sees_what_another_process_does_and_sigterm_ends_a_run_cleanly() {
        db.execute(
                "CREATE FUNCTION gate() RETURNS int LANGUAGE plpgsql AS"
                        + " $$ BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN 1; END $$",
                "CREATE MATERIALIZED VIEW gated AS SELECT a, b FROM t, (SELECT gate() OFFSET 0) g",
                "CREATE UNIQUE INDEX ON gated (a)");
        String atGate =
                "SELECT count(*) = %d FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = 4711"
                        + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        try (var gate = db.connect();
                var shut = gate.createStatement()) {
            shut.execute("SELECT pg_advisory_lock(4711)");
            try (CliProcess run = CliProcess.start(environment, "run", "gated")) {
                db.await(atGate.formatted(1));
                db.await("SELECT EXISTS (SELECT FROM olap_sync.step WHERE status = 'running')");
                try (CliProcess watch = CliProcess.start(environment, "watch", "--json", "--until-end")) {
                    assertThat(watch.line()).contains("\"event\":\"run\"", "\"status\":\"running\"");
                    assertThat(watch.line()).contains("\"step\":\"gated\"", "\"status\":\"running\"");

                    run.terminate();

                    CliProcess.Ended seen = watch.ended();
                    assertThat(seen.exitCode()).isEqualTo(Exit.FAILED);
                    assertThat(seen.out()).contains("\"status\":\"cancelled\"");
                }
                assertThat(run.ended().exitCode()).isEqualTo(128 + 15);
                db.await(atGate.formatted(0));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void page_is_written_and_served_to_this_machine_alone() throws Exception {
        assertThat(cli("run", "--json").exitCode()).isZero();
        Path html = folder.resolve("page.html");

        CliProcess.Ended written = cli("page", "--out", html.toString());

        assertThat(written.exitCode()).as(written.toString()).isZero();
        assertThat(Files.readString(html)).startsWith("<!DOCTYPE html>").contains("기관", "id=\"run0\"", "id=\"doctor\"");
        try (CliProcess server = CliProcess.start(environment, "page", "--serve", "0", "--no-doctor")) {
            URI url = URI.create(server.line());
            HttpClient client = HttpClient.newHttpClient();
            HttpResponse<String> page =
                    client.send(HttpRequest.newBuilder(url).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(page.statusCode()).isEqualTo(200);
            assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                    .startsWith("default-src 'none'");
            assertThat(page.body()).contains("기관");
            assertThat(client.send(
                                    HttpRequest.newBuilder(url)
                                            .POST(HttpRequest.BodyPublishers.noBody())
                                            .build(),
                                    HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(405);
            assertThat(underAnotherName(url)).startsWith("HTTP/1.1 403");
            assertThat(reachableFromOutside(url.getPort())).isFalse();
        }
    }

    /** What a browser would send that was led here by a name of somebody else's. */
    private static String underAnotherName(URI url) throws IOException {
        try (Socket socket = new Socket(url.getHost(), url.getPort())) {
            socket.getOutputStream()
                    .write("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static boolean reachableFromOutside(int port) throws IOException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLoopbackAddress())
                .anyMatch(address -> reachable(address, port));
    }

    private static boolean reachable(InetAddress address, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), 1_000);
            return true;
        } catch (IOException refused) {
            return false;
        }
    }

    @Test
    void password_comes_from_environment_or_file_and_is_in_no_process_list() throws Exception {
        String role = "cli_" + db.name();
        db.execute(
                "CREATE ROLE \"" + role + "\" LOGIN PASSWORD '" + SECRET + "'",
                "ALTER MATERIALIZED VIEW fact OWNER TO \"" + role + "\"");
        String url = db.jdbcUrl().replaceAll("(?<=[?&])(user|password)=[^&]*&?", "");
        try (CliProcess watch = CliProcess.start(
                Map.of("OLAPSYNC_JDBC_URL", url, "OLAPSYNC_PASSWORD", SECRET), "watch", "--user", role)) {
            db.await("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE usename = ?)", role);
            assertThat(watch.commandLine()).contains("watch").doesNotContain(SECRET);
        } finally {
            db.execute("REASSIGN OWNED BY \"" + role + "\" TO CURRENT_USER", "DROP OWNED BY \"" + role + "\"");
            db.await("SELECT count(pg_terminate_backend(pid)) >= 0 FROM pg_stat_activity WHERE usename = ?", role);
            db.execute("DROP ROLE \"" + role + "\"");
        }
    }

    @Test
    void bad_plan_and_unknown_view_have_exit_code_2() throws IOException {
        String bad = file("{\"name\": \"p\", \"views\": [{\"name\": \"a\", \"aftr\": [\"b\"]}]}")
                .toString();

        CliProcess.Ended unread = cli("run", "--plan", bad);
        CliProcess.Ended unknown = cli("run", "--plan", plan, "fakt");

        assertThat(unread.exitCode()).isEqualTo(Exit.BAD_INPUT);
        assertThat(unread.err()).hasLineCount(1).contains("unknown field 'aftr'");
        assertThat(unknown.exitCode()).isEqualTo(Exit.BAD_INPUT);
        assertThat(unknown.err()).hasLineCount(1).contains("fakt", "fact");
        assertThat(tables()).isZero();
    }
}
