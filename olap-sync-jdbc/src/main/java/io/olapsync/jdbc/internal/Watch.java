package io.olapsync.jdbc.internal;

import io.olapsync.spi.RefreshException;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
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

    synchronized boolean isOver() {
        return phase == Phase.DONE;
    }

    /** Cancels the statement; repeated by the watchdog, because between two statements there is none to cancel. */
    void cancelStatement() {
        signal(() -> {
            Statement statement = running;
            if (statement != null && !isCommitting()) {
                statement.cancel();
            }
        });
    }

    /** Terminates the backend, as long as it is still ours. */
    void terminate(Database database) {
        Backend backend = work.backend();
        if (backend == null) {
            return;
        }
        try {
            database.onSide(connection -> {
                signal(() -> Database.terminate(connection, backend, Duration.ZERO));
                return null;
            });
        } catch (SQLException | RuntimeException e) {
            log.debug("{}: backend {} could not be terminated from the side", what, backend.pid(), e);
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
            if (!isOver()) {
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
        synchronized (this) {
            phase = Phase.DONE;
        }
        // Waits for a signal on its way.
        signalling.lock();
        signalling.unlock();
        watchdog.forget(this);
    }
}
