package io.olapsync.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.EventSource;
import io.olapsync.spi.EventSource.Batch;
import io.olapsync.spi.EventSource.SetAside;
import io.olapsync.spi.EventsUnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;

/** A queue that nobody has read from yet, and consumers of it. */
abstract class EventSourceFixture {

    static final Duration NONE = Duration.ZERO;
    static final Duration LONG = Duration.ofSeconds(30);

    private final List<EventSource> opened = new ArrayList<>();

    /** One more consumer of the queue, as another process would open it. The contract closes it. */
    protected abstract EventSource open();

    /** Sends a message, not through any of the sources, and returns the transaction id it carries, if it carries one. */
    protected abstract OptionalLong send(String type, String payload);

    /** Sends a message that nobody can understand. */
    protected abstract void sendMalformed();

    /**
     * Removes every message from the queue, in a way that a source can notice: those delivered and those not. There is at
     * least one of each. Where {@link #canLose} is false, this is never called.
     */
    protected abstract void cut();

    /** Whether messages of this queue can vanish otherwise than by being acknowledged. */
    protected boolean canLose() {
        return true;
    }

    /** The time that {@link EventSource#patience()} is measured in goes on by this much. */
    protected abstract void elapse(Duration time);

    /** After how many deliveries a message is not delivered once more but set aside. */
    protected abstract int maxDeliveries();

    /** How many messages have been delivered and neither acknowledged nor set aside, over all consumers. */
    protected abstract long unacknowledged();

    /** How many messages an operator finds set aside. */
    protected abstract long foundSetAside();

    /** The process of this consumer is gone without having closed it. Nothing is asked of it any more. */
    protected void die(EventSource consumer) {}

    /** None of the sources reaches the queue any more; {@link #send} may reach it or not. */
    protected abstract void loseQueue();

    /** The queue can be reached again, and has lost nothing. */
    protected abstract void restoreQueue();

    @AfterEach
    final void closeConsumers() {
        opened.forEach(EventSource::close);
    }

    /** A consumer; the first one may find a gap. */
    final EventSource newConsumer() {
        EventSource source = open();
        opened.add(source);
        return source;
    }

    /** A consumer that has no gap to tell of. */
    final EventSource consumer() throws Exception {
        EventSource source = newConsumer();
        Batch first = source.poll(1, NONE);
        assertThat(first.events())
                .as("consumers are opened before messages are sent")
                .isEmpty();
        if (first.gap()) {
            source.gapRecorded();
        }
        return source;
    }

    final void sendMany(int count) {
        for (int i = 0; i < count; i++) {
            send("numbered", Integer.toString(i));
        }
    }

    /** Polls without waiting until this many messages have come; more is a failure. */
    static List<ChangeEvent> take(EventSource source, int count) throws Exception {
        List<ChangeEvent> taken = new ArrayList<>();
        pollUntil(source, Math.max(1, count), batch -> taken.addAll(batch.events()) && taken.size() >= count);
        assertThat(taken).hasSize(count);
        return taken;
    }

    /** Polls until a batch satisfies this; every batch is shown to it. */
    static Batch pollUntil(EventSource source, int most, Predicate<Batch> enough) throws Exception {
        long deadline = System.nanoTime() + LONG.toNanos();
        while (true) {
            Batch batch = source.poll(most, NONE);
            if (enough.test(batch)) {
                return batch;
            }
            assertThat(System.nanoTime()).as("what was waited for came in time").isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
        }
    }

    /** Polls so often that whatever there is has come: a source may look at its parts in turn. */
    static List<ChangeEvent> drain(EventSource source, int most) throws Exception {
        List<ChangeEvent> taken = new ArrayList<>();
        for (int empty = 0; empty < 3; ) {
            Batch batch = source.poll(most, NONE);
            assertThat(batch.events()).hasSizeLessThanOrEqualTo(most);
            taken.addAll(batch.events());
            empty = batch.events().isEmpty() && batch.setAside().isEmpty() ? empty + 1 : 0;
        }
        return taken;
    }

    /** The same for what is set aside. */
    static List<SetAside> drainSetAside(EventSource source) throws Exception {
        List<SetAside> all = new ArrayList<>();
        for (int empty = 0; empty < 3; ) {
            Batch batch = source.poll(10, NONE);
            all.addAll(batch.setAside());
            empty = batch.events().isEmpty() && batch.setAside().isEmpty() ? empty + 1 : 0;
        }
        return all;
    }

    static List<String> ids(List<ChangeEvent> events) {
        return events.stream().map(ChangeEvent::id).toList();
    }

    static List<String> payloads(List<ChangeEvent> events) {
        return events.stream().map(ChangeEvent::payload).toList();
    }

    /** What may fail for a moment while connections come back. */
    interface Attempt<T> {
        T call() throws EventsUnavailableException;
    }

    /** Again until it succeeds, as the engine does. */
    static <T> T persist(Attempt<T> attempt) throws EventsUnavailableException {
        long deadline = System.nanoTime() + LONG.toNanos();
        while (true) {
            try {
                return attempt.call();
            } catch (EventsUnavailableException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
            }
        }
    }
}
