package io.olapsync.jdbc.internal;

import io.olapsync.jdbc.PostgresSettings;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after running refreshes from outside: ends them when they are cancelled, overdue, or in the way of others.
 *
 * <p>Its one thread only counts time; whatever may hang happens on side threads. A refresh is ended in three steps, each
 * taken when the one before has not helped: cancel the statement (again and again), terminate the backend, cut the
 * connection. The last needs no server.
 */
public final class Watchdog implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Watchdog.class);
    private static final long REPEAT_MILLIS = 500;
    private static final long UNTIL_CUT_MILLIS = 2_000;

    /**
     * Who of these backends holds a relation for which somebody waits in the mode that conflicts with readers. Waiting
     * lock requests are rare, so they come first; pg_blocking_pids is asked for those alone.
     */
    private static final String BLOCKED_BY_US = """
            WITH waiting AS MATERIALIZED (
                SELECT pid, database, relation FROM pg_catalog.pg_locks
                 WHERE NOT granted AND locktype = 'relation' AND mode = 'AccessExclusiveLock'
                   AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
            SELECT held.pid, waiting.pid, waiting.relation::pg_catalog.regclass::pg_catalog.text
              FROM waiting
              JOIN pg_catalog.pg_locks held USING (database, relation)
             WHERE held.granted AND held.locktype = 'relation' AND held.pid = ANY (?) AND held.pid <> waiting.pid
               AND held.pid = ANY (pg_catalog.pg_blocking_pids(waiting.pid))""";

    private final Database database;
    private final Cleaning cleaning;
    private final PostgresSettings settings;
    private final Map<Watch, ScheduledFuture<?>> watches = new HashMap<>();
    private final AtomicBoolean checking = new AtomicBoolean();
    private @Nullable ScheduledThreadPoolExecutor timer;
    private @Nullable ScheduledFuture<?> checks;
    private boolean closed;
    private volatile boolean checkFailed;

    public Watchdog(DataSource dataSource, PostgresSettings settings) {
        this.database = new Database(dataSource, settings);
        this.settings = settings;
        this.cleaning = new Cleaning(settings.vacuum(), database);
    }

    Cleaning cleaning() {
        return cleaning;
    }

    Database database() {
        return database;
    }

    /** Begins to watch; ends it as timed out at the timeout plus the grace in which the server should have done so. */
    synchronized Watch watch(WorkConnection work, String what, Duration timeout) {
        if (closed) {
            throw new IllegalStateException("the refresh executor is closed");
        }
        Watch watch = new Watch(this, work, what);
        long overdueMillis = timeout.plus(settings.cancelGrace()).toMillis();
        Runnable overdue = () -> watch.stop(StopReason.TIMED_OUT, "its timeout of " + timeout + " has passed");
        watches.put(watch, timer().schedule(overdue, overdueMillis, TimeUnit.MILLISECONDS));
        if (checks == null && !settings.blockingCheckInterval().isZero()) {
            long every = settings.blockingCheckInterval().toMillis();
            checks = timer().scheduleWithFixedDelay(this::startCheck, every, every, TimeUnit.MILLISECONDS);
        }
        return watch;
    }

    synchronized void forget(Watch watch) {
        ScheduledFuture<?> overdue = watches.remove(watch);
        if (overdue != null) {
            overdue.cancel(false);
        }
        if (watches.isEmpty() && closed && timer != null) {
            timer.shutdownNow();
        }
    }

    /** Not at once when the last watch ends: for short refreshes one after the other, that would wake the timer's thread each time. */
    private synchronized void endChecksIfIdle() {
        if (watches.isEmpty() && checks != null) {
            checks.cancel(false);
            checks = null;
        }
    }

    /** Ends this refresh, step by step. Does not block. */
    void escalate(Watch watch) {
        escalate(watch, System.nanoTime());
    }

    private void escalate(Watch watch, long sinceNanos) {
        if (watch.isOver()) {
            return;
        }
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - sinceNanos);
        long grace = settings.cancelGrace().toMillis();
        if (millis < grace) {
            database.execute(() -> watch.cancel(database));
            if (millis >= grace / 2) {
                database.execute(watch::cancelByDriver);
            }
            later(() -> escalate(watch, sinceNanos), Math.min(Math.min(REPEAT_MILLIS, grace / 4 + 1), grace - millis));
        } else {
            database.execute(() -> watch.terminate(database));
            later(watch::cut, UNTIL_CUT_MILLIS);
        }
    }

    private synchronized void later(Runnable task, long millis) {
        try {
            timer().schedule(task, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("closed while a refresh was being ended", e);
        }
    }

    private ScheduledThreadPoolExecutor timer() {
        ScheduledThreadPoolExecutor existing = timer;
        if (existing != null) {
            return existing;
        }
        ScheduledThreadPoolExecutor created = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "olap-sync-watchdog");
            thread.setDaemon(true);
            return thread;
        });
        created.setRemoveOnCancelPolicy(true);
        timer = created;
        return created;
    }

    private void startCheck() {
        endChecksIfIdle();
        Map<Integer, Watch> longRunning = longRunning();
        if (!longRunning.isEmpty() && checking.compareAndSet(false, true)) {
            if (!database.execute(() -> check(longRunning))) {
                checking.set(false);
            }
        }
    }

    private synchronized Map<Integer, Watch> longRunning() {
        Map<Integer, Watch> byPid = new HashMap<>();
        long now = System.nanoTime();
        for (Watch watch : watches.keySet()) {
            Backend backend = watch.work().backend();
            if (backend != null
                    && now - watch.startedNanos()
                            >= settings.blockingCheckInterval().toNanos()) {
                byPid.put(backend.pid(), watch);
            }
        }
        return byPid;
    }

    private void check(Map<Integer, Watch> byPid) {
        try {
            database.onSide(connection -> {
                stopBlockers(connection, byPid);
                return null;
            });
            checkFailed = false;
        } catch (SQLException | RuntimeException e) {
            if (!checkFailed) {
                checkFailed = true;
                log.warn(
                        "cannot look whether a refresh blocks others' DDL; is there a second connection to be had?", e);
            }
        } finally {
            checking.set(false);
        }
    }

    private static void stopBlockers(Connection connection, Map<Integer, Watch> byPid) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(BLOCKED_BY_US)) {
            statement.setArray(
                    1, connection.createArrayOf("int4", byPid.keySet().toArray()));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    Watch watch = byPid.get(row.getInt(1));
                    if (watch != null) {
                        watch.stop(
                                StopReason.BLOCKS_DDL,
                                "backend " + row.getInt(2) + " waits for it to change " + row.getString(3)
                                        + ", and every reader of that would have waited behind");
                    }
                }
            }
        }
    }

    @Override
    public void close() {
        cleaning.close();
        List<Watch> left;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            left = List.copyOf(watches.keySet());
            if (left.isEmpty() && timer != null) {
                timer.shutdownNow();
            }
        }
        left.forEach(watch -> watch.stop(StopReason.CANCELLED, "the executor was closed"));
    }
}
