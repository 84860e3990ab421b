package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.ViewName;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The vacuum behind a refresh. */
class RefreshVacuumTest {

    private static final String VACUUMED =
            "SELECT coalesce(bool_and(s.dead_rows = v.dead_rows), false) FROM olap_sync.view_state s"
                    + " JOIN olap_sync.view_vacuum v USING (view_schema, view_name) WHERE true";

    private final Fixture fixture = Fixture.create();

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    @Test
    void dead_rows_are_vacuumed_between_refreshes_and_forgotten() {
        Fixture eager = fixture.with(
                fixture.dataSource,
                fixture.settings.withVacuum(new VacuumPolicy(true, 0.2, 3, Duration.ofSeconds(10))));
        ViewName view = eager.view("mv");
        eager.refresh(view);
        fixture.db.execute("UPDATE t SET b = 1 WHERE a <= 2");
        eager.refresh(view);
        assertThat(fixture.db.queryForLong("SELECT dead_rows FROM olap_sync.view_state"))
                .isEqualTo(2);

        fixture.db.execute("UPDATE t SET b = 2 WHERE a <= 2");
        eager.refresh(view);

        fixture.db.await(VACUUMED);
        fixture.db.await("SELECT vacuum_count = 1 AND analyze_count = 1 FROM pg_stat_user_tables WHERE relname = 'mv'");
    }

    @Test
    void view_with_few_dead_rows_is_left_alone_while_another_is_vacuumed() {
        Fixture eager = fixture.with(
                fixture.dataSource,
                fixture.settings.withVacuum(new VacuumPolicy(true, 0.2, 3, Duration.ofSeconds(10))));
        ViewName few = eager.view("few", "SELECT a, b FROM t WHERE a > 2");
        ViewName many = eager.view("many");
        eager.refresh(eager.request(few, many));
        fixture.db.execute("UPDATE t SET b = 1 WHERE a <= 4");

        eager.refresh(few);
        eager.refresh(many);

        // One after the other, in the order in which they were refreshed: the first would have had its turn by now.
        fixture.db.await(VACUUMED + " AND view_name = 'many'");
        assertThat(fixture.db.queryForLong("SELECT dead_rows FROM olap_sync.view_state WHERE view_name = 'few'"))
                .isEqualTo(2);
    }

    @Test
    void refresh_does_not_wait_for_the_vacuum_behind_it() {
        CountDownLatch gate = new CountDownLatch(1);
        DataSource gated = sideThreadsWaitFor(gate, fixture.dataSource);
        Fixture eager =
                fixture.with(gated, fixture.settings.withVacuum(new VacuumPolicy(true, 0, 1, Duration.ofSeconds(20))));
        ViewName view = eager.view("mv");
        eager.refresh(view);
        fixture.db.execute("UPDATE t SET b = 1 WHERE a <= 2");

        eager.refresh(view);

        assertThat(fixture.db.queryForLong("SELECT dead_rows FROM olap_sync.view_state"))
                .isPositive();
        gate.countDown();
        fixture.db.await(VACUUMED);
    }

    private static DataSource sideThreadsWaitFor(CountDownLatch gate, DataSource target) {
        return (DataSource) Proxy.newProxyInstance(
                DataSource.class.getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> {
                    if (Thread.currentThread().getName().startsWith("olap-sync-side")) {
                        assertThat(gate.await(20, TimeUnit.SECONDS)).isTrue();
                    }
                    return method.invoke(target, arguments);
                });
    }
}
