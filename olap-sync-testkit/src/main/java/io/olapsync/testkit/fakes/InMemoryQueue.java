package io.olapsync.testkit.fakes;

import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.EventPublisher;
import io.olapsync.spi.EventSource.Batch;
import io.olapsync.spi.EventSource.SetAside;
import io.olapsync.spi.EventsUnavailableException;
import io.olapsync.spi.SyncClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A queue of change events that several consumers, each like a process of its own, may {@linkplain #open open}; it can be
 * away, and lose messages.
 *
 * <p>Patience passes on the clock it is given. A poll that waits does so in real time, until a message comes, the queue is
 * away, or the source is closed. A new queue has a gap, like every other: {@link #gapRecorded()} ends that for a test that
 * is about something else.
 */
public final class InMemoryQueue {

    private final SyncClock clock;
    private final Duration patience;
    private final int maxDeliveries;
    private final Map<Long, Message> messages = new LinkedHashMap<>();
    private final List<ChangeEvent> sent = new ArrayList<>();
    private final List<SetAside> setAside = new ArrayList<>();
    private long lastId;
    private long gaps = 1;
    private long gapsRecorded;
    private long polls;
    private boolean away;

    /** A queue with a patience of 2 minutes that delivers a message at most 5 times. */
    public InMemoryQueue(SyncClock clock) {
        this(clock, Duration.ofMinutes(2), 5);
    }

    /** A queue with this patience that delivers a message at most so often. */
    public InMemoryQueue(SyncClock clock, Duration patience, int maxDeliveries) {
        if (patience.isNegative() || patience.isZero() || maxDeliveries < 1) {
            throw new IllegalArgumentException(
                    "patience and deliveries are positive, not " + patience + ", " + maxDeliveries);
        }
        this.clock = clock;
        this.patience = patience;
        this.maxDeliveries = maxDeliveries;
    }

    /** One more consumer. */
    public InMemoryEventSource open() {
        return new InMemoryEventSource(this);
    }

    /** A publisher to this queue; the ids of what it sends are the queue's. */
    public EventPublisher publisher() {
        return new EventPublisher() {
            @Override
            public void publish(List<ChangeEvent> events) throws EventsUnavailableException {
                synchronized (InMemoryQueue.this) {
                    requireThere();
                    events.forEach(event -> send(event.type(), event.transaction(), event.payload()));
                }
            }

            @Override
            public void close() {}
        };
    }

    /** Appends a message without a transaction id, also while the queue is away; returns its id. */
    public String send(String type) {
        return send(type, OptionalLong.empty(), "");
    }

    /** Appends a message that carries this transaction id, also while the queue is away; returns its id. */
    public String send(String type, long transaction) {
        return send(type, OptionalLong.of(transaction), "");
    }

    /** Appends a message, also while the queue is away; returns its id. */
    public synchronized String send(String type, OptionalLong transaction, String payload) {
        ChangeEvent event = new ChangeEvent(Long.toString(++lastId), type, transaction, payload);
        messages.put(lastId, new Message(event));
        sent.add(event);
        notifyAll();
        return event.id();
    }

    /** Appends a message that cannot be understood. */
    public synchronized void sendMalformed() {
        messages.put(++lastId, new Message(null));
        notifyAll();
    }

    /** Forgets every message that was not acknowledged, which is a gap. */
    public synchronized void lose() {
        messages.clear();
        gaps++;
    }

    /** Ends whatever gap there is, without telling anybody. */
    public synchronized InMemoryQueue gapRecorded() {
        gapsRecorded = gaps;
        return this;
    }

    /** Whether nobody reaches the queue from now on. */
    public synchronized void away(boolean isAway) {
        away = isAway;
        notifyAll();
    }

    /** Everything sent so far that could be understood, in order. */
    public synchronized List<ChangeEvent> sent() {
        return List.copyOf(sent);
    }

    /** What was set aside so far, in order. */
    public synchronized List<SetAside> setAside() {
        return List.copyOf(setAside);
    }

    /** The messages that were delivered and neither acknowledged nor set aside, by id. */
    public synchronized List<String> unacknowledged() {
        return messages.entrySet().stream()
                .filter(entry -> entry.getValue().deliveries > 0)
                .map(entry -> entry.getKey().toString())
                .toList();
    }

    /** The messages that were not delivered yet, by id. */
    public synchronized List<String> undelivered() {
        return messages.entrySet().stream()
                .filter(entry -> entry.getValue().deliveries == 0)
                .map(entry -> entry.getKey().toString())
                .toList();
    }

    /** How often a consumer has polled so far. */
    public synchronized long polls() {
        return polls;
    }

    Duration patience() {
        return patience;
    }

    synchronized Batch poll(InMemoryEventSource consumer, int most, Duration wait, BooleanSupplier closed)
            throws EventsUnavailableException {
        polls++;
        long deadline = System.nanoTime() + wait.toNanos();
        try {
            while (true) {
                Batch batch = next(consumer, most);
                long leftMillis = (deadline - System.nanoTime()) / 1_000_000;
                if (!batch.equals(Batch.EMPTY) || closed.getAsBoolean() || leftMillis <= 0) {
                    return batch;
                }
                wait(Math.min(leftMillis, 10)); // the clock of patience tells nobody when it moves
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EventsUnavailableException("interrupted while waiting for messages", e);
        }
    }

    private Batch next(InMemoryEventSource consumer, int most) throws EventsUnavailableException {
        requireThere();
        List<SetAside> aside = new ArrayList<>();
        List<ChangeEvent> events = deliver(consumer, most, aside);
        consumer.toldOf(gaps);
        return new Batch(events, gaps > gapsRecorded, aside);
    }

    private List<ChangeEvent> deliver(InMemoryEventSource consumer, int most, List<SetAside> aside) {
        List<ChangeEvent> events = new ArrayList<>();
        long now = clock.nanoTime();
        for (boolean claimed : new boolean[] {true, false}) {
            for (Iterator<Map.Entry<Long, Message>> all = messages.entrySet().iterator(); all.hasNext(); ) {
                Map.Entry<Long, Message> entry = all.next();
                Message message = entry.getValue();
                if (events.size() + aside.size() == most || !isDue(message, claimed, now)) {
                    continue;
                }
                ChangeEvent event = message.event;
                if (event == null || message.deliveries == maxDeliveries) {
                    String reason = event == null ? "malformed" : "delivered " + maxDeliveries + " times";
                    aside.add(new SetAside(entry.getKey().toString(), reason));
                    all.remove();
                } else {
                    message.deliveries++;
                    message.ownedBy(consumer, now);
                    events.add(event);
                }
            }
        }
        setAside.addAll(aside);
        return events;
    }

    private boolean isDue(Message message, boolean claimed, long now) {
        return claimed
                ? message.deliveries > 0 && now - message.sinceNanos >= patience.toNanos()
                : message.deliveries == 0;
    }

    synchronized void acknowledge(Collection<String> ids) throws EventsUnavailableException {
        requireThere();
        messages.entrySet()
                .removeIf(entry -> entry.getValue().deliveries > 0
                        && ids.contains(entry.getKey().toString()));
    }

    synchronized void keep(InMemoryEventSource consumer, Collection<String> ids) throws EventsUnavailableException {
        requireThere();
        messages.forEach((id, message) -> {
            if (message.owner == consumer && ids.contains(id.toString())) {
                message.ownedBy(consumer, clock.nanoTime());
            }
        });
    }

    synchronized void gapRecorded(long upTo) throws EventsUnavailableException {
        requireThere();
        gapsRecorded = Math.max(gapsRecorded, upTo);
    }

    synchronized void wake() {
        notifyAll();
    }

    private void requireThere() throws EventsUnavailableException {
        if (away) {
            throw new EventsUnavailableException("the queue is away", new IllegalStateException("told to be away"));
        }
    }

    /** A message that was not acknowledged; without an event where it cannot be understood. */
    private static final class Message {

        private final @Nullable ChangeEvent event;
        private @Nullable InMemoryEventSource owner;
        private int deliveries;
        private long sinceNanos;

        Message(@Nullable ChangeEvent event) {
            this.event = event;
        }

        void ownedBy(InMemoryEventSource consumer, long nanoTime) {
            owner = consumer;
            sinceNanos = nanoTime;
        }
    }
}
