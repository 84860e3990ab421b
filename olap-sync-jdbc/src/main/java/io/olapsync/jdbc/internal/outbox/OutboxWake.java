package io.olapsync.jdbc.internal.outbox;

import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits until it is worth while to look at an outbox again: for an interval, or until a channel tells of news. A channel
 * that is lost costs time, never an event. Used by one thread; {@link #close()} from any ends its wait.
 */
public final class OutboxWake implements AutoCloseable {

    /** So often the table is looked at even if the channel is silent: leases run out without a word. */
    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(OutboxWake.class);

    private final DataSource dataSource;
    private final @Nullable String channel;
    private final Duration interval;
    private final CountDownLatch closed = new CountDownLatch(1);
    private @Nullable Listening listening;
    private boolean unable;
    private boolean lost;

    public OutboxWake(DataSource dataSource, @Nullable String channel, Duration interval) {
        this.dataSource = dataSource;
        this.channel = channel;
        this.interval = interval;
    }

    /** Listens, if it is to and does not yet. True: it has just begun to, and who came earlier was not heard. */
    public boolean listen() {
        String to = channel;
        if (to == null || unable || isClosed() || current() != null) {
            return false;
        }
        try {
            Listening opened = Listening.open(dataSource, to);
            synchronized (this) {
                if (!isClosed()) {
                    listening = opened;
                }
            }
            if (isClosed()) {
                opened.abort();
                return false;
            }
            if (lost) {
                LOG.info("Listening to {} again", to);
                lost = false;
            }
            return true;
        } catch (SQLFeatureNotSupportedException e) {
            unable = true;
            LOG.warn("Cannot listen to {}; the outbox is looked at every {}: {}", to, interval, e.getMessage());
            return false;
        } catch (SQLException | RuntimeException e) {
            lost(null, e);
            return false;
        }
    }

    /** Waits until it is worth while to look again, at most this long. */
    public void await(long nanos) {
        Listening on = current();
        long longest = Math.min(nanos, Math.max(interval.toNanos(), on == null ? 0 : LONGEST_SILENCE.toNanos()));
        if (on == null) {
            pause(longest);
            return;
        }
        try {
            on.await((int) Math.min(Integer.MAX_VALUE, TimeUnit.NANOSECONDS.toMillis(longest) + 1));
        } catch (SQLException | RuntimeException e) {
            lost(on, e);
        }
    }

    /** Waits for nothing but this time, or the end. */
    public void pause(long nanos) {
        try {
            closed.await(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Forgets what was told before the table is looked at, so that it does not pile up where nobody ever waits. */
    public void drain() {
        Listening on = current();
        if (on != null) {
            try {
                on.drain();
            } catch (SQLException | RuntimeException e) {
                lost(on, e);
            }
        }
    }

    public boolean isClosed() {
        return closed.getCount() == 0;
    }

    @Override
    public void close() {
        closed.countDown();
        Listening on;
        synchronized (this) {
            on = listening;
            listening = null;
        }
        if (on != null) {
            on.abort();
        }
    }

    private synchronized @Nullable Listening current() {
        return listening;
    }

    private void lost(@Nullable Listening on, Exception reason) {
        synchronized (this) {
            listening = null;
        }
        if (on != null) {
            on.abort();
        }
        if (!isClosed() && !lost) {
            lost = true;
            LOG.warn(
                    "Not listening to {}; until that works the outbox is looked at every {}",
                    channel,
                    interval,
                    reason);
        }
    }
}
