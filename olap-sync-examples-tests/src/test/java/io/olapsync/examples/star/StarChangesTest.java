package io.olapsync.examples.star;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.spi.RowDelta;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StarChangesTest extends StarTest {

    private final StarChanges changes = StarChanges.seeded(SEED);

    @BeforeEach
    void load() throws SQLException {
        createAndLoad(400);
        populate();
    }

    @Test
    void freshly_populated_views_show_what_the_tables_hold() throws SQLException {
        StarInvariant views = StarInvariant.ofViews(connection);

        assertThat(views).isEqualTo(StarInvariant.ofTables(connection));
        assertThat(views.isWhole()).isTrue();
        assertThat(views.assets()).isPositive();
        assertThat(StarForecast.of(connection).values()).containsOnly(RowDelta.NONE);
        assertThat(refreshEach().values()).containsOnly(RowDelta.NONE);
    }

    @Test
    void every_change_writes_the_deltas_that_the_forecast_tells() throws SQLException {
        for (StarChange change : oneOfEach(connection, changes)) {
            assertThat(change.ids()).as("%s", change).isNotEmpty().doesNotContain(0L);
        }
        Map<String, RowDelta> forecast = StarForecast.of(connection);

        assertThat(refreshEach()).isEqualTo(forecast);
        assertThat(forecast.get("mv_business_fact").isEmpty()).isFalse();
        assertThat(forecast.get("mv_cashflow_fact").isEmpty()).isFalse();
        assertThat(StarInvariant.ofViews(connection)).isEqualTo(StarInvariant.ofTables(connection));
    }

    @Test
    void events_touch_the_facts_that_the_requirements_map_them_to() throws SQLException {
        List<StarChange> business = List.of(
                changes.changeStatus(connection),
                changes.registerStakeholder(connection),
                changes.admitStakeholder(connection));
        Map<String, RowDelta> deltas = refreshEach();
        assertThat(business)
                .extracting(StarChange::kind)
                .containsExactly("case_status_changed", "stakeholder_registered", "stakeholder_admitted");
        assertThat(deltas.get("mv_business_fact").isEmpty()).isFalse();
        assertThat(deltas.get("mv_cashflow_fact")).isEqualTo(RowDelta.NONE);

        assertThat(changes.addCashFlow(connection, 3).kind()).isEqualTo("cash_flow_entry_created");
        deltas = refreshEach();
        assertThat(deltas.get("mv_business_fact")).isEqualTo(RowDelta.NONE);
        assertThat(deltas.get("mv_cashflow_fact").inserted()).isBetween(1L, 3L);

        assertThat(changes.recordPerformance(connection).kind()).isEqualTo("performance_recorded");
        deltas = refreshEach();
        assertThat(deltas.get("mv_business_fact")).isEqualTo(new RowDelta(1, 0, 1));
        assertThat(deltas.get("mv_cashflow_fact").inserted()).isEqualTo(1);
    }

    @Test
    void one_new_organisation_renumbers_the_dimension_and_every_fact_row() throws SQLException {
        long orgs = database.queryForLong("SELECT count(*) FROM dim_org");
        long facts = database.queryForLong("SELECT count(*) FROM mv_business_fact");
        long cash = database.queryForLong("SELECT count(*) FROM mv_cashflow_fact");

        StarChange change = changes.newCaseInNewOrg(connection);

        assertThat(change.rows()).containsOnly(Map.entry("cases", 1), Map.entry("stakeholders", 1));
        Map<String, RowDelta> deltas = refreshEach();
        assertThat(deltas.get("dim_org")).isEqualTo(new RowDelta(orgs + 1, 0, orgs));
        assertThat(deltas.get("mv_business_fact")).isEqualTo(new RowDelta(facts + 2, 0, facts));
        assertThat(deltas.get("mv_cashflow_fact")).isEqualTo(new RowDelta(cash, 0, cash));
    }

    @Test
    void a_dimension_refreshed_without_its_facts_shows_as_misplaced_rows() throws SQLException {
        changes.newCaseInNewOrg(connection);
        database.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY public.dim_org");

        StarInvariant torn = StarInvariant.ofViews(connection);

        assertThat(torn.misplaced())
                .isEqualTo(database.queryForLong("SELECT (SELECT count(*) FROM mv_business_fact)"
                        + " + (SELECT count(*) FROM mv_cashflow_fact)"));
        assertThat(torn.isWhole()).isFalse();
    }

    @Test
    void a_moved_amount_changes_both_facts_and_not_their_sum() throws SQLException {
        StarInvariant before = StarInvariant.ofViews(connection);
        BigDecimal moved = BigDecimal.ZERO;
        for (int i = 0; i < 25; i++) {
            moved = moved.add(changes.moveAmount(connection).amount());
        }

        database.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY public.mv_business_fact");
        assertThat(StarInvariant.sum(connection)).as("one side only").isNotEqualTo(before.total());
        database.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY public.mv_cashflow_fact");

        StarInvariant after = StarInvariant.ofViews(connection);
        assertThat(moved).isPositive();
        assertThat(after.assets()).isNotEqualTo(before.assets());
        assertThat(after.total()).isEqualTo(before.total());
        assertThat(StarInvariant.ofTables(connection).total()).isEqualTo(before.total());
    }

    @Test
    void readers_see_one_sum_while_a_writer_moves_amounts_and_views_are_refreshed_together() throws Exception {
        BigDecimal total = StarInvariant.sum(connection);
        BackgroundMoves writer = new BackgroundMoves();
        Thread thread = new Thread(writer, "mover");
        thread.start();
        try (Connection refresher = database.connect()) {
            for (int i = 0; i < 15; i++) {
                int seen = writer.moves.get();
                while (writer.moves.get() == seen && writer.failure == null) {
                    Thread.onSpinWait();
                }
                refreshTogether(refresher);
                StarInvariant reading = StarInvariant.ofViews(connection);
                assertThat(reading.total()).as("round %d, seed %d", i, SEED).isEqualTo(total);
                assertThat(reading.isWhole()).isTrue();
            }
        } finally {
            writer.stop = true;
            thread.join();
        }
        assertThat(writer.failure).isNull();
    }

    @Test
    void the_same_seed_gives_the_same_changes() throws SQLException {
        List<StarChange> first = oneOfEach(connection, StarChanges.seeded(7));
        StarSchema.drop(connection);
        createAndLoad(400);

        assertThat(oneOfEach(connection, StarChanges.seeded(7))).isEqualTo(first);
    }

    @Test
    void removed_entries_are_gone_and_counted() throws SQLException {
        long before = database.queryForLong("SELECT count(*) FROM cash_flow_entries");

        StarChange removed = changes.removeEntries(connection, 7);

        assertThat(removed.ids()).hasSize(7);
        assertThat(removed.amount()).isPositive();
        assertThat(database.queryForLong("SELECT count(*) FROM cash_flow_entries"))
                .isEqualTo(before - 7);
        assertThatThrownBy(() -> changes.removeEntries(connection, 0)).hasMessage("count must be at least 1, not 0");
    }

    @Test
    void queries_read_the_views_and_their_names() throws SQLException {
        List<StarQueries.QuarterlyCash> cash = StarQueries.quarterlyCash(connection, 2024, 5);
        List<StarQueries.Caseload> caseloads = StarQueries.caseloads(connection);

        assertThat(cash).hasSize(5).allSatisfy(row -> assertThat(row.quarter()).matches("2024 Q[1-4]"));
        assertThat(cash).isSortedAccordingTo((a, b) -> b.inflow().compareTo(a.inflow()));
        assertThat(caseloads).extracting(StarQueries.Caseload::caseType).contains("회생", "워크아웃");
        assertThat(caseloads.stream().mapToLong(StarQueries.Caseload::cases).sum())
                .isEqualTo(100);
    }

    private static List<StarChange> oneOfEach(Connection connection, StarChanges changes) throws SQLException {
        List<StarChange> done = new ArrayList<>();
        done.add(changes.newCase(connection));
        done.add(changes.changeStatus(connection));
        done.add(changes.registerStakeholder(connection));
        done.add(changes.admitStakeholder(connection));
        done.add(changes.recordPerformance(connection));
        done.add(changes.addCashFlow(connection, 10));
        done.add(changes.removeEntries(connection, 5));
        done.add(changes.moveAmount(connection));
        done.add(changes.newCaseInNewOrg(connection));
        return done;
    }

    /** Moves amounts without pause until it is told to stop. */
    private final class BackgroundMoves implements Runnable {
        volatile boolean stop;
        final AtomicInteger moves = new AtomicInteger();
        volatile Throwable failure;

        @Override
        public void run() {
            try (Connection own = database.connect()) {
                StarChanges mine = StarChanges.seeded(SEED + 1);
                while (!stop) {
                    mine.moveAmount(own);
                    moves.incrementAndGet();
                }
            } catch (SQLException | RuntimeException e) {
                failure = e;
            }
        }
    }
}
