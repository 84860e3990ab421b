package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.RefreshOptions;
import io.olapsync.SyncHealth;
import io.olapsync.SyncPlan;
import io.olapsync.spi.EventSource;
import io.olapsync.spi.EventsUnavailableException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewStates;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.fakes.InMemoryEventSource;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import io.olapsync.testkit.fakes.InMemoryQueue;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
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
        try (Events events = new Events()) {
            for (int second = 0; second < 600; second++) {
                events.send("case_created");
                events.pass(1);
            }
            assertThat(events.refreshes("fact")).isBetween(9, 11);
            events.pass(60);
            assertThat(events.queue.unacknowledged()).isEmpty();
        }
    }

    @Test
    void burst_costs_one_refresh_of_what_it_concerns_after_what_that_reads() {
        try (Events events = new Events()) {
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
        try (Events events = new Events()) {
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
        try (Events events = new Events()) {
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
        try (Events events = new Events()) {
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
        try (Events events = new Events()) {
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
        try (Events events = new Events()) {
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
        try (Events events = new Events()) {
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
    void event_interval_defers_and_never_drops() {
        try (Events events = new Events(builder -> builder.eventInterval(Duration.ofMinutes(5)))) {
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
        try (Events events = new Events()) {
            events.queue.send("case_archived");
            events.pass(2);
            assertThat(events.queue.unacknowledged()).isEmpty();
            assertThat(events.source().unknown()).isOne();
            assertThat(events.refreshes("fact")).isZero();
        }
    }

    @Test
    void gap_has_every_mapped_view_refreshed_before_it_is_forgotten() {
        try (Events events = new Events()) {
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
        try (Events events = new Events()) {
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
                        .events(new Unblocking(queue.open())))
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
    void paused_view_keeps_its_events_until_it_is_resumed() throws Exception {
        try (Events events = new Events()) {
            events.engine.sync.pause("migration", "fact");
            events.send("case_created");
            events.pass(120);
            assertThat(events.refreshes("fact")).isZero();
            assertThat(events.queue.unacknowledged()).hasSize(1);
            events.engine.sync.resume("fact");
            events.pass(31);
            assertThat(events.refreshes("fact")).isOne();
            assertThat(events.queue.unacknowledged()).isEmpty();
        }
    }

    @Test
    void two_processes_that_share_a_burst_refresh_once() {
        try (Events events = new Events()) {
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
        try (Events events = new Events()) {
            queue = events.queue;
            events.send("case_created");
            events.pass(2);
        }
        assertThat(queue.unacknowledged()).hasSize(1);
    }

    /** An engine that reads a queue, on a manual clock. */
    private static final class Events implements AutoCloseable {

        final VirtualEngine engine;
        final InMemoryQueue queue;

        Events() {
            this(builder -> builder);
        }

        Events(UnaryOperator<OlapSync.Builder> options) {
            InMemoryQueue[] opened = new InMemoryQueue[1];
            engine = new VirtualEngine(STAR, (clock, builder) -> {
                opened[0] = new InMemoryQueue(clock).gapRecorded();
                return options.apply(builder.install(registry -> registry.events(new Unblocking(opened[0].open()))));
            });
            queue = opened[0];
            engine.sync.start();
        }

        OlapSync another() {
            OlapSync other = OlapSync.builder(STAR)
                    .install(engine.fakes)
                    .install(registry -> registry.events(new Unblocking(queue.open())))
                    .listener(engine.events::add)
                    .clock(engine.clock)
                    .executor(engine.clock.sameThread())
                    .scheduler(engine.clock.scheduler())
                    .build();
            other.start();
            return other;
        }

        long commit() {
            return engine.fakes.warehouse().commit();
        }

        void send(String type) {
            queue.send(type, commit());
        }

        void pass(int seconds) {
            for (int i = 0; i < seconds; i++) {
                engine.clock.advance(Duration.ofSeconds(1));
            }
        }

        SyncHealth.Source source() {
            return engine.sync.health().sources().get(0);
        }

        /** The views that were refreshed, in order. */
        List<String> steps() {
            return engine.events.stream()
                    .filter(SyncEvent.StepFinished.class::isInstance)
                    .map(SyncEvent.StepFinished.class::cast)
                    .filter(step -> step.outcome() instanceof StepOutcome.Refreshed)
                    .map(SyncEvent.StepFinished::step)
                    .toList();
        }

        int refreshes(String view) {
            return (int) steps().stream().filter(view::equals).count();
        }

        @Override
        public void close() {
            engine.close();
        }
    }

    /** Never waits for a message: on a manual clock nothing comes while the thread waits. */
    private record Unblocking(InMemoryEventSource source) implements EventSource {

        @Override
        public String name() {
            return source.name();
        }

        @Override
        public Batch poll(int most, Duration wait) throws EventsUnavailableException {
            return source.poll(most, Duration.ZERO);
        }

        @Override
        public void gapRecorded() throws EventsUnavailableException {
            source.gapRecorded();
        }

        @Override
        public void acknowledge(Collection<String> ids) throws EventsUnavailableException {
            source.acknowledge(ids);
        }

        @Override
        public void keep(Collection<String> ids) throws EventsUnavailableException {
            source.keep(ids);
        }

        @Override
        public Duration patience() {
            return source.patience();
        }

        @Override
        public void close() {
            source.close();
        }
    }
}
