package io.olapsync.jdbc.internal.outbox;

import io.olapsync.jdbc.OutboxRelay.State;
import io.olapsync.jdbc.OutboxRelay.Status;
import io.olapsync.jdbc.OutboxTable;
import io.olapsync.spi.EventsUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The background work of a relay, and what is known of it. */
public final class RelayLoop implements AutoCloseable {

    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final Duration LAST_BATCH = Duration.ofSeconds(10);
    private static final Logger LOG = LoggerFactory.getLogger(RelayLoop.class);

    private final RelayBatch batch;
    private final OutboxWake wake;
    private final OutboxPruning pruning;
    private final OutboxTable table;

    // Guarded by this.
    private @Nullable Thread thread;
    private State state = State.IDLE;
    private @Nullable String lastError;
    private long relayed;
    private long setAside;
    private @Nullable Instant lastRelayed;
    private @Nullable Duration oldest;
    private long oldestSeenNanos;

    public RelayLoop(RelayBatch batch, OutboxWake wake, OutboxPruning pruning, OutboxTable table) {
        this.batch = batch;
        this.wake = wake;
        this.pruning = pruning;
        this.table = table;
    }

    public synchronized void start() {
        if (wake.isClosed()) {
            throw new IllegalStateException("the relay of " + table.name() + " is closed");
        }
        if (thread == null) {
            thread = new Thread(this::run, "olap-sync-relay-" + table.name());
            thread.setDaemon(true);
            thread.start();
        }
    }

    public int relayOnce() throws EventsUnavailableException {
        if (wake.isClosed()) {
            return 0;
        }
        try {
            return relayed().sent();
        } catch (EventsUnavailableException | RuntimeException | Error e) {
            failed(e);
            throw e;
        }
    }

    public synchronized Status status() {
        Duration age = oldest == null ? null : oldest.plusNanos(System.nanoTime() - oldestSeenNanos);
        return new Status(
                wake.isClosed() ? State.CLOSED : state,
                Optional.ofNullable(lastError),
                relayed,
                setAside,
                Optional.ofNullable(lastRelayed),
                Optional.ofNullable(age));
    }

    @Override
    public void close() {
        wake.close();
        Thread running;
        synchronized (this) {
            running = thread;
        }
        if (running == null || running == Thread.currentThread()) {
            return;
        }
        try {
            running.join(LAST_BATCH.toMillis());
            if (running.isAlive()) {
                LOG.warn("The relay of {} still publishes after {}; interrupting it", table.name(), LAST_BATCH);
                running.interrupt();
            }
        } catch (InterruptedException e) {
            running.interrupt();
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        long pauseNanos = FIRST_PAUSE_NANOS;
        while (!wake.isClosed() && !Thread.currentThread().isInterrupted()) {
            try {
                wake.drain();
                RelayBatch.Result result = relayed();
                pauseNanos = FIRST_PAUSE_NANOS;
                if (!result.more() && !wake.listen()) {
                    wake.await(Long.MAX_VALUE);
                }
            } catch (Throwable e) { // the publisher is the host's: whatever it throws, the relay goes on
                if (e instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                }
                failed(e);
                wake.pause(pauseNanos);
                pauseNanos = Math.min(2 * pauseNanos, LONGEST_PAUSE_NANOS);
            }
        }
    }

    private RelayBatch.Result relayed() throws EventsUnavailableException {
        RelayBatch.Result result = batch.relay();
        succeeded(result);
        pruning.nowAndThen();
        return result;
    }

    private synchronized void succeeded(RelayBatch.Result result) {
        if (lastError != null) {
            LOG.info("The relay of {} gets on again", table.name());
        }
        lastError = null;
        state = result.busy() ? State.STANDING_BY : thread == null ? State.IDLE : State.RELAYING;
        relayed += result.sent();
        setAside += result.setAside();
        oldest = result.oldest().age().orElse(null);
        oldestSeenNanos = System.nanoTime();
        lastRelayed = result.sent() > 0 ? result.oldest().now() : lastRelayed;
    }

    /** A server that is away for an hour is one line, not one for each attempt. */
    private synchronized void failed(Throwable e) {
        if (!wake.isClosed() && lastError == null) {
            LOG.warn("The relay of {} does not get on, and tries again: {}", table.name(), reason(e));
        }
        LOG.debug("Why the relay of {} does not get on", table.name(), e);
        lastError = e instanceof Error ? e.toString() : String.valueOf(e.getMessage());
        state = State.FAILING;
    }

    /** What failed, and the innermost reason why, on one line. */
    private static String reason(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        String text = root == e ? e.toString() : e + ", caused by " + root;
        return text.replaceAll("\\s+", " ");
    }
}
