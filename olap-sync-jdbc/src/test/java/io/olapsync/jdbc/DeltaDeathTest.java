package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.LINES;
import static io.olapsync.jdbc.DeltaFixture.TOTALS;
import static io.olapsync.jdbc.DeltaFixture.how;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The server's process dies before each statement of a refresh in turn: nothing of it is seen, and the next one does all of it. */
@Timeout(120)
@Tag("one-major")
class DeltaDeathTest {

    private static final ViewName SUMS = ViewName.parse("sums");

    @Test
    void by_keys() throws Exception {
        try (DeltaFixture shop = DeltaFixture.converted()) {
            diesEverywhere(shop, Way.KEYS, SyncKind.INCREMENTAL, LINES);
        }
    }

    @Test
    void by_sums() throws Exception {
        try (DeltaFixture shop = new DeltaFixture()) {
            shop.db.execute(
                    "CREATE MATERIALIZED VIEW sums AS SELECT customer, count(*) AS n, sum(amount) AS amount FROM orders"
                            + " GROUP BY customer",
                    "CREATE UNIQUE INDEX ON sums (customer)");
            shop.convert(Map.of(SUMS, DeltaSpec.key("customer").source("orders", "customer")));
            shop.refresh(SUMS);
            diesEverywhere(shop, Way.ADDITIVE, SyncKind.INCREMENTAL, SUMS);
        }
    }

    @Test
    void where_all_is_computed() throws Exception {
        try (DeltaFixture shop = DeltaFixture.converted()) {
            diesEverywhere(shop, Way.FULL, SyncKind.FULL, LINES);
        }
    }

    @Test
    void of_several_together() throws Exception {
        try (DeltaFixture shop = DeltaFixture.converted()) {
            diesEverywhere(shop, Way.KEYS, SyncKind.INCREMENTAL, LINES, TOTALS);
        }
    }

    private static void diesEverywhere(DeltaFixture shop, Way way, SyncKind kind, ViewName... views) throws Exception {
        RefreshRequest request = DeltaFixture.request(kind, views);
        int deaths = 0;
        boolean came = true;
        for (int statement = 1; came; statement++) {
            shop.db.execute(
                    "UPDATE orders SET amount = amount + 1, customer = 1 + (customer + 1) % 20 WHERE id = " + statement,
                    "UPDATE olap_sync.delta_table SET full_micros = NULL, key_micros = NULL, change_micros = NULL");
            List<List<String>> before = rows(shop, views);
            AtomicLong killed = new AtomicLong();
            AtomicBoolean over = new AtomicBoolean();
            Moment moment = Moment.before(statement, () -> {
                synchronized (over) { // what cleans up behind a refresh may come to this statement only later
                    killed.set(over.get() ? 0 : terminated(shop));
                }
            });
            try (Fixture dying = new Fixture(shop.db, moment.on(shop.db.dataSource()), PostgresSettings.defaults())) {
                for (ViewRefresh done : dying.tryRefresh(request)) {
                    assertThat(how(done).way())
                            .as("before statement %d", statement)
                            .isEqualTo(way);
                }
            } catch (RefreshException e) {
                assertThat(killed).as("%s before statement %d", e, statement).hasPositiveValue();
                assertThat(rows(shop, views))
                        .as("before statement %d", statement)
                        .isEqualTo(before);
                deaths++;
            } finally {
                synchronized (over) {
                    over.set(true);
                }
            }
            came = moment.hasCome();
            shop.fixture.assertNothingLeft(); // who was terminated has its lock until it has ended
        }
        assertThat(deaths).isGreaterThan(2);
        shop.fixture.refresh(request);
        List.of(views).forEach(shop::assertEqualsDefinition);
    }

    /** Whoever is in the middle of a transaction. */
    private static long terminated(DeltaFixture shop) {
        return shop.db.queryForLong("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND state = 'idle in transaction'");
    }

    private static List<List<String>> rows(DeltaFixture shop, ViewName... views) {
        return List.of(views).stream()
                .map(view -> shop.db.rows("SELECT t::text AS r FROM " + view.sql() + " t ORDER BY 1").stream()
                        .map(String::valueOf)
                        .toList())
                .toList();
    }
}
