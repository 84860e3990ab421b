package io.olapsync.jdbc.internal.outbox;

import io.olapsync.jdbc.internal.Transactions;
import io.olapsync.spi.RefreshException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes what was done long ago, some rows at a time and not often. Its failure is nobody's failure. */
public final class OutboxPruning {

    private static final Duration PAUSE = Duration.ofMinutes(1);
    private static final Logger LOG = LoggerFactory.getLogger(OutboxPruning.class);

    private final DataSource dataSource;
    private final OutboxRows rows;
    private final boolean needed;
    private final AtomicLong dueNanos = new AtomicLong(System.nanoTime());

    public OutboxPruning(DataSource dataSource, OutboxRows rows, Duration keepDone) {
        this.dataSource = dataSource;
        this.rows = rows;
        this.needed = !keepDone.isZero();
    }

    /** Deletes a batch, if it is time to. */
    public void nowAndThen() {
        long due = dueNanos.get();
        long now = System.nanoTime();
        if (!needed || now - due < 0 || !dueNanos.compareAndSet(due, now + PAUSE.toNanos())) {
            return;
        }
        try {
            int deleted = Transactions.log(dataSource, "deleting old rows of an outbox", rows::prune);
            if (deleted == OutboxRows.PRUNED_AT_ONCE) {
                dueNanos.set(System.nanoTime());
            }
        } catch (RefreshException e) {
            LOG.debug("Old rows of an outbox stay for now", e);
        }
    }
}
