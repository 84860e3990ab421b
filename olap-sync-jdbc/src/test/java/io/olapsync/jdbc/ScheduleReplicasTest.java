package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.schedule.Schedule;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.SyncPlugin;
import io.olapsync.spi.TickClaim;
import io.olapsync.spi.TickStore;
import io.olapsync.spi.Ticks;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Three engines, each with adapters of its own, on one database. */
@Timeout(60)
@Tag("one-major")
class ScheduleReplicasTest {

    private static final int REPLICAS = 3;

    private final Fixture fixture = Fixture.create();
    private final List<OlapSync> replicas = new ArrayList<>();
    private final CyclicBarrier allHaveRead = new CyclicBarrier(REPLICAS);

    @AfterEach
    void close() throws Exception {
        replicas.forEach(OlapSync::close);
        fixture.close();
    }

    @Test
    void one_tick_is_one_run() throws Exception {
        fixture.view("mv");
        TickStore ticks =
                new PostgresTicks(fixture.db.pooledDataSource(), PostgresSchema.of(fixture.db.pooledDataSource()));
        Instant now = ticks.read("p").now();
        Instant tick = now.truncatedTo(ChronoUnit.MINUTES).plus(1, ChronoUnit.MINUTES);
        // The clock that they see is ahead of the server's by what is missing to the next minute, but for what
        // three engines may need to start on a busy machine.
        Duration ahead = Duration.between(now, tick).minusSeconds(3);
        List<Shifted> seen = new ArrayList<>();
        for (int i = 0; i < REPLICAS; i++) {
            Shifted shifted = new Shifted(ahead, tick);
            seen.add(shifted);
            replicas.add(OlapSync.builder(SyncPlan.named("p").view("mv").build())
                    .install(shifted)
                    .schedule(Schedule.of("minutely", "* * * * *"))
                    .build());
        }
        replicas.forEach(OlapSync::start);
        for (Shifted each : seen) {
            assertThat(each.noticed.await(30, TimeUnit.SECONDS)).isTrue();
        }
        fixture.db.await("SELECT count(*) FILTER (WHERE status = 'completed') >= 1 FROM olap_sync.run");
        replicas.forEach(OlapSync::close);
        assertThat(fixture.db.rows("SELECT kind, trigger, status FROM olap_sync.run"))
                .containsExactly(List.of("full", "schedule minutely", "completed"));
        assertThat(fixture.db.rows(
                        "SELECT schedule, tick = ?::timestamptz, run_id IS NOT NULL FROM olap_sync.tick",
                        tick.toString()))
                .containsExactly(List.of("minutely", true, true));
    }

    /** None claims before all have seen that nobody has. */
    private void awaitTheOthers() {
        try {
            allHaveRead.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The adapters of one process, whose ticks are read with another clock. */
    private final class Shifted implements SyncPlugin {

        final CountDownLatch noticed = new CountDownLatch(1);
        private final Duration ahead;
        private final Instant tick;

        Shifted(Duration ahead, Instant tick) {
            this.ahead = ahead;
            this.tick = tick;
        }

        @Override
        public void install(Registry registry) {
            Registry shifting = (Registry) Proxy.newProxyInstance(
                    Registry.class.getClassLoader(), new Class<?>[] {Registry.class}, (proxy, method, arguments) -> {
                        arguments[0] = arguments[0] instanceof TickStore store ? shifted(store) : arguments[0];
                        method.invoke(registry, arguments);
                        return proxy;
                    });
            PostgresPlugin.of(fixture.db.pooledDataSource()).install(shifting);
        }

        private TickStore shifted(TickStore store) {
            return new TickStore() {
                @Override
                public Ticks read(String plan) throws RefreshException {
                    Ticks read = store.read(plan);
                    Instant now = read.now().plus(ahead);
                    if (!now.isBefore(tick) && noticed.getCount() > 0) {
                        awaitTheOthers();
                    }
                    return new Ticks(now, read.claims());
                }

                @Override
                public boolean claim(TickClaim claim, Duration apart) throws RefreshException {
                    assertThat(claim.tick()).isEqualTo(tick);
                    boolean granted = store.claim(claim, apart);
                    noticed.countDown();
                    return granted;
                }
            };
        }
    }
}
