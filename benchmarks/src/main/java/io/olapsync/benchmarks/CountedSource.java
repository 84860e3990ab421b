package io.olapsync.benchmarks;

import io.olapsync.spi.EventSource;
import io.olapsync.spi.EventsUnavailableException;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A source as it is, which tells the warehouse what has been committed, and the benchmark when the last is acknowledged. */
final class CountedSource implements EventSource {

    private static final Duration LIMIT = Duration.ofMinutes(5);

    private final EventSource source;
    private final EventWarehouse warehouse;
    private final long expected;
    private long delivered;
    private long acknowledged;
    private long lastRead;
    private long lastAcknowledged;

    CountedSource(EventSource source, EventWarehouse warehouse, long expected) {
        this.source = source;
        this.warehouse = warehouse;
        this.expected = expected;
    }

    synchronized long acknowledged() {
        return acknowledged;
    }

    /** How long after the last read that brought anything the last message was acknowledged. */
    synchronized Duration sinceLastRead() {
        return Duration.ofNanos(lastAcknowledged - lastRead);
    }

    /** Blocks until all expected messages are acknowledged, or for five minutes. */
    void awaitAll() throws InterruptedException {
        awaitAcknowledged(expected);
    }

    /** Blocks until so many messages are acknowledged, or for five minutes. */
    void awaitAcknowledged(long count) throws InterruptedException {
        await(() -> acknowledged >= count);
    }

    /** Blocks until so many messages were delivered, or for five minutes. */
    void awaitDelivered(long count) throws InterruptedException {
        await(() -> delivered >= count);
    }

    private synchronized void await(BooleanSupplier reached) throws InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!reached.getAsBoolean()) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new IllegalStateException("in " + LIMIT + " " + delivered + " of " + expected
                        + " were delivered and " + acknowledged + " acknowledged");
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }

    @Override
    public String name() {
        return source.name();
    }

    @Override
    public Batch poll(int most, Duration wait) throws EventsUnavailableException {
        Batch batch = source.poll(most, wait);
        if (!batch.events().isEmpty()) {
            warehouse.committed(
                    batch.events().get(batch.events().size() - 1).transaction().orElseThrow());
        }
        synchronized (this) {
            delivered += batch.events().size();
            lastRead = batch.events().isEmpty() ? lastRead : System.nanoTime();
            notifyAll();
        }
        return batch;
    }

    @Override
    public void gapRecorded() throws EventsUnavailableException {
        source.gapRecorded();
    }

    @Override
    public void acknowledge(Collection<String> ids) throws EventsUnavailableException {
        source.acknowledge(ids);
        synchronized (this) {
            acknowledged += ids.size();
            lastAcknowledged = System.nanoTime();
            notifyAll();
        }
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
