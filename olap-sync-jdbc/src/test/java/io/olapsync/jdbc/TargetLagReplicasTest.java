package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.SyncHealth;
import io.olapsync.SyncPlan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Three engines, each with adapters of its own, hold the target lag of one view. */
@Timeout(60)
@Tag("one-major")
class TargetLagReplicasTest {

    private static final SyncPlan PLAN = SyncPlan.named("p")
            .view("dim")
            .view("fact", v -> v.after("dim").targetLag(Duration.ofSeconds(1)))
            .build();

    private final Fixture fixture = Fixture.create();
    private final List<OlapSync> replicas = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        replicas.forEach(OlapSync::close);
        fixture.close();
    }

    @Test
    void they_refresh_it_in_turn_while_it_changes_and_confirm_it_when_it_does_not() {
        fixture.view("dim");
        fixture.view("fact", "SELECT d.a, t.b FROM dim d JOIN t USING (a)");
        fixture.db.execute(
                "CREATE TABLE written (n int)",
                "CREATE TABLE refreshed (view_name text, as_of timestamptz)",
                "CREATE FUNCTION record_refresh() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " INSERT INTO public.refreshed VALUES (NEW.view_name, NEW.as_of); RETURN NULL; END $$",
                "CREATE TRIGGER record_refresh AFTER INSERT OR UPDATE ON olap_sync.view_state"
                        + " FOR EACH ROW EXECUTE FUNCTION record_refresh()");
        for (int i = 0; i < 3; i++) {
            OlapSync replica = OlapSync.builder(PLAN)
                    .install(PostgresPlugin.of(fixture.db.pooledDataSource()))
                    .build();
            replicas.add(replica);
            replica.start();
        }
        // Each look at the table is a write, too: it changes all the time.
        fixture.db.await("WITH w AS (INSERT INTO written VALUES (1) RETURNING n)"
                + " SELECT (SELECT count(*) FROM refreshed WHERE view_name = 'fact') >= 3 FROM w");
        assertThat(fixture.db.queryForLong("SELECT count(*) FROM refreshed WHERE view_name = 'dim'"))
                .as("what it reads goes with it")
                .isGreaterThanOrEqualTo(3);
        assertThat(
                        fixture.db.queryForBoolean(
                                "SELECT min(gap) > interval '0.2 seconds' FROM"
                                        + " (SELECT as_of - lag(as_of) OVER (ORDER BY as_of) AS gap FROM refreshed WHERE view_name = 'fact') g"))
                .as("never by two at once")
                .isTrue();

        fixture.db.await(
                "SELECT count(*) = 2 FROM olap_sync.view_confirmation c"
                        + " JOIN olap_sync.view_state s USING (view_schema, view_name, xid) WHERE confirmed_at > as_of + interval '1 s'");
        SyncHealth health = replicas.get(0).health();
        assertThat(health.views().get(1).staleness().orElseThrow()).isLessThan(Duration.ofSeconds(20));
        assertThat(health.schedules().get(0).problem()).isEmpty();
    }
}
