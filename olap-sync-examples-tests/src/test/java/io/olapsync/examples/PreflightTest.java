package io.olapsync.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.SyncRejectedException;
import io.olapsync.SyncReport;
import io.olapsync.jdbc.PostgresChecks;
import io.olapsync.spi.Finding;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.ViewName;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** What does not fit is refused before anything is touched, with what mends it; and what is said to mend it does. */
class PreflightTest {

    private final Warehouse warehouse = Warehouse.create();
    private final String role = "host_" + warehouse.db.name();
    private final List<SyncEvent> events = new CopyOnWriteArrayList<>();

    @BeforeEach
    void createViewsAndRole() {
        warehouse.view("sound");
        warehouse.view("mv_sales");
        warehouse.view("dim");
        warehouse.view("fact", "SELECT dim.a, dim.b FROM dim");
        warehouse.db.execute("CREATE MATERIALIZED VIEW bare AS SELECT a, b FROM t", "CREATE ROLE " + role);
        warehouse.db.execute(
                "GRANT USAGE ON SCHEMA public, olap_sync TO " + role,
                "GRANT ALL ON ALL TABLES IN SCHEMA olap_sync TO " + role,
                "GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + role);
    }

    @AfterEach
    void close() {
        warehouse.db.execute("DROP OWNED BY " + role + " CASCADE", "DROP ROLE " + role);
        warehouse.close();
    }

    /** Connections of a host that is not the superuser. */
    private DataSource asRole() {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setURL(warehouse.db.jdbcUrl());
        dataSource.setOptions("-c role=" + role);
        return dataSource;
    }

    private SyncReport run(SyncPlan plan, DataSource dataSource) {
        try (OlapSync sync =
                warehouse.sync(plan, dataSource).listener(events::add).build()) {
            return sync.runFull();
        }
    }

    private SyncReport run(SyncPlan plan) {
        return run(plan, warehouse.db.pooledDataSource());
    }

    private void assertPasses(SyncPlan plan, DataSource dataSource) {
        SyncReport report = run(plan, dataSource);
        assertThat(report.succeeded()).as(report::toString).isTrue();
    }

    /** The only finding, of a run that touched nothing. */
    private Finding refusal(SyncPlan plan, DataSource dataSource) {
        SyncRejectedException refused = catchThrowableOfType(SyncRejectedException.class, () -> run(plan, dataSource));
        assertThat(refused).as("it must be refused").isNotNull();
        assertNothingTouched();
        assertThat(refused.findings())
                .singleElement()
                .satisfies(finding -> assertThat(refused)
                        .hasMessageContaining(finding.problem())
                        .hasMessageContaining(finding.remedy()));
        return refused.findings().get(0);
    }

    private void assertNothingTouched() {
        assertThat(warehouse.db.queryForLong("SELECT count(*) FROM olap_sync.view_state"))
                .isZero();
        assertThat(warehouse.db.queryForLong(
                        "SELECT count(*) FROM olap_sync.step WHERE view_name IS NOT NULL" + " AND status <> 'skipped'"))
                .isZero();
    }

    @Test
    void all_that_is_wrong_is_said_at_once_and_the_sound_view_is_not_touched_either() {
        warehouse.change();
        SyncPlan plan = SyncPlan.named("wrong")
                .view("sound")
                .view("bare")
                .view("mv_sale")
                .view("t")
                .view("fact")
                .view("dim", view -> view.after("fact"))
                .build();

        SyncRejectedException refused = catchThrowableOfType(SyncRejectedException.class, () -> run(plan));

        assertThat(refused.findings().stream().filter(Finding::isError))
                .extracting(finding -> finding.code() + " " + finding.view())
                .containsExactlyInAnyOrder(
                        "no-unique-index bare",
                        "missing-view mv_sale",
                        "not-a-materialized-view t",
                        "edge-contradicted dim");
        assertNothingTouched();
        assertThat(warehouse.sum("sound")).isZero();
        assertThat(events).noneMatch(SyncEvent.StepStarted.class::isInstance);
        assertThat(warehouse.db.rows("SELECT status, error FROM olap_sync.run"))
                .containsExactly(List.of("rejected", String.valueOf(refused.getMessage())));
    }

    @Test
    void missing_index_is_mended_by_the_ddl_that_is_named() {
        warehouse.db.execute("ANALYZE bare"); // by its statistics a column is proposed
        SyncPlan plan = SyncPlan.named("bare").view("sound").view("bare").build();

        Finding finding = refusal(plan, warehouse.db.pooledDataSource());

        assertThat(finding.code()).isEqualTo("no-unique-index");
        assertThat(finding.view()).isEqualTo(ViewName.parse("bare"));
        warehouse.db.execute(finding.remedy());
        assertPasses(plan, warehouse.db.pooledDataSource());
    }

    @Test
    void missing_privilege_is_mended_by_the_statement_that_is_named() {
        SyncPlan plan = SyncPlan.named("foreign").view("sound").build();

        Finding finding = refusal(plan, asRole());

        assertThat(finding.code()).isEqualTo("no-privilege");
        assertThat(finding.problem()).contains('"' + role + '"');
        warehouse.db.execute(finding.remedy());
        warehouse.change();
        assertPasses(plan, asRole());
        assertThat(warehouse.sum("sound")).isOne();
    }

    @Test
    void missing_view_is_mended_by_the_name_that_was_meant() {
        Finding finding =
                refusal(SyncPlan.named("typo").view("sound").view("mv_sale").build(), warehouse.db.pooledDataSource());

        assertThat(finding.code()).isEqualTo("missing-view");
        assertThat(finding.remedy()).contains("\"public\".\"mv_sales\"");
        assertPasses(SyncPlan.named("typo").view("sound").view("mv_sales").build(), warehouse.db.pooledDataSource());
    }

    @Test
    void table_is_mended_by_leaving_it_out() {
        Finding finding =
                refusal(SyncPlan.named("table").view("sound").view("t").build(), warehouse.db.pooledDataSource());

        assertThat(finding.code()).isEqualTo("not-a-materialized-view");
        assertThat(finding.remedy()).contains("leave it out of the plan");
        assertPasses(SyncPlan.named("table").view("sound").build(), warehouse.db.pooledDataSource());
    }

    @Test
    void contradicted_edge_is_mended_by_turning_it_round() {
        SyncPlan plan = SyncPlan.named("upside-down")
                .view("fact")
                .view("dim", view -> view.after("fact"))
                .build();

        Finding finding = refusal(plan, warehouse.db.pooledDataSource());

        assertThat(finding.code()).isEqualTo("edge-contradicted");
        assertThat(finding.remedy()).contains("take .after(\"fact\") out of dim", "add .after(\"dim\") to fact");
        warehouse.change();
        assertPasses(
                SyncPlan.named("upside-down")
                        .view("dim")
                        .view("fact", view -> view.after("dim"))
                        .build(),
                warehouse.db.pooledDataSource());
        assertThat(warehouse.sum("fact")).isOne();
    }

    @Test
    void check_of_a_table_that_may_not_be_read_fails_before_any_view_and_is_mended_by_the_grant_that_is_named() {
        warehouse.db.execute("REVOKE ALL ON t FROM " + role, "ALTER MATERIALIZED VIEW sound OWNER TO " + role);
        SyncPlan plan = checked("t");

        RefreshException failure = failedCheck(run(plan, asRole()));

        assertThat(failure.kind()).isEqualTo(RefreshException.Kind.PERMANENT);
        assertThat(failure.sqlState()).contains("42501");
        warehouse.db.execute(failure.remedy().orElseThrow());
        assertPasses(plan, asRole());
    }

    @Test
    void check_of_a_table_that_is_not_there_fails_before_any_view_and_names_it() {
        RefreshException failure = failedCheck(run(checked("t", "no_such_table")));

        assertThat(failure.kind()).isEqualTo(RefreshException.Kind.PERMANENT);
        assertThat(failure).hasMessageContaining("there is no table \"public\".\"no_such_table\"");
        warehouse.db.execute("CREATE TABLE no_such_table ()");
        assertPasses(checked("t", "no_such_table"), warehouse.db.pooledDataSource());
    }

    private static SyncPlan checked(String... tables) {
        return SyncPlan.named("checked")
                .check("sources", PostgresChecks.tablesReadable(tables))
                .view("sound")
                .build();
    }

    private RefreshException failedCheck(SyncReport report) {
        assertThat(report.status()).isEqualTo(RunStatus.FAILED);
        assertThat(report.outcome("sound")).isEqualTo(new StepOutcome.Skipped(SkipReason.UPSTREAM_FAILED, "sources"));
        assertNothingTouched();
        return ((StepOutcome.Failed) report.outcome("sources")).cause();
    }
}
