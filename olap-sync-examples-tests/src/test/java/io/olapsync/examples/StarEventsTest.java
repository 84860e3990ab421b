package io.olapsync.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.examples.star.StarData;
import io.olapsync.examples.star.StarForecast;
import io.olapsync.examples.star.StarSchema;
import io.olapsync.jdbc.OutboxRelay;
import io.olapsync.jdbc.OutboxTable;
import io.olapsync.jdbc.PostgresPlugin;
import io.olapsync.jdbc.PostgresTransactions;
import io.olapsync.report.PlanJson;
import io.olapsync.spi.RowDelta;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A new case of a new organisation, from the host's transaction to the readers of the star. */
class StarEventsTest {

    private static final String NEW_ORG = "AA-시험-1";

    private final Warehouse warehouse = Warehouse.create();
    private final EventFeed feed = EventFeed.of(warehouse).withOutbox();

    @BeforeEach
    void load() throws SQLException {
        try (Connection connection = warehouse.db.connect()) {
            StarSchema.create(connection);
            new StarData(1, 200).load(connection);
        }
    }

    @AfterEach
    void close() {
        feed.close();
        warehouse.close();
    }

    static SyncPlan plan() {
        try (InputStream in = FullSyncJob.class.getResourceAsStream("vision-olap.json")) {
            return PlanJson.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void created_case_is_visible_with_its_new_organisation_by_way_of_outbox_relay_and_stream() throws Exception {
        try (OlapSync sync = feed.sync(plan()).build();
                OutboxRelay relay = feed.relay()) {
            relay.start();
            assertThat(sync.runFull().succeeded()).isTrue();
            sync.start();
            feed.awaitRefreshes("mv_business_fact", 2); // the stream is new
            feed.awaitRefreshes("mv_cashflow_fact", 2);
            feed.awaitNoRun();

            assertBecomesVisible(sync);
            feed.awaitAllAcknowledged();
        }
    }

    @Test
    void created_case_is_visible_with_its_new_organisation_by_way_of_the_outbox_alone() throws Exception {
        PostgresPlugin plugin = PostgresPlugin.builder(warehouse.db.pooledDataSource())
                .settings(Warehouse.SETTINGS)
                .outbox(outbox -> outbox.pollInterval(Duration.ofMillis(20)))
                .build();
        try (OlapSync sync =
                EventFeed.hasty(OlapSync.builder(plan()).install(plugin)).build()) {
            assertThat(sync.runFull().succeeded()).isTrue();
            sync.start();

            assertBecomesVisible(sync);
            warehouse.db.await("SELECT bool_and(done_at IS NOT NULL AND set_aside IS NULL) FROM event_outbox");
        }
    }

    private void assertBecomesVisible(OlapSync sync) throws Exception {
        long business = feed.refreshes("mv_business_fact");
        long created = createCase();
        assertThat(warehouse.db.rows(
                        "SELECT FROM mv_business_fact JOIN dim_org USING (org_id) WHERE dim_org.org_code = ?", NEW_ORG))
                .isEmpty();

        assertThat(sync.awaitCovered("mv_business_fact", created, Warehouse.PATIENCE))
                .isTrue();

        // The fact joins its dimension: it can only show the case because dim_org went first.
        assertThat(warehouse.db.rows(
                        "SELECT f.stakeholder_type_id, o.org_code, f.case_status FROM mv_business_fact f"
                                + " JOIN dim_org o USING (org_id) WHERE o.org_code = ?",
                        NEW_ORG))
                .containsExactly(List.of("none", NEW_ORG, "filed"));
        feed.awaitNoRun();
        assertThat(feed.refreshes("mv_business_fact") - business)
                .as("once, after dim_org")
                .isOne();
        assertNoFactKeepsOldNumbers(created);
    }

    /** The new code sorts before all others, so dim_org is renumbered; the event concerns mv_business_fact alone. */
    private void assertNoFactKeepsOldNumbers(long created) throws SQLException {
        warehouse.db.await(
                "SELECT pg_visible_in_snapshot(?::text::xid8, snapshot) FROM olap_sync.view_state"
                        + " WHERE view_name = 'mv_cashflow_fact'",
                created);
        feed.awaitNoRun();
        assertThat(warehouse.db.rows(
                        "SELECT FROM mv_cashflow_fact f JOIN dim_org o USING (org_id) WHERE f.org_code <> o.org_code"))
                .isEmpty();
        try (Connection connection = warehouse.db.connect()) {
            Map<String, RowDelta> missing = StarForecast.of(connection);
            assertThat(missing)
                    .allSatisfy((view, delta) -> assertThat(delta).as(view).isEqualTo(RowDelta.NONE));
        }
    }

    private long createCase() throws SQLException {
        try (Connection tx = warehouse.db.connect();
                var insert = tx.prepareStatement(
                        "INSERT INTO cases (case_no, case_type, title, org_code, org_name, status, opened_on)"
                                + " SELECT 'test-1', min(case_type), '시험', ?, '시험법원', 'filed', min(opened_on) FROM cases")) {
            tx.setAutoCommit(false);
            insert.setString(1, NEW_ORG);
            insert.executeUpdate();
            long id =
                    PostgresTransactions.append(tx, OutboxTable.defaults(), "case_created", "{\"case_no\":\"test-1\"}");
            tx.commit();
            return id;
        }
    }
}
