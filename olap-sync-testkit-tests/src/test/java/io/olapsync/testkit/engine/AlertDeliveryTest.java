package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.Alerts;
import io.olapsync.OlapSync;
import io.olapsync.SyncHealth;
import io.olapsync.SyncReport;
import io.olapsync.notify.AlertText;
import io.olapsync.spi.Alert;
import io.olapsync.spi.NotificationException;
import io.olapsync.spi.Notifier;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.SyncClock;
import io.olapsync.testkit.fakes.FaultyNotifier;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import io.olapsync.testkit.fakes.RecordingNotifier;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** That what is to be told is told, by whom, and how often. */
class AlertDeliveryTest {

    private static final String FAILED = "[vision-olap] FAILED: mv_1 cannot be refreshed";
    private static final String RECOVERED = "[vision-olap] RECOVERED: mv_1 is refreshed again";
    private static final String STORE_AWAY = "[vision-olap] FAILED: the database cannot be asked";
    private static final String STORE_BACK = "[vision-olap] RECOVERED: the database can be asked again";

    private final AlertBench bench = new AlertBench(AlertBench.views(3));

    private FaultyNotifier faulty(Notifier target) {
        return new FaultyNotifier(target, Duration.ofMillis(50));
    }

    @Test
    void of_many_processes_one_tells() {
        try (bench) {
            List<OlapSync> replicas =
                    List.of(bench.engine(bench.slack), bench.engine(bench.slack), bench.engine(bench.slack));
            bench.fail("mv_1");
            replicas.forEach(bench::run);
            bench.pass(Duration.ofMinutes(5));
            assertThat(bench.slack.subjects()).containsExactly(FAILED);
            assertThat(bench.open().get(0).times()).isEqualTo(3);
            bench.mend("mv_1");
            bench.run(replicas.get(1));
            bench.pass(Duration.ofMinutes(5));
            assertThat(bench.slack.subjects()).containsExactly(FAILED, RECOVERED);
        }
    }

    @Test
    void failure_of_a_process_that_tells_nobody_is_told_by_another_and_so_is_its_recovery() {
        try (bench) {
            OlapSync silent = bench.engine();
            bench.engine(bench.slack);
            bench.fail("mv_1");
            bench.run(silent);
            bench.pass(Duration.ofMinutes(2));
            assertThat(bench.slack.subjects()).containsExactly(FAILED);
            bench.mend("mv_1");
            bench.run(silent);
            bench.pass(Duration.ofMinutes(2));
            assertThat(bench.slack.subjects()).containsExactly(FAILED, RECOVERED);
        }
    }

    @Test
    void restart_does_not_tell_again_and_the_next_process_tells_the_end() {
        try (bench) {
            OlapSync first = bench.engine(bench.slack);
            bench.fail("mv_1");
            bench.runAndTell(first);
            first.close();
            OlapSync second = bench.engine(bench.slack);
            bench.pass(Duration.ofMinutes(5));
            bench.runAndTell(second);
            assertThat(bench.slack.subjects()).containsExactly(FAILED);
            bench.mend("mv_1");
            bench.runAndTell(second);
            assertThat(bench.slack.subjects()).containsExactly(FAILED, RECOVERED);
        }
    }

    @Test
    void process_that_dies_between_noticing_and_telling_loses_nothing() {
        try (bench) {
            FaultyNotifier dying = faulty(bench.slack);
            dying.away();
            OlapSync first = bench.engine(dying);
            bench.fail("mv_1");
            bench.run(first);
            assertThat(bench.slack.alerts()).isEmpty();
            assertThat(bench.open()).hasSize(1); // and now it is as good as dead: it reaches nobody
            bench.engine(bench.slack);
            bench.pass(Duration.ofMinutes(5));
            assertThat(bench.slack.subjects()).containsExactly(FAILED);
        }
    }

    @Test
    void process_that_dies_between_telling_and_noting_that_is_repeated_by_another() {
        try (bench) {
            OlapSync first = bench.engine(bench.slack);
            bench.fail("mv_1");
            bench.incidents.loseTold(true);
            bench.run(first);
            bench.pass(Duration.ofMinutes(10));
            assertThat(bench.slack.subjects())
                    .as("it knows itself that it has told it")
                    .containsExactly(FAILED);
            bench.incidents.loseTold(false);
            bench.engine(bench.slack);
            first.close();
            bench.pass(Duration.ofMinutes(5));
            assertThat(bench.slack.subjects()).as("at least once").containsExactly(FAILED, FAILED);
        }
    }

    @Test
    void notifier_that_is_away_is_tried_again_and_health_says_so() {
        try (bench) {
            FaultyNotifier slack = faulty(bench.slack);
            OlapSync sync = bench.engine(slack);
            slack.away();
            bench.fail("mv_1");
            bench.run(sync);
            bench.pass(Duration.ofMinutes(20));
            assertThat(slack.calls()).as("it grows from 1 s to 5 min").isBetween(8, 16);
            assertThat(sync.health().problems()).containsExactly("alerts do not reach slack: the receiver is away");
            slack.well();
            bench.pass(Duration.ofMinutes(6));
            assertThat(bench.slack.subjects()).containsExactly(FAILED);
            assertThat(sync.health().problems()).isEmpty();
        }
    }

    @Test
    void what_is_over_before_it_could_be_told_is_not_told() {
        try (bench) {
            FaultyNotifier slack = faulty(bench.slack);
            OlapSync sync = bench.engine(slack);
            slack.away();
            bench.fail("mv_1");
            bench.runAndTell(sync);
            bench.mend("mv_1");
            bench.runAndTell(sync);
            slack.well();
            bench.pass(Duration.ofMinutes(10));
            assertThat(bench.slack.alerts()).isEmpty();
            assertThat(sync.health().problems()).isEmpty();
        }
    }

    @Test
    void receiver_that_says_when_is_not_asked_before() {
        try (bench) {
            FaultyNotifier slack = faulty(bench.slack);
            OlapSync sync = bench.engine(slack);
            slack.tooEarly(Duration.ofMinutes(10));
            bench.fail("mv_1");
            bench.run(sync);
            bench.pass(Duration.ofMinutes(1));
            slack.well();
            bench.pass(Duration.ofMinutes(9));
            assertThat(slack.calls()).isEqualTo(1);
            bench.pass(Duration.ofMinutes(2));
            assertThat(bench.slack.subjects()).containsExactly(FAILED);
        }
    }

    @Test
    void each_notifier_is_told_whatever_becomes_of_the_others() {
        try (bench) {
            RecordingNotifier mail = new RecordingNotifier("email");
            RecordingNotifier page = new RecordingNotifier("page");
            FaultyNotifier refusing = faulty(new RecordingNotifier("refusing"));
            FaultyNotifier broken = faulty(page);
            refusing.refusing();
            broken.broken();
            OlapSync sync = bench.engine(refusing, broken, bench.slack, mail);
            bench.fail("mv_1");
            bench.runAndTell(sync);
            assertThat(bench.slack.subjects()).containsExactly(FAILED);
            assertThat(mail.subjects()).containsExactly(FAILED);
            assertThat(sync.health().problems())
                    .containsExactly(
                            "alerts do not reach refusing: the receiver refuses",
                            "alerts do not reach page: it failed unexpectedly: java.lang.IllegalStateException");
            broken.well();
            bench.pass(Duration.ofMinutes(6));
            assertThat(page.subjects()).containsExactly(FAILED);
            assertThat(refusing.calls())
                    .as("what was refused is not sent over and over")
                    .isEqualTo(1);
        }
    }

    @Test
    void store_that_is_away_is_told_from_memory_and_what_fails_because_of_it_is_not() {
        try (bench) {
            OlapSync sync = bench.engine(bench.slack);
            bench.runAndTell(sync);
            away(true);
            bench.pass(Duration.ofMinutes(5));
            bench.run(sync); // and cannot begin
            bench.pass(Duration.ofMinutes(30));
            assertThat(bench.slack.subjects()).containsExactly(STORE_AWAY);
            assertThat(AlertText.body(bench.slack.alerts().get(0))).contains("since: 2026-03-01T03:0");

            away(false);
            bench.pass(Duration.ofMinutes(2));
            assertThat(bench.slack.subjects())
                    .as("nobody has made up for the run")
                    .containsExactlyInAnyOrder(STORE_AWAY, STORE_BACK, "[vision-olap] FAILED: the full sync fails");
        }
    }

    @Test
    void store_that_is_away_for_a_moment_is_not_told() {
        try (bench) {
            OlapSync sync = bench.engine(bench.slack);
            away(true);
            bench.fail("mv_1");
            bench.run(sync);
            bench.pass(Duration.ofSeconds(70));
            away(false);
            bench.pass(Duration.ofMinutes(5));
            assertThat(bench.slack.subjects()).as("nor lost").containsExactly(FAILED);
        }
    }

    @Test
    void what_was_told_from_memory_is_not_told_again_from_the_store() {
        try (bench) {
            OlapSync sync = bench.engine(Alerts.to(bench.slack).storeAwayAfter(Duration.ofHours(1)), b -> b);
            bench.incidents.away(true);
            bench.fail("mv_1");
            bench.runAndTell(sync);
            assertThat(bench.slack.subjects()).containsExactly(FAILED);
            bench.incidents.away(false);
            bench.engine(bench.slack);
            bench.pass(Duration.ofMinutes(10));
            assertThat(bench.slack.subjects()).containsExactly(FAILED);
            assertThat(bench.open().get(0).openedAt()).isEqualTo("2026-03-01T03:00:00Z");
            bench.mend("mv_1");
            bench.runAndTell(sync);
            assertThat(bench.slack.subjects()).containsExactly(FAILED, RECOVERED);
        }
    }

    @Test
    void tables_of_incidents_may_be_away_alone_and_everything_is_told_from_memory() {
        try (bench) {
            OlapSync sync = bench.engine(bench.slack);
            bench.runAndTell(sync);
            bench.incidents.away(true);
            bench.pass(Duration.ofMinutes(10));
            bench.fail("mv_1");
            bench.runAndTell(sync);
            bench.mend("mv_1");
            bench.runAndTell(sync);
            assertThat(bench.slack.subjects()).containsExactly(STORE_AWAY, FAILED, RECOVERED);
            bench.incidents.away(false);
            bench.pass(Duration.ofMinutes(10));
            assertThat(bench.slack.subjects()).containsExactly(STORE_AWAY, FAILED, RECOVERED, STORE_BACK);
        }
    }

    @Test
    void store_that_all_processes_miss_is_told_to_be_back_once() {
        try (bench) {
            bench.engine(bench.slack);
            bench.engine(bench.slack);
            bench.pass(Duration.ofMinutes(1));
            away(true);
            bench.pass(Duration.ofMinutes(30));
            assertThat(bench.slack.subjects()).as("each for itself").containsExactly(STORE_AWAY, STORE_AWAY);
            away(false);
            bench.pass(Duration.ofMinutes(10));
            assertThat(bench.slack.subjects()).containsExactly(STORE_AWAY, STORE_AWAY, STORE_BACK);
        }
    }

    private void away(boolean isAway) {
        bench.incidents.away(isAway);
        bench.states.away(isAway);
    }

    @Test
    void process_that_ends_tells_at_once_what_it_has_just_noticed() {
        try (bench) {
            OlapSync job = bench.engine(bench.slack);
            bench.fail("mv_1");
            bench.run(job);
            assertThat(bench.slack.alerts()).isEmpty();
            job.close();
            assertThat(bench.slack.subjects()).containsExactly(FAILED);
        }
    }

    @Test
    void process_without_a_place_for_incidents_tells_its_own() {
        InMemoryPlugin fakes = bench.fakes;
        bench.fail("mv_1");
        try (OlapSync sync = OlapSync.builder(bench.plan)
                .install(registry -> registry.executor(fakes.executor())
                        .locks(fakes.locks())
                        .states(fakes.warehouse())
                        .history(fakes.history()))
                .clock(bench.clock)
                .executor(bench.clock.sameThread())
                .scheduler(bench.clock.scheduler())
                .alerts(Alerts.to(bench.slack).on(bench.clock.sameThread()))
                .build()) {
            bench.runAndTell(sync);
            bench.runAndTell(sync);
            bench.mend("mv_1");
            bench.runAndTell(sync);
            assertThat(bench.slack.subjects()).containsExactly(FAILED, RECOVERED);
        }
    }

    @Test
    void notifier_that_hangs_delays_neither_a_refresh_nor_another_notifier_and_close_is_bounded() throws Exception {
        CountDownLatch hanging = new CountDownLatch(1);
        CountDownLatch told = new CountDownLatch(1);
        Notifier stuck = notifier("stuck", hanging);
        Notifier other = notifier("other", told);
        InMemoryPlugin fakes = new InMemoryPlugin(SyncClock.system());
        fakes.executor().fail(view("mv_1"), RefreshException.Kind.PERMANENT, 1);
        OlapSync sync = OlapSync.builder(bench.plan)
                .install(fakes)
                .alerts(Alerts.to(stuck, other).gathering(Duration.ZERO))
                .build();
        SyncReport failed = sync.runFull();
        assertThat(hanging.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(told.await(20, TimeUnit.SECONDS)).isTrue();
        SyncReport next = sync.runFull();
        assertThat(failed.succeeded()).isFalse();
        assertThat(next.succeeded()).isTrue();
        SyncHealth unused = sync.health();

        long began = System.nanoTime();
        sync.close();
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
    }

    /** Says that it is called; the one named "stuck" then hangs until its thread is interrupted. */
    private static Notifier notifier(String name, CountDownLatch called) {
        return new Notifier() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public void send(Alert alert) throws NotificationException {
                called.countDown();
                if (name.equals("stuck")) {
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        throw NotificationException.transientFailure("interrupted", null);
                    }
                }
            }
        };
    }
}
