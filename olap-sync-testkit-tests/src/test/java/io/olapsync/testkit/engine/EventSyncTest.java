package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.RefreshOptions;
import io.olapsync.SyncPlan;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.SyncListener;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewStates;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import io.olapsync.testkit.fakes.InMemoryQueue;
import io.olapsync.testkit.fakes.UnblockingEventSource;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EventSyncTest {

    private static final SyncPlan STAR = SyncPlan.named("star")
            .view("dim")
            .view("fact", v -> v.after("dim"))
            .view("cash", v -> v.after("dim"))
            .onEvent("case_created", "fact")
            .onEvent("performance_recorded", "fact", "cash")
            .build();

    private static final ViewName CASH = view("cash");

    @Test
    void continuous_events_cost_one_refresh_per_longest_wait() {
        try (VirtualEvents events = new VirtualEvents(STAR)) {
            Map<String, Integer> sent = new HashMap<>();
            for (int second = 0; second < 600; second++) {
                sent.put(events.send("case_created"), second);
                events.pass(1);
                int now = second;
                assertThat(events.queue.unacknowledged())
                        .as("after %d s, a second for the poll", now)
                        .allMatch(id -> now - sent.get(id) <= 60);
            }
            assertThat(events.refreshes("fact")).isBetween(9, 11);
            events.pass(60);
            assertThat(events.queue.unacknowledged()).isEmpty();
        }
    }

    @Test
    void burst_costs_one_refresh_of_what_it_concerns_after_what_that_reads() {
        try (VirtualEvents events = new VirtualEvents(STAR)) {
            for (int i = 0; i < 50; i++) {
                events.send("case_created");
            }
            events.pass(5);
            assertThat(events.refreshes("fact")).isZero();
            events.pass(10);
            assertThat(events.steps()).containsExactly("dim", "fact");
            assertThat(events.queue.unacknowledged()).isEmpty();
        }
    }

    @Test
    void event_for_two_views_is_acknowledged_once_both_cover_it() {
        try (VirtualEvents events = new VirtualEvents(STAR)) {
            events.engine.fakes.executor().fail(CASH, Kind.PERMANENT, 1);
            events.send("performance_recorded");
            events.pass(15);
            assertThat(events.refreshes("fact")).isOne();
            assertThat(events.queue.unacknowledged()).hasSize(1);
            events.pass(330);
            assertThat(events.refreshes("fact")).isOne();
            assertThat(events.refreshes("cash")).isOne();
            assertThat(events.queue.unacknowledged()).isEmpty();
        }
    }

    @Test
    void view_that_fails_and_is_tried_again_does_not_hold_up_the_others_of_its_run() {
        try (VirtualEvents events = new VirtualEvents(STAR)) {
            events.engine.fakes.executor().fail(CASH, Kind.TRANSIENT, 3);
            events.send("performance_recorded");
            events.pass(15);
            assertThat(events.refreshes("fact")).isOne();
            events.send("case_created");
            events.pass(15);
            assertThat(events.refreshes("fact")).isEqualTo(2);
            assertThat(events.refreshes("cash")).isZero();
            assertThat(events.queue.unacknowledged()).hasSize(1);
            events.pass(1000);
            assertThat(events.refreshes("cash")).isOne();
            assertThat(events.queue.unacknowledged()).isEmpty();
        }
    }

    @Test
    void event_that_a_refresh_has_covered_meanwhile_costs_none() {
        try (VirtualEvents events = new VirtualEvents(STAR)) {
            events.send("case_created");
            events.pass(2);
            events.engine.runFull();
            events.pass(30);
            assertThat(events.refreshes("fact")).isOne();
            assertThat(events.queue.unacknowledged()).isEmpty();
        }
    }

    @Test
    void event_that_is_covered_when_it_arrives_costs_none() {
        try (VirtualEvents events = new VirtualEvents(STAR)) {
            long transaction = events.commit();
            events.engine.runFull();
            events.queue.send("case_created", transaction);
            events.pass(2);
            assertThat(events.queue.unacknowledged()).isEmpty();
            events.pass(60);
            assertThat(events.refreshes("fact")).isOne();
        }
    }

    @Test
    void event_without_a_transaction_needs_a_refresh_that_begins_after_it_was_read() {
        try (VirtualEvents events = new VirtualEvents(STAR)) {
            events.engine.runFull();
            events.commit();
            events.queue.send("case_created", OptionalLong.empty(), "");
            events.pass(15);
            assertThat(events.refreshes("fact")).isEqualTo(2);
            assertThat(events.queue.unacknowledged()).isEmpty();
        }
    }

    @Test
    void view_that_was_read_before_its_dimension_knew_is_refreshed_again() {
        try (VirtualEvents events = new VirtualEvents(STAR)) {
            events.engine.fakes.warehouse().sourceRows(view("dim"), 1);
            events.engine.runFull();
            events.engine.fakes.warehouse().sourceRows(view("dim"), 2);
            long transaction = events.commit();
            events.engine.sync.refresh(RefreshOptions.DEFAULTS.forced().withoutAncestors(), "fact");
            assertThat(events.refreshes("dim")).isOne();
            events.queue.send("case_created", transaction);
            events.pass(15);
            assertThat(events.refreshes("dim")).isEqualTo(2);
            assertThat(events.refreshes("fact")).isEqualTo(3);
            assertThat(events.queue.unacknowledged()).isEmpty();
        }
    }

    @Test
    void view_left_behind_again_just_after_a_refresh_is_given_a_debounce() {
        try (VirtualEvents events = new VirtualEvents(STAR)) {
            events.engine.runFull();
            events.engine.fakes.warehouse().sourceRows(view("dim"), 2);
            events.send("case_created");
            events.pass(12);
            assertThat(events.refreshes("fact")).as("and cash is behind").isEqualTo(2);
            events.pass(7);
            refreshAlone(events, "cash");
            events.engine.fakes.warehouse().sourceRows(view("dim"), 3);
            refreshAlone(events, "dim");
            assertThat(events.refreshes("cash")).isEqualTo(2);
            events.pass(8);
            assertThat(events.refreshes("cash")).as("it was refreshed 8 s ago").isEqualTo(2);
            events.pass(6);
            assertThat(events.refreshes("cash")).isEqualTo(3);
        }
    }

    @Test
    void event_that_a_refresh_on_an_old_dimension_does_not_show_is_given_a_debounce() {
        try (VirtualEvents events = new VirtualEvents(STAR)) {
            events.engine.runFull();
            events.engine.fakes.warehouse().sourceRows(view("dim"), 2);
            events.send("case_created");
            events.pass(9);
            refreshAlone(events, "fact");
            assertGivenADebounce(events);
        }
    }

    @Test
    void overdue_events_that_a_refresh_on_an_old_dimension_does_not_show_are_given_a_debounce_too() {
        try (VirtualEvents events = new VirtualEvents(STAR)) {
            events.engine.runFull();
            events.engine.fakes.warehouse().sourceRows(view("dim"), 2);
            for (int second = 0; second < 55; second++) {
                events.send("case_created");
                events.pass(1);
            }
            refreshAlone(events, "fact");
            assertGivenADebounce(events);
        }
    }

    @Test
    void run_that_finds_its_overdue_events_shown_meanwhile_leaves_the_others_a_debounce() {
        List<Runnable> meanwhile = new ArrayList<>();
        SyncListener other = event -> {
            if (event instanceof SyncEvent.StepFinished step && step.step().equals("dim")) {
                List<Runnable> now = List.copyOf(meanwhile);
                meanwhile.clear();
                now.forEach(Runnable::run);
            }
        };
        try (VirtualEvents events = new VirtualEvents(STAR, builder -> builder.listener(other))) {
            events.engine.runFull();
            for (int second = 0; second < 59; second++) {
                events.send("case_created");
                events.pass(1);
            }
            long open = events.commit() + 3;
            events.queue.send("case_created", open);
            meanwhile.add(() -> {
                refreshAlone(events, "fact");
                while (events.commit() < open) {}
            });
            events.pass(3);
            assertThat(meanwhile).as("the run has begun").isEmpty();
            assertThat(events.refreshes("fact")).as("by somebody else").isEqualTo(2);
            events.pass(6);
            assertThat(events.refreshes("fact")).isEqualTo(2);
            events.pass(15);
            assertThat(events.refreshes("fact")).isEqualTo(3);
            assertThat(events.queue.unacknowledged()).isEmpty();
        }
    }

    /** The fact, which was refreshed for the second time just now. */
    private static void assertGivenADebounce(VirtualEvents events) {
        events.pass(8);
        assertThat(events.refreshes("fact")).as("it was refreshed 8 s ago").isEqualTo(2);
        events.pass(4);
        assertThat(events.refreshes("fact")).isEqualTo(3);
        assertThat(events.queue.unacknowledged()).isEmpty();
    }

    private static void refreshAlone(VirtualEvents events, String view) {
        events.engine.sync.refresh(RefreshOptions.DEFAULTS.forced().withoutAncestors(), view);
    }

    @Test
    void event_interval_defers_and_never_drops() {
        try (VirtualEvents events = new VirtualEvents(STAR, builder -> builder.eventInterval(Duration.ofMinutes(5)))) {
            events.engine.runFull();
            events.pass(280);
            events.send("case_created");
            events.pass(19);
            assertThat(events.refreshes("fact")).isOne();
            events.pass(3);
            assertThat(events.refreshes("fact")).isEqualTo(2);
            events.pass(600);
            assertThat(events.refreshes("fact")).isEqualTo(2);
            assertThat(events.queue.unacknowledged()).isEmpty();
        }
    }

    @Test
    void event_of_an_unknown_type_is_acknowledged_and_counted() {
        try (VirtualEvents events = new VirtualEvents(STAR)) {
            events.queue.send("case_archived");
            events.pass(2);
            assertThat(events.queue.unacknowledged()).isEmpty();
            assertThat(events.source().unknown()).isOne();
            assertThat(events.refreshes("fact")).isZero();
        }
    }

    @Test
    void gap_has_every_mapped_view_refreshed_before_it_is_forgotten() {
        try (VirtualEvents events = new VirtualEvents(STAR)) {
            events.engine.runFull();
            events.queue.lose();
            events.pass(5);
            assertThat(events.refreshes("fact")).isEqualTo(2);
            assertThat(events.refreshes("cash")).isEqualTo(2);
            events.pass(120);
            assertThat(events.refreshes("fact")).isEqualTo(2);
        }
    }

    @Test
    void source_that_is_away_is_told_in_health_and_read_again() {
        try (VirtualEvents events = new VirtualEvents(STAR)) {
            events.queue.away(true);
            events.pass(10);
            assertThat(events.source().problem()).isPresent();
            events.queue.away(false);
            events.send("case_created");
            events.pass(20);
            assertThat(events.source().problem()).isEmpty();
            assertThat(events.refreshes("fact")).isOne();
            assertThat(events.queue.unacknowledged()).isEmpty();
        }
    }

    @Test
    void answer_of_the_store_that_nobody_expects_does_not_end_the_loop() {
        ManualClock clock = ManualClock.at("2026-03-01T03:00:00Z");
        InMemoryPlugin fakes = new InMemoryPlugin(clock);
        InMemoryQueue queue = new InMemoryQueue(clock).gapRecorded();
        AtomicInteger asked = new AtomicInteger();
        ViewStates absentMinded = (ViewStates) Proxy.newProxyInstance(
                ViewStates.class.getClassLoader(), new Class<?>[] {ViewStates.class}, (proxy, method, arguments) -> {
                    boolean forgets = method.getName().equals("controls") && asked.getAndIncrement() == 0;
                    return forgets ? null : method.invoke(fakes.warehouse(), arguments);
                });
        try (OlapSync sync = OlapSync.builder(STAR)
                .install(registry -> registry.executor(fakes.executor())
                        .locks(fakes.locks())
                        .states(absentMinded)
                        .history(fakes.history())
                        .events(new UnblockingEventSource(queue.open())))
                .clock(clock)
                .executor(clock.sameThread())
                .scheduler(clock.scheduler())
                .build()) {
            sync.start();
            queue.send("case_created", fakes.warehouse().commit());
            for (int second = 0; second < 30; second++) {
                clock.advance(Duration.ofSeconds(1));
            }
            assertThat(asked).hasValueGreaterThan(1);
            assertThat(queue.unacknowledged()).isEmpty();
        }
    }

    @Test
    void paused_view_is_refreshed_for_its_events_once_it_is_resumed() throws Exception {
        try (VirtualEvents events = new VirtualEvents(STAR)) {
            events.engine.sync.pause("migration", "fact");
            events.send("case_created");
            events.pass(120);
            assertThat(events.refreshes("fact")).isZero();
            events.engine.sync.resume("fact");
            events.pass(31);
            assertThat(events.refreshes("fact")).isOne();
            assertThat(events.queue.unacknowledged()).isEmpty();
        }
    }

    @Test
    void two_processes_that_share_a_burst_refresh_once() {
        try (VirtualEvents events = new VirtualEvents(STAR)) {
            try (OlapSync other = events.another()) {
                for (int second = 0; second < 30; second++) {
                    events.send("case_created");
                    events.pass(1);
                }
                events.pass(15);
                assertThat(events.refreshes("fact")).isOne();
                assertThat(events.queue.unacknowledged()).isEmpty();
            }
        }
    }

    @Test
    void closing_leaves_what_is_not_covered_to_the_next_process() {
        InMemoryQueue queue;
        try (VirtualEvents events = new VirtualEvents(STAR)) {
            queue = events.queue;
            events.send("case_created");
            events.pass(2);
        }
        assertThat(queue.unacknowledged()).hasSize(1);
    }
}
