package io.olapsync.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.spi.EventSource;
import io.olapsync.spi.EventsUnavailableException;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.fakes.FaultyStates;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import io.olapsync.testkit.fakes.InMemoryQueue;
import io.olapsync.testkit.fakes.UnblockingEventSource;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A source is a plugin: it may throw what no contract allows. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EventSourceErrorsTest {

    private static final SyncPlan PLAN = SyncPlan.named("errors")
            .view("fact")
            .onEvent("case_created", "fact")
            .build();

    /** What the source throws, by method, for as long as it is here. */
    private final Map<String, Throwable> thrown = new HashMap<>();

    private final AtomicInteger kept = new AtomicInteger();

    private VirtualEvents events() {
        return new VirtualEvents(PLAN, builder -> builder, Faulty::new);
    }

    @Test
    void source_whose_class_is_missing_a_part_is_told_in_health_and_read_again() {
        for (Error error : new Error[] {new NoClassDefFoundError("a/Plugin"), new StackOverflowError()}) {
            thrown.put("poll", error);
            try (VirtualEvents events = events()) {
                events.pass(20);
                assertThat(events.source().problem())
                        .hasValueSatisfying(problem ->
                                assertThat(problem).contains(error.getClass().getSimpleName()));

                thrown.clear();
                events.send("case_created");
                events.pass(20);

                assertThat(events.source().problem()).isEmpty();
                assertThat(events.refreshes("fact")).isOne();
                assertThat(events.queue.unacknowledged()).isEmpty();
            }
        }
    }

    @Test
    void message_whose_acknowledgement_ends_in_an_error_is_acknowledged_later() {
        thrown.put("acknowledge", new StackOverflowError());
        try (VirtualEvents events = events()) {
            events.send("case_created");
            events.pass(20);
            assertThat(events.queue.unacknowledged()).hasSize(1);
            thrown.clear();
            events.pass(5);
            assertThat(events.queue.unacknowledged()).isEmpty();
            assertThat(events.refreshes("fact")).isOne();
        }
    }

    @Test
    void messages_are_kept_also_after_keeping_them_has_ended_in_an_error() {
        thrown.put("keep", new StackOverflowError());
        thrown.put("acknowledge", new EventsUnavailableException("away", null));
        try (VirtualEvents events = events()) {
            events.send("case_created");
            events.pass((int) Duration.ofMinutes(10).toSeconds());
            thrown.remove("keep");
            events.pass((int) Duration.ofMinutes(10).toSeconds());
            assertThat(kept).hasPositiveValue();
        }
    }

    @Test
    void messages_that_nobody_could_judge_while_the_store_was_away_are_not_taken_for_poison() {
        ManualClock clock = ManualClock.at("2026-03-01T03:00:00Z");
        InMemoryPlugin fakes = new InMemoryPlugin(clock);
        FaultyStates states = new FaultyStates(fakes.warehouse());
        InMemoryQueue queue = new InMemoryQueue(clock).gapRecorded();
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
            sync.start();
            states.away(true);
            queue.send("case_created", fakes.warehouse().commit());
            clock.advance(Duration.ofHours(1));
            assertThat(queue.unacknowledged()).hasSize(1);

            states.away(false);
            clock.advance(Duration.ofMinutes(1));

            assertThat(sync.health().sources())
                    .singleElement()
                    .satisfies(source -> assertThat(source.setAside()).isZero());
            assertThat(queue.unacknowledged()).isEmpty();
            assertThat(fakes.executor().refreshed()).hasSize(1);
        }
    }

    @Test
    void gap_that_the_source_cannot_be_told_is_recorded_costs_one_refresh() {
        thrown.put("gapRecorded", new EventsUnavailableException("away", null));
        try (VirtualEvents events = events()) {
            events.queue.lose();
            events.send("case_created");
            events.pass(600);
            assertThat(events.refreshes("fact")).isOne();

            thrown.clear();
            events.pass(30);
            assertThat(events.refreshes("fact")).isOne();
            assertThat(events.queue.unacknowledged()).isEmpty();
            assertThat(events.source().problem()).isEmpty();

            events.queue.lose();
            events.pass(30);
            assertThat(events.refreshes("fact")).as("another gap").isEqualTo(2);
        }
    }

    /** Of another cluster, or from after the moment that a backup was taken. */
    @Test
    void event_of_a_transaction_that_the_store_has_never_had_is_ordered_and_not_waited_for() {
        try (VirtualEvents events = events()) {
            events.send("case_created");
            events.pass(20);
            assertThat(events.refreshes("fact")).isOne();

            events.queue.send("case_created", 1_000_000_000_000L);
            events.send("case_created");
            events.pass(600);

            assertThat(events.queue.unacknowledged()).isEmpty();
            assertThat(events.refreshes("fact"))
                    .as("one for the burst, one for the order")
                    .isEqualTo(3);
            assertThat(events.engine.sync.health().views())
                    .allSatisfy(view -> assertThat(view.pendingOrders()).isZero());
        }
    }

    @Test
    void interrupt_that_a_source_throws_is_not_swallowed() {
        thrown.put("poll", new InterruptedException());
        try (VirtualEvents events = events()) {
            assertThat(Thread.interrupted()).isTrue();
            thrown.clear();
            events.pass(10);
            assertThat(events.source().problem()).isEmpty();
        } finally {
            Thread.interrupted();
        }
    }

    @Test
    void source_that_cannot_be_closed_does_not_keep_the_engine_from_closing() {
        thrown.put("close", new StackOverflowError());
        VirtualEvents events = events();
        events.close();
        events.close();
    }

    /** The source, as long as nothing else is said. */
    private final class Faulty implements EventSource {

        private final EventSource source;

        Faulty(EventSource source) {
            this.source = source;
        }

        private <T extends Throwable> void failIfTold(String method) throws T {
            @SuppressWarnings("unchecked") // so that a checked one leaves a method that does not declare it
            T failure = (T) thrown.get(method);
            if (failure != null) {
                throw failure;
            }
        }

        @Override
        public String name() {
            return source.name();
        }

        @Override
        public Batch poll(int most, Duration wait) throws EventsUnavailableException {
            this.<RuntimeException>failIfTold("poll");
            return source.poll(most, wait);
        }

        @Override
        public void gapRecorded() throws EventsUnavailableException {
            this.<RuntimeException>failIfTold("gapRecorded");
            source.gapRecorded();
        }

        @Override
        public void acknowledge(Collection<String> ids) throws EventsUnavailableException {
            this.<RuntimeException>failIfTold("acknowledge");
            source.acknowledge(ids);
        }

        @Override
        public void keep(Collection<String> ids) throws EventsUnavailableException {
            this.<RuntimeException>failIfTold("keep");
            kept.incrementAndGet();
            source.keep(ids);
        }

        @Override
        public Duration patience() {
            return source.patience();
        }

        @Override
        public void close() {
            this.<RuntimeException>failIfTold("close");
            source.close();
        }
    }
}
