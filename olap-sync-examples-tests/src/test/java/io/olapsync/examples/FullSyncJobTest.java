package io.olapsync.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.SyncPlan;
import io.olapsync.examples.star.StarSchema;
import io.olapsync.report.PlanJson;
import io.olapsync.testkit.TcpProxy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The main job as whoever starts it sees it: its exit code, its output and its errors. */
class FullSyncJobTest {

    private static final String UNREACHABLE_REDIS = "redis://:s3cret@127.0.0.1:1";

    @TempDir
    Path directory;

    private Path file(String content) throws IOException {
        return Files.writeString(Files.createTempFile(directory, "plan", ".json"), content);
    }

    @Test
    void job_on_servers_of_its_own_syncs_twice_and_ends_with_the_health_document() {
        Instant before = Instant.now();

        JobProcess.Ended job = JobProcess.process("--scale", "200", "--publish", "together");

        assertThat(job.exitCode()).as(job::toString).isZero();
        assertThat(job.err()).isEmpty();
        assertThat(job.out())
                .anyMatch(line -> line.contains("unstable-row-number: dim_org") && line.contains("hashtextextended"));
        assertThat(job.out())
                .as("progress, then the report with its timeline, then the other sync")
                .containsSubsequence("== first full sync", "  > dim_org", "== second full sync", "  > dim_org")
                .anyMatch(line -> line.matches("  mv_cashflow_fact +\\| *=+ *\\| .* refreshed .*"));
        assertThat(StarSchema.VIEWS)
                .allSatisfy(view -> assertThat(job.out())
                        .anyMatch(line -> line.matches("  " + view + ": \\+\\d+ -\\d+, as computed")));
        assertThat(job.out()).anyMatch(line -> line.contains("the cached query shows the change"));
        assertHealthy(job.lastLine(), before, StarSchema.VIEWS);
        assertThat(job.lastLine().get("last_incremental_sync").isNull()).isFalse();
        assertCaughtUpWithEvents(job);
        assertSyncedBothWays(job);
    }

    private static void assertSyncedBothWays(JobProcess.Ended job) {
        assertThat(job.out())
                .containsSubsequence(
                        "== delta tables: refreshed by what has changed, beside materialized views",
                        "  both show the same rows")
                .anyMatch(line -> line.matches("  7 views of a second star became delta tables in \\d+ ms; .*"))
                .anyMatch(line -> line.matches("  mv_business_fact +[\\d.]+ ms +[\\d.]+ ms, keys \\(\\d+\\)"))
                .anyMatch(line -> line.matches("  mv_cashflow_fact +[\\d.]+ ms +[\\d.]+ ms, additive"))
                .anyMatch(line -> line.matches("  mv_org_caseload +[\\d.]+ ms +[\\d.]+ ms, additive"));
    }

    private static void assertCaughtUpWithEvents(JobProcess.Ended job) {
        assertThat(job.out())
                .contains("  60 events written, 60 relayed, 60 delivered, 0 still wait")
                .contains("  every view equals what its definition gives now")
                .anyMatch(line -> line.matches("  mv_business_fact: (skipped, too recent; deferred.*|completed)"))
                .anyMatch(line -> line.matches("  mv_business_fact shows the change \\d+ ms after its commit"));
        assertThat(StarSchema.VIEWS)
                .allSatisfy(view -> assertThat(job.out())
                        .anyMatch(
                                line -> line.matches("    " + view + ": the first change \\d+ ms, the last \\d+ ms")));
        assertThat(refreshes(job)).as("60 events are few refreshes").isBetween(6, 30);
        JsonNode source = job.lastLine().get("event_sources").get(0);
        assertThat(source.get("delivered").asInt()).isEqualTo(60);
        assertThat(source.get("waiting").asInt()).isZero();
        assertThat(source.get("problem").isNull()).isTrue();
    }

    /** How many refreshes the burst became, of all views together. */
    private static int refreshes(JobProcess.Ended job) {
        String line = job.out().stream()
                .filter(each -> each.startsWith("  60 events became refreshes"))
                .findFirst()
                .orElseThrow();
        return Pattern.compile("=(\\d+)")
                .matcher(line)
                .results()
                .mapToInt(count -> Integer.parseInt(count.group(1)))
                .sum();
    }

    /** What the requirement asks of a health document. */
    private static void assertHealthy(JsonNode health, Instant before, List<String> views) {
        assertThat(health.get("health").asString()).isEqualTo("healthy");
        assertThat(Instant.parse(health.get("last_full_sync").asString())).isAfter(before);
        assertThat(health.get("pending_invalidations")).isEmpty();
        assertThat(health.get("views")
                        .valueStream()
                        .map(view -> view.get("name").asString()))
                .containsExactlyInAnyOrderElementsOf(views);
        health.get("views").forEach(view -> {
            assertThat(view.get("status").asString()).isEqualTo("healthy");
            assertThat(view.get("row_count").asLong()).isPositive();
            assertThat(view.get("refresh_duration_ms").isIntegralNumber()).isTrue();
            assertThat(Instant.parse(view.get("last_refreshed").asString())).isAfter(before);
        });
    }

    @Test
    void users_own_plan_runs_on_the_users_own_servers() throws Exception {
        try (Warehouse warehouse = Warehouse.create()) {
            warehouse.view("매출");
            warehouse.view("next", "SELECT a, b FROM \"매출\"");
            warehouse.change();
            SyncPlan plan = SyncPlan.named("own")
                    .view("매출")
                    .view("next", view -> view.after("매출"))
                    .build();

            JobProcess.Ended job = JobProcess.process(
                    "--jdbc-url",
                    warehouse.db.jdbcUrl(),
                    "--redis-uri",
                    warehouse.redisUri,
                    "--plan",
                    file(PlanJson.write(plan)).toString(),
                    "--publish",
                    "each");

            assertThat(job.exitCode()).as(job::toString).isZero();
            assertThat(job.err()).isEmpty();
            assertThat(warehouse.sum("next")).isOne();
            assertThat(job.out()).anyMatch(line -> line.startsWith("== events: left out."));
            assertThat(job.lastLine().get("event_sources")).isEmpty();
            assertThat(job.lastLine().get("views").findValuesAsString("name")).containsExactly("매출", "next");
            assertThat(warehouse.db.queryForLong(
                            "SELECT count(*) FROM pg_class WHERE relname IN ('cases', 'event_outbox')"))
                    .as("neither the example's star nor its outbox is made on the user's database")
                    .isZero();
        }
    }

    @Test
    void outbox_of_the_users_own_is_not_touched() {
        try (Warehouse warehouse = Warehouse.create()) {
            warehouse.db.execute("CREATE TABLE event_outbox (id bigint PRIMARY KEY, event_type text)");

            JobProcess.Ended job = JobProcess.call(
                    "--jdbc-url", warehouse.db.jdbcUrl(), "--redis-uri", warehouse.redisUri, "--scale", "50");

            assertThat(job.exitCode()).isEqualTo(1);
            assertThat(job.err()).singleElement().asString().contains("not the example's own", "event_outbox");
            assertThat(warehouse.db.queryForLong("SELECT count(*) FROM pg_attribute"
                            + " WHERE attrelid = 'event_outbox'::regclass AND attnum > 0"))
                    .isEqualTo(2);
            assertThat(warehouse.db.queryForLong("SELECT count(*) FROM pg_class WHERE relname = 'cases'"))
                    .isZero();
        }
    }

    @Test
    void failed_sync_has_exit_code_1_and_still_ends_with_the_health_document() throws Exception {
        try (Warehouse warehouse = Warehouse.create()) {
            warehouse.db.execute("CREATE TABLE divisor AS SELECT 1 AS d");
            warehouse.view("broken", "SELECT a, b / d AS b FROM t, divisor");
            warehouse.view("sound");
            warehouse.db.execute("UPDATE divisor SET d = 0");
            SyncPlan plan = SyncPlan.named("own").view("broken").view("sound").build();

            JobProcess.Ended job = JobProcess.call(
                    "--jdbc-url",
                    warehouse.db.jdbcUrl(),
                    "--redis-uri",
                    warehouse.redisUri,
                    "--plan",
                    file(PlanJson.write(plan)).toString());

            assertThat(job.exitCode()).isEqualTo(1);
            assertThat(job.out()).anyMatch(line -> line.contains("22012"));
            assertThat(job.lastLine().get("health").asString()).isEqualTo("failing");
            assertThat(warehouse.db.queryForLong("SELECT count(*) FROM olap_sync.view_state WHERE view_name = 'sound'"))
                    .isOne();
        }
    }

    @Test
    void refused_plan_has_exit_code_1_and_names_the_remedy() throws Exception {
        try (Warehouse warehouse = Warehouse.create()) {
            warehouse.db.execute("CREATE MATERIALIZED VIEW bare AS SELECT a FROM t");
            SyncPlan plan = SyncPlan.named("own").view("bare").build();

            JobProcess.Ended job = JobProcess.call(
                    "--jdbc-url",
                    warehouse.db.jdbcUrl(),
                    "--redis-uri",
                    warehouse.redisUri,
                    "--plan",
                    file(PlanJson.write(plan)).toString());

            assertThat(job.exitCode()).isEqualTo(1);
            assertThat(String.join("\n", job.err())).contains("Plan 'own' was not run", "CREATE UNIQUE INDEX");
        }
    }

    @Test
    void server_that_cannot_be_reached_has_exit_code_1_and_one_line_without_a_password() {
        assertUnreachable("jdbc:postgresql://127.0.0.1:%d/db?user=u&password=s3cret", JobProcess::process);
    }

    @Test
    void the_other_password_of_a_url_is_in_no_line_either() {
        assertUnreachable("jdbc:postgresql://127.0.0.1:%d/db?user=u&sslpassword=s3cret", JobProcess::call);
    }

    private static void assertUnreachable(String url, Function<String[], JobProcess.Ended> start) {
        try (TcpProxy nowhere = TcpProxy.to("127.0.0.1", 1)) {
            nowhere.cut();

            JobProcess.Ended job = start.apply(new String[] {
                "--jdbc-url", url.formatted(nowhere.port()), "--redis-uri", UNREACHABLE_REDIS, "--scale", "100"
            });

            assertThat(job.exitCode()).isEqualTo(1);
            assertThat(job.out()).isEmpty();
            assertThat(job.err()).singleElement().asString().doesNotContain("s3cret");
        }
    }

    @Test
    void redis_that_cannot_be_reached_has_exit_code_1_and_one_line_without_a_password() {
        try (Warehouse warehouse = Warehouse.create()) {
            JobProcess.Ended job =
                    JobProcess.process("--jdbc-url", warehouse.db.jdbcUrl(), "--redis-uri", UNREACHABLE_REDIS);

            assertThat(job.exitCode()).isEqualTo(1);
            assertThat(job.out()).isEmpty();
            assertThat(job.err())
                    .singleElement()
                    .asString()
                    .contains("127.0.0.1")
                    .doesNotContain("s3cret");
            assertThat(warehouse.db.queryForLong("SELECT count(*) FROM pg_class WHERE relname = 'cases'"))
                    .as("nothing was made before both servers were met")
                    .isZero();
        }
    }
}
