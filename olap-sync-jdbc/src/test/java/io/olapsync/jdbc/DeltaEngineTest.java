package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.LINES;
import static io.olapsync.jdbc.DeltaFixture.how;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.Publication;
import io.olapsync.RefreshResult;
import io.olapsync.SyncPlan;
import io.olapsync.SyncReport;
import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncClock;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.testkit.fakes.InMemoryInvalidator;
import io.olapsync.testkit.fakes.InMemoryQueue;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The engine on the real adapters, with delta tables beside materialized views: a dimension of each kind, and a fact of each
 * kind, of which the delta table reads a delta table and the materialized view reads both.
 */
@Timeout(90)
@Tag("one-major")
class DeltaEngineTest {

    private static final ViewName DIM = ViewName.parse("dim_customer");
    private static final ViewName DAYS = ViewName.parse("dim_size");
    private static final ViewName SUMMARY = ViewName.parse("summary");

    private final DeltaFixture deltas = new DeltaFixture();
    private final InMemoryInvalidator cache = new InMemoryInvalidator();
    private final InMemoryQueue queue = new InMemoryQueue(SyncClock.system()).gapRecorded();

    @BeforeEach
    void convert() {
        deltas.db.execute(
                "DROP MATERIALIZED VIEW order_lines",
                "CREATE MATERIALIZED VIEW dim_customer AS SELECT id AS customer, upper(name) AS customer_name FROM customers",
                "CREATE UNIQUE INDEX ON dim_customer (customer)",
                "CREATE INDEX ON orders (amount)",
                "CREATE MATERIALIZED VIEW dim_size AS SELECT DISTINCT amount::int / 100 AS size FROM orders",
                "CREATE UNIQUE INDEX ON dim_size (size)",
                "CREATE MATERIALIZED VIEW order_lines AS SELECT o.id AS order_id, o.amount, d.customer_name"
                        + " FROM orders o LEFT JOIN dim_customer d USING (customer)",
                "CREATE UNIQUE INDEX ON order_lines (order_id)",
                "CREATE MATERIALIZED VIEW summary AS SELECT s.size, count(l.order_id) AS lines, max(l.customer_name) AS top"
                        + " FROM dim_size s LEFT JOIN order_lines l ON l.amount::int / 100 = s.size GROUP BY 1",
                "CREATE UNIQUE INDEX ON summary (size)");
        Map<ViewName, DeltaSpec> declared = new LinkedHashMap<>();
        declared.put(DIM, DeltaSpec.key("customer").source("customers", "id"));
        declared.put(
                LINES,
                DeltaSpec.key("order_id")
                        .source("orders", "id")
                        .lookup(
                                "dim_customer",
                                "SELECT o.id FROM changed JOIN public.orders o USING (customer)",
                                "customer"));
        deltas.convert(declared);
    }

    @AfterEach
    void close() throws Exception {
        deltas.close();
    }

    private OlapSync engine(Publication publication) {
        SyncPlan plan = SyncPlan.named("sales")
                .view("dim_customer")
                .view("dim_size")
                .view("order_lines", v -> v.after("dim_customer"))
                .view("summary", v -> v.after("order_lines", "dim_size"))
                .onEvent("customer_renamed", "order_lines", "summary")
                .publication(publication)
                .build();
        return OlapSync.builder(plan)
                .install(PostgresPlugin.of(deltas.db.pooledDataSource()))
                .install(registry -> registry.invalidator(cache).events(queue.open()))
                .minInterval(Duration.ZERO)
                .eventInterval(Duration.ZERO)
                .debounce(Duration.ofMillis(20), Duration.ofMillis(200))
                .build();
    }

    @ParameterizedTest
    @EnumSource
    void full_sync_and_refresh_and_event_carry_a_change_through_views_of_both_kinds(Publication publication)
            throws Exception {
        try (OlapSync sync = engine(publication)) {
            SyncReport first = sync.runFull();
            assertThat(first.succeeded()).as("%s", first).isTrue();
            assertThat(first.findings()).isEmpty();
            assertThat(way(first, DIM)).isEqualTo(Way.FULL);
            SyncReport second = sync.runFull();
            assertThat(second.succeeded()).isTrue();
            assertThat(refreshed(second, DAYS).incremental()).isEmpty();
            assertUpToDate();
            int told = cache.invalidated().size();

            incrementally(sync, told);
            byEvent(sync);
        }
        assertThat(
                        deltas.db.rows(
                                "SELECT view_name, kind, count(*) > 0, bool_and(status = 'completed'), bool_and(row_count IS NOT NULL)"
                                        + " FROM olap_sync.refresh_history WHERE status <> 'skipped' GROUP BY 1, 2 ORDER BY 1, 2"))
                .as("the history has a row for each refresh of each kind")
                .contains(
                        List.of("dim_customer", "full", true, true, true),
                        List.of("order_lines", "full", true, true, true),
                        List.of("order_lines", "incremental", true, true, true),
                        List.of("order_lines", "event", true, true, true),
                        List.of("summary", "event", true, true, true));
    }

    private void incrementally(OlapSync sync, int told) {
        deltas.db.execute("UPDATE customers SET name = name WHERE id = 2"); // changes nothing that anybody shows
        List<RefreshResult> unchanged = sync.refresh("order_lines");
        assertThat(unchanged).noneMatch(result -> result.status() == RefreshResult.Status.FAILED);
        assertThat(cache.invalidated()).as("no row has changed, so no cache").hasSize(told);

        deltas.db.execute("UPDATE customers SET name = 'renamed' WHERE id = 3");
        sync.refresh("order_lines");
        assertThat(cache.invalidated().subList(told, cache.invalidated().size()))
                .as("those of which rows have changed, and no others")
                .containsExactlyInAnyOrder(DIM, LINES);
        assertThat(deltas.db.queryForLong("SELECT count(*) FROM order_lines WHERE customer_name = 'RENAMED'"))
                .isEqualTo(50);
        deltas.assertEqualsDefinition(LINES);
    }

    private void byEvent(OlapSync sync) {
        long transaction = deltas.db.queryForLong("WITH w AS (UPDATE customers SET name = 'by event' WHERE id = 4"
                + " RETURNING id) SELECT pg_current_xact_id()::text::bigint FROM w");
        sync.start();
        queue.send("customer_renamed", transaction);
        assertThat(sync.awaitCovered("summary", transaction, Duration.ofSeconds(30)))
                .isTrue();
        deltas.db.await("SELECT count(*) = 50 FROM order_lines WHERE customer_name = 'BY EVENT'");
        assertUpToDate();
    }

    private void assertUpToDate() {
        deltas.assertEqualsDefinition(DIM);
        deltas.assertEqualsDefinition(LINES);
        assertThat(deltas.db.queryForLong("SELECT sum(lines) FROM summary")).isEqualTo(1000);
        assertThat(deltas.db.rows(
                        "SELECT size, max(customer_name) FROM order_lines JOIN dim_size ON amount::int / 100 = size"
                                + " GROUP BY 1 EXCEPT SELECT size, top FROM summary"))
                .isEmpty();
    }

    private static ViewRefresh refreshed(SyncReport report, ViewName view) {
        return ((StepOutcome.Refreshed) report.outcome(view.toString())).result();
    }

    private static Way way(SyncReport report, ViewName view) {
        return how(refreshed(report, view)).way();
    }
}
