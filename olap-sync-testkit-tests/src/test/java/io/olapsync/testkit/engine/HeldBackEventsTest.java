package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.Selection;
import io.olapsync.SyncPlan;
import io.olapsync.SyncRequest;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RefreshOrder;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewStates;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import io.olapsync.testkit.fakes.InMemoryQueue;
import io.olapsync.testkit.fakes.UnblockingEventSource;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What events demand of views that are not refreshed for a while, and what that costs the other views: nothing. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HeldBackEventsTest {

    private static final int MORE_THAN_FIT = 120_000;

    private static final SyncPlan PLAN = SyncPlan.named("held")
            .view("dim")
            .view("fact", v -> v.after("dim"))
            .view("other")
            .onEvent("case_created", "fact")
            .onEvent("paid", "other")
            .onEvent("both", "fact", "other")
            .build();

    private static final ViewName FACT = view("fact");

    private static List<RefreshOrder> orders(VirtualEvents events) {
        return events.engine.fakes.warehouse().orders(List.of(FACT, view("other"), view("dim")));
    }

    private static void flood(VirtualEvents events, String type) {
        long transaction = events.commit();
        for (int i = 0; i < MORE_THAN_FIT; i++) {
            events.queue.send(type, transaction);
        }
    }

    @Test
    void paused_views_events_become_one_order_that_its_resumption_fulfils() throws Exception {
        try (VirtualEvents events = new VirtualEvents(PLAN)) {
            events.engine.sync.pause("migration", "fact");
            for (int minute = 0; minute < 10; minute++) {
                events.send("both");
                events.pass(60);
            }
            assertThat(events.queue.unacknowledged()).isEmpty();
            assertThat(orders(events)).extracting(RefreshOrder::view).containsExactly(FACT);
            assertThat(events.refreshes("fact")).isZero();
            assertThat(events.refreshes("other")).isEqualTo(10);

            events.engine.sync.resume("fact");
            events.pass(31);

            assertThat(events.refreshes("fact")).isOne();
            assertThat(orders(events)).isEmpty();
        }
    }

    @Test
    void order_that_stands_for_events_outlives_the_process_that_made_it() throws Exception {
        try (VirtualEvents events = new VirtualEvents(PLAN)) {
            events.engine.sync.pause("migration", "fact");
            events.send("case_created");
            events.pass(60);
            events.engine.sync.close();
            assertThat(events.queue.unacknowledged()).isEmpty();
            try (OlapSync next = events.another()) {
                next.resume("fact");
                events.pass(31);
            }
            assertThat(events.refreshes("fact")).isOne();
            assertThat(orders(events)).isEmpty();
        }
    }

    @Test
    void event_whose_transaction_is_still_open_is_kept_by_the_queue_and_not_as_an_order() throws Exception {
        try (VirtualEvents events = new VirtualEvents(PLAN)) {
            events.engine.sync.pause("migration", "fact");
            long open = events.commit() + 100;
            events.queue.send("case_created", open);
            events.pass(120);
            assertThat(events.queue.unacknowledged())
                    .as("no order could ask for it")
                    .hasSize(1);
            assertThat(orders(events)).isEmpty();

            events.send("case_created");
            events.pass(120);
            assertThat(events.queue.unacknowledged())
                    .as("of the other one it could")
                    .hasSize(1);
            assertThat(orders(events)).hasSize(1);
        }
    }

    @Test
    void events_of_a_paused_view_do_not_stop_those_of_others_however_many_they_are() throws Exception {
        try (VirtualEvents events = new VirtualEvents(PLAN)) {
            events.engine.sync.pause("migration", "fact");
            flood(events, "case_created");
            events.send("paid");
            events.pass(90);
            assertThat(events.refreshes("other")).isOne();
            assertThat(events.queue.unacknowledged()).isEmpty();
            assertThat(orders(events)).extracting(RefreshOrder::view).containsExactly(FACT);
        }
    }

    @Test
    void events_of_a_suspended_view_do_not_stop_those_of_others() throws Exception {
        try (VirtualEvents events = new VirtualEvents(PLAN)) {
            events.engine.fakes.warehouse().failed(List.of(FACT), 1);
            flood(events, "case_created");
            events.send("paid");
            events.pass(90);
            assertThat(events.refreshes("other")).isOne();

            events.engine.runFull();
            events.pass(31);
            assertThat(orders(events)).as("a full sync ends the suspension").isEmpty();
        }
    }

    @Test
    void events_of_a_view_that_fails_again_and_again_do_not_stop_those_of_others() {
        try (VirtualEvents events = new VirtualEvents(PLAN)) {
            events.engine.fakes.executor().fail(FACT, Kind.TRANSIENT, 3);
            flood(events, "case_created");
            events.send("paid");
            events.pass(90);
            assertThat(events.refreshes("other")).isOne();
            assertThat(events.refreshes("fact")).isZero();
            events.pass(1000);
            assertThat(events.refreshes("fact")).isPositive();
            assertThat(events.queue.unacknowledged()).isEmpty();
            assertThat(orders(events)).isEmpty();
        }
    }

    @Test
    void events_are_read_on_as_soon_as_a_refresh_has_made_room() {
        try (VirtualEvents events = new VirtualEvents(PLAN)) {
            flood(events, "case_created");
            while (events.refreshes("fact") == 0) {
                events.engine.clock.advance(Duration.ofMillis(1));
            }
            events.engine.clock.advance(Duration.ofMillis(1));
            assertThat(events.queue.undelivered()).isEmpty();
            assertThat(events.queue.unacknowledged()).isEmpty();
        }
    }

    @Test
    void order_that_a_refresh_has_covered_before_it_is_due_is_forgotten_at_the_next_look() throws Exception {
        try (VirtualEvents events = new VirtualEvents(PLAN)) {
            events.engine.fakes.warehouse().order(List.of(FACT), Duration.ofHours(1), "test");
            events.pass(31);
            assertThat(orders(events)).hasSize(1);
            events.engine.runFull();
            events.pass(31);
            assertThat(orders(events)).isEmpty();
            assertThat(events.refreshes("fact")).isOne();
        }
    }

    @Test
    void order_stays_while_a_view_beneath_is_paused_and_costs_no_runs() throws Exception {
        try (VirtualEvents events = new VirtualEvents(PLAN)) {
            events.engine.runFull();
            events.engine.sync.pause("migration", "dim");
            events.queue.lose();
            events.pass(60);
            assertThat(events.refreshes("fact")).isEqualTo(2);
            assertThat(orders(events)).as("fact shows an old dim").hasSize(1);
            long runs = runs(events);
            events.pass(300);
            assertThat(runs(events)).isEqualTo(runs);

            events.engine.fakes.warehouse().sourceRows(view("dim"), 7);
            events.engine.sync.resume("dim");
            events.pass(40);

            assertThat(events.refreshes("dim")).isEqualTo(2);
            assertThat(events.refreshes("fact")).isEqualTo(3);
            assertThat(orders(events)).isEmpty();
        }
    }

    @Test
    void event_that_only_a_paused_view_beneath_keeps_from_being_shown_becomes_an_order() throws Exception {
        try (VirtualEvents events = new VirtualEvents(PLAN)) {
            events.engine.runFull();
            events.engine.sync.pause("migration", "dim");
            events.send("case_created");
            events.pass(60);
            assertThat(events.refreshes("fact")).as("on what there is").isEqualTo(2);
            assertThat(events.queue.unacknowledged()).isEmpty();
            assertThat(orders(events)).hasSize(1);
            events.pass(600);
            assertThat(events.refreshes("fact")).isEqualTo(2);

            events.send("case_created");
            events.pass(60);
            assertThat(events.refreshes("fact")).as("a further one").isEqualTo(3);
            assertThat(orders(events)).hasSize(1);

            events.engine.sync.resume("dim");
            events.pass(40);
            assertThat(events.refreshes("dim")).isEqualTo(2);
            assertThat(orders(events)).isEmpty();
        }
    }

    @Test
    void paused_view_beneath_that_was_never_refreshed_causes_no_storm() throws Exception {
        try (VirtualEvents events = new VirtualEvents(PLAN)) {
            events.engine.finish(events.engine.sync.submit(SyncRequest.of(Selection.parse("fact"))));
            events.engine.sync.pause("migration", "dim");
            events.send("case_created");
            events.pass(60);
            assertThat(events.refreshes("fact")).isEqualTo(2);
            events.pass(600);
            assertThat(events.refreshes("fact")).isEqualTo(2);
            events.engine.fakes.warehouse().sourceRows(view("dim"), 7);
            events.engine.sync.resume("dim");
            events.pass(60);
            assertThat(events.refreshes("dim")).isOne();
            assertThat(events.refreshes("fact")).isEqualTo(3);
            assertThat(events.queue.unacknowledged()).isEmpty();
            assertThat(orders(events)).isEmpty();
        }
    }

    @Test
    void store_that_cannot_take_the_order_leaves_the_events_where_they_are() {
        ManualClock clock = ManualClock.at("2026-03-01T03:00:00Z");
        InMemoryPlugin fakes = new InMemoryPlugin(clock);
        InMemoryQueue queue = new InMemoryQueue(clock).gapRecorded();
        AtomicBoolean full = new AtomicBoolean(true);
        ViewStates states = (ViewStates) Proxy.newProxyInstance(
                ViewStates.class.getClassLoader(), new Class<?>[] {ViewStates.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("order") && full.get()) {
                        throw new RefreshException(Kind.TRANSIENT, "the disk is full", null);
                    }
                    return method.invoke(fakes.warehouse(), arguments);
                });
        try (OlapSync sync = OlapSync.builder(PLAN)
                .install(registry -> registry.executor(fakes.executor())
                        .locks(fakes.locks())
                        .states(states)
                        .history(fakes.history())
                        .events(new UnblockingEventSource(queue.open())))
                .clock(clock)
                .executor(clock.sameThread())
                .scheduler(clock.scheduler())
                .build()) {
            fakes.warehouse().pause(List.of(FACT), "migration");
            sync.start();
            queue.send("case_created", fakes.warehouse().commit());
            clock.advance(Duration.ofMinutes(2));
            assertThat(queue.unacknowledged()).hasSize(1);

            full.set(false);
            clock.advance(Duration.ofMinutes(1));
            assertThat(queue.unacknowledged()).isEmpty();
            assertThat(fakes.warehouse().orders(List.of(FACT))).hasSize(1);
        }
    }

    private static long runs(VirtualEvents events) {
        return events.engine.events.stream()
                .filter(SyncEvent.RunStarted.class::isInstance)
                .count();
    }
}
