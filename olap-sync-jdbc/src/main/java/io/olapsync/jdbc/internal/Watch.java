package io.olapsync.jdbc.internal;

import io.olapsync.spi.RefreshException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running refresh, as the watchdog sees it.
 *
 * <p>{@link #stop} is called by any thread and never blocks. After {@link #close} has returned, nothing that was started
 * because of this refresh reaches its connection or its backend any more: both may be somebody else's by then.
 */
final class Watch implements AutoCloseable {

    private enum Phase {
        WORKING,
        /** Too late to stop: the outcome is the server's to say. */
        COMMITTING,
        /** Committed; what still runs may be stopped, and fails nothing. */
        AFTERWARDS,
        DONE
    }

    private static final Logger log = LoggerFactory.getLogger(Watch.class);

    private final Watchdog watchdog;
    private final WorkConnection work;
    private final String what;
    private final long startedNanos = System.nanoTime();

    /** Held while a signal is on its way, so that it cannot arrive after the end. Never taken by {@link #stop}. */
    private final ReentrantLock signalling = new ReentrantLock();

    /** Whether a side thread is at it, perhaps waiting for a connection. */
    private final AtomicBoolean onSide = new AtomicBoolean();

    private volatile boolean reached;

    private Phase phase = Phase.WORKING;
    private @Nullable StopReason reason;
    private @Nullable String detail;
    private volatile @Nullable Statement running;

    Watch(Watchdog watchdog, WorkConnection work, String what) {
        this.watchdog = watchdog;
        this.work = work;
        this.what = what;
    }

    /** Asks for the end of the refresh; the first reason counts. */
    void stop(StopReason why, String how) {
        synchronized (this) {
            if (reason != null || phase == Phase.DONE || (phase == Phase.COMMITTING && why != StopReason.TIMED_OUT)) {
                return;
            }
            reason = why;
            detail = how;
        }
        watchdog.escalate(this);
    }

    /** What the working thread runs now, or null. */
    void running(@Nullable Statement statement) {
        running = statement;
    }

    /** Throws what it was stopped for, if it was. */
    synchronized void check() throws RefreshException {
        if (reason != null) {
            throw stopped(null);
        }
    }

    /** The point of no return: throws if a stop was asked for before it. */
    synchronized void committing() throws RefreshException {
        check();
        phase = Phase.COMMITTING;
    }

    synchronized void committed() {
        phase = Phase.AFTERWARDS;
    }

    /** The next transaction of the same refresh begins. */
    synchronized void working() {
        phase = Phase.WORKING;
    }

    synchronized boolean isCommitting() {
        return phase == Phase.COMMITTING;
    }

    synchronized @Nullable StopReason reason() {
        return reason;
    }

    synchronized RefreshException stopped(@Nullable SQLException cause) {
        StopReason why = reason == null ? StopReason.CANCELLED : reason;
        String state = cause == null ? null : SqlErrors.state(cause);
        return new RefreshException(
                why.kind(),
                what + " was ended after " + SqlErrors.took(startedNanos) + ": " + detail,
                null,
                state,
                null,
                cause);
    }

    WorkConnection work() {
        return work;
    }

    long startedNanos() {
        return startedNanos;
    }

    private synchronized boolean isStoppable() {
        return phase == Phase.WORKING || phase == Phase.AFTERWARDS;
    }

    synchronized boolean isOver() {
        return phase == Phase.DONE;
    }

    /**
     * Cancels what runs on the backend, from the side. Repeated by the watchdog: between two statements there is nothing to
     * cancel.
     */
    void cancel(Database database) {
        onBackend(database, (connection, backend) -> {
            if (Database.cancel(connection, backend)) {
                reached = true;
            }
        });
    }

    /** Terminates the backend, from the side. */
    void terminate(Database database) {
        onBackend(database, (connection, backend) -> Database.terminate(connection, backend, Duration.ZERO));
    }

    /**
     * Has the driver cancel the statement, which needs no connection of the pool. For where the side did not get through, because on a silent link
     * the driver keeps the working thread until its own {@code cancelSignalTimeout} (10 s) is over.
     */
    void cancelByDriver() {
        signal(() -> {
            Statement statement = running;
            if (statement != null && !reached) {
                statement.cancel();
            }
        });
    }

    private interface BackendSignal {
        void send(Connection connection, Backend backend) throws SQLException;
    }

    private void onBackend(Database database, BackendSignal signal) {
        Backend backend = work.backend();
        if (backend == null || !onSide.compareAndSet(false, true)) {
            return;
        }
        try {
            database.onSide(connection -> {
                signal(() -> signal.send(connection, backend));
                return null;
            });
        } catch (SQLException | RuntimeException e) {
            log.debug("{}: backend {} could not be signalled from the side", what, backend.pid(), e);
        } finally {
            onSide.set(false);
        }
    }

    /** Closes the socket under the working thread, which is the last that can be done here. */
    void cut() {
        synchronized (this) {
            if (phase == Phase.DONE) {
                return;
            }
        }
        log.warn("{}: no answer after it was cancelled and terminated; its connection is cut", what);
        work.cut();
    }

    private interface Signal {
        void send() throws SQLException;
    }

    private void signal(Signal signal) {
        signalling.lock();
        try {
            if (isStoppable()) {
                signal.send();
            }
        } catch (SQLException | RuntimeException e) {
            log.debug("{}: a signal failed", what, e);
        } finally {
            signalling.unlock();
        }
    }

    @Override
    public void close() {
        signalling.lock(); // waits for a signal on its way
        try {
            synchronized (this) {
                phase = Phase.DONE;
            }
        } finally {
            signalling.unlock();
        }
        watchdog.forget(this);
    }
}
