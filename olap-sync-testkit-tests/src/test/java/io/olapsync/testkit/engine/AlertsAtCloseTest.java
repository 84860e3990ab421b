package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.Alerts;
import io.olapsync.OlapSync;
import io.olapsync.SyncReport;
import io.olapsync.spi.Incident;
import io.olapsync.spi.IncidentKey.Topic;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.SyncClock;
import io.olapsync.testkit.fakes.FaultyIncidents;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import io.olapsync.testkit.fakes.RecordingNotifier;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a process has noticed right before its end is told by it, whatever its own threads are doing just then. */
@Timeout(60)
class AlertsAtCloseTest {

    @Test
    void what_is_on_its_way_to_the_store_is_told_too() throws Exception {
        InMemoryPlugin fakes = new InMemoryPlugin(SyncClock.system());
        fakes.executor().fail(view("mv_1"), RefreshException.Kind.PERMANENT, 1);
        FaultyIncidents store = new FaultyIncidents(fakes.incidents());
        RecordingNotifier slack = new RecordingNotifier("slack");
        CountDownLatch onItsWay = new CountDownLatch(1);
        CountDownLatch asked = new CountDownLatch(1);
        store.beforeReport(() -> {
            onItsWay.countDown();
            await(asked, Duration.ofMillis(300)); // nobody may ask for a turn before this is written
        });
        store.beforeTurn(asked::countDown);
        OlapSync sync = OlapSync.builder(AlertBench.views(3))
                .install(registry -> registry.executor(fakes.executor())
                        .locks(fakes.locks())
                        .states(fakes.warehouse())
                        .history(fakes.history())
                        .incidents(store))
                .alerts(Alerts.to(slack))
                .build();
        SyncReport report = sync.runFull();
        assertThat(report.succeeded()).isFalse();
        assertThat(onItsWay.await(20, TimeUnit.SECONDS)).isTrue();

        sync.close();

        assertThat(slack.subjects()).containsExactly("[vision-olap] FAILED: mv_1 cannot be refreshed");
    }

    @Test
    void run_that_could_not_begin_is_noted_before_anybody_who_waits_for_it_hears_of_it() {
        AlertBench bench = new AlertBench(AlertBench.views(3));
        try (bench) {
            OlapSync sync = bench.engine(bench.slack);
            bench.catalog.away(true);
            CompletableFuture<List<Incident>> noted =
                    bench.run(sync).report().handle((report, failure) -> bench.open());
            assertThat(noted).as("it is still trying").isNotDone();
            bench.pass(Duration.ofMinutes(30));
            assertThat(noted.join())
                    .extracting(incident -> incident.key().topic())
                    .containsExactly(Topic.RUN);
        }
    }

    private static void await(CountDownLatch latch, Duration atMost) {
        try {
            boolean unused = latch.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
