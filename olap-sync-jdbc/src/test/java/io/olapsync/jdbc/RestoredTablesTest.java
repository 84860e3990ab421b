package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.RefreshCondition;
import io.olapsync.spi.RefreshOrder;
import io.olapsync.spi.Snapshot;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Our tables after a dump of another server was restored here: their transactions are ones that this server has yet to reach. */
@Timeout(60)
class RestoredTablesTest {

    private static final long AHEAD = 9_000_000_000L;

    private final Fixture fixture = Fixture.create();

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    private ViewName restored(String name) {
        ViewName view = fixture.view(name);
        fixture.refresh(view);
        fixture.db.execute("UPDATE olap_sync.view_state SET snapshot = '" + AHEAD + ":" + AHEAD + ":', xid = '" + AHEAD
                + "', last_change = '" + AHEAD + "'");
        return view;
    }

    @Test
    void state_of_another_server_covers_nothing_and_the_next_refresh_replaces_it() throws Exception {
        ViewName view = restored("mv");
        assertThat(fixture.states.read(List.of(view)))
                .as("events would be acknowledged for it")
                .isEmpty();

        RefreshCondition unlessShown = facts -> facts.shows().isEmpty();
        assertThat(fixture.refresh(Fixture.only(unlessShown, fixture.request(view))))
                .hasSize(1);

        ViewState state = fixture.states.read(List.of(view)).get(view);
        Snapshot now = fixture.states.now();
        assertThat(now.covers(state.lastChange()))
                .as("no view above is behind for ever")
                .isTrue();
        assertThat(now.covers(Snapshot.parse(state.asOf().snapshot()))).isTrue();
    }

    @Test
    void order_of_another_server_is_fulfilled_by_one_refresh() throws Exception {
        ViewName view = fixture.view("mv");
        fixture.states.order(List.of(view), Duration.ZERO, "test");
        fixture.refresh(view);
        fixture.db.execute("UPDATE olap_sync.refresh_order SET transaction = '" + AHEAD + "'");

        RefreshOrder order = fixture.states.orders(List.of(view)).get(0);
        fixture.db.execute("INSERT INTO t VALUES (1000, 7)");
        RefreshOrder later = fixture.states.orders(List.of(view)).get(0);
        assertThat(shown(view).covers(later.transaction()))
                .as("whatever has been committed here is asked for")
                .isFalse();
        fixture.refresh(view);
        assertThat(shown(view).covers(order.transaction())).isTrue();
        assertThat(shown(view).covers(later.transaction())).isTrue();
    }

    @Test
    void transactions_of_another_server_are_not_taken_for_ours_once_they_are_reached() throws Exception {
        fixture.db.execute("INSERT INTO olap_sync.own_transaction (transaction) VALUES ('" + AHEAD + "')");
        new PostgresHistory(fixture.dataSource, PostgresSchema.of(fixture.dataSource))
                .sweep(Duration.ofDays(1), Duration.ofDays(1));
        assertThat(fixture.db.queryForString(
                        "SELECT count(*) FROM olap_sync.own_transaction WHERE transaction = '" + AHEAD + "'"))
                .isEqualTo("0");
    }

    private Snapshot shown(ViewName view) throws Exception {
        return Snapshot.parse(
                fixture.states.read(List.of(view)).get(view).asOf().snapshot());
    }
}
