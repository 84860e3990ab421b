package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.RefreshCondition;
import io.olapsync.spi.ViewControl;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What commits with a refresh, and what it costs. */
@Timeout(60)
class RefreshCommitTest {

    private final Fixture fixture = Fixture.create();

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    @Test
    void orders_suspensions_and_conditions_cost_no_statement_of_their_own() throws Exception {
        CountingDataSource counting = new CountingDataSource(fixture.dataSource);
        Fixture counted = fixture.with(counting.dataSource(), fixture.settings);
        ViewName view = fixture.view("mv");
        counted.refresh(view); // with the first look at the tables
        int before = counting.statements();
        counted.refresh(view);
        assertThat(counting.statements() - before)
                .as("lock, look, refresh, state")
                .isEqualTo(4);
        before = counting.statements();
        RefreshCondition cheap =
                facts -> facts.shows().isEmpty() || facts.sinceRefresh().isEmpty();
        assertThat(counted.refresh(Fixture.only(cheap, counted.request(view)))).isEmpty();
        assertThat(counting.statements() - before).as("lock, look").isEqualTo(2);
    }

    @Test
    void recording_a_transaction_of_ours_costs_no_statement_of_its_own() throws Exception {
        CountingDataSource counting = new CountingDataSource(fixture.dataSource);
        Fixture counted = fixture.with(counting.dataSource(), fixture.settings);
        counted.states.order(List.of(Fixture.MV), Duration.ZERO, "test");
        int before = counting.statements();
        counted.states.order(List.of(Fixture.MV), Duration.ZERO, "test");
        assertThat(counting.statements() - before).as("begin, insert").isEqualTo(2);
    }

    @Test
    void events_that_arrive_during_a_common_refresh_do_not_make_it_fail() throws Exception {
        ViewName stalled = fixture.gatedView("stalled");
        ViewName other = fixture.view("other");
        fixture.states.eventsArriving(List.of(stalled, other));
        fixture.states.failed(List.of(stalled, other), 1);
        Future<List<ViewRefresh>> refresh;
        try (Fixture.Gate gate = fixture.shutGate()) {
            refresh = fixture.start(fixture.request(stalled, other));
            fixture.awaitAtGate(1);
            fixture.states.eventsArriving(List.of(stalled, other));
        }
        assertThat(Fixture.get(refresh)).hasSize(2);
        assertThat(fixture.states.controls(List.of(stalled, other)).values())
                .noneMatch(ViewControl::isSuspended)
                .allMatch(control -> control.sinceEvent().isPresent());
    }

    @Test
    void what_events_are_acknowledged_for_waits_for_the_disk_also_where_the_host_does_not() throws Exception {
        Fixture hasty = hostWith("off");
        ViewName view = fixture.view("mv", "SELECT 1 AS a, current_setting('synchronous_commit') AS durability");

        hasty.refresh(view);
        hasty.states.order(List.of(view), Duration.ZERO, "test");

        assertThat(fixture.db.queryForString("SELECT durability FROM mv")).isEqualTo("on");
        assertThat(fixture.db.queryForString("SELECT durability FROM seen")).isEqualTo("on");
    }

    @ParameterizedTest
    @ValueSource(strings = {"local", "remote_apply"})
    void a_host_that_waits_for_more_or_for_less_than_the_default_is_left_to_it(String setting) throws Exception {
        Fixture particular = hostWith(setting);
        ViewName view = fixture.view("mv", "SELECT 1 AS a, current_setting('synchronous_commit') AS durability");

        particular.refresh(view);
        particular.states.order(List.of(view), Duration.ZERO, "test");

        assertThat(fixture.db.queryForString("SELECT durability FROM mv")).isEqualTo(setting);
        assertThat(fixture.db.queryForString("SELECT durability FROM seen")).isEqualTo(setting);
    }

    /** Its orders are noted with what they waited for. */
    private Fixture hostWith(String synchronousCommit) throws Exception {
        fixture.db.execute(
                "ALTER DATABASE " + fixture.db.name() + " SET synchronous_commit = " + synchronousCommit,
                "CREATE TABLE seen (durability text)",
                "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " INSERT INTO public.seen SELECT current_setting('synchronous_commit'); RETURN NEW; END $$",
                "CREATE TRIGGER note AFTER INSERT ON olap_sync.refresh_order FOR EACH ROW EXECUTE FUNCTION note()");
        return fixture.with(fixture.db.dataSource(), fixture.settings);
    }
}
