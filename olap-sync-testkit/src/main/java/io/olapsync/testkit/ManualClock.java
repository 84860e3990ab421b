package io.olapsync.testkit;

import io.olapsync.spi.SyncClock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Time that stands still until a test moves it.
 *
 * <p>{@link #advance(Duration)} runs the tasks of the {@link #scheduler()} that become due, on the calling thread, in
 * the order of their due times (of two with the same, the one scheduled first), each at its due time; so do tasks that
 * these tasks schedule. Other threads may read the time and schedule tasks at any moment.
 */
public final class ManualClock implements InstantSource, SyncClock {

    // away from zero, and crossing it soon: System.nanoTime() promises no origin, and code must not assume one
    private static final long FIRST_NANO_TIME = -Duration.ofMinutes(10).toNanos();

    private final Instant start;
    private final ManualScheduler scheduler = new ManualScheduler();
    private final ReentrantLock advancing = new ReentrantLock();

    private ManualClock(Instant start) {
        this.start = start;
    }

    /** A clock that shows the given instant. */
    public static ManualClock at(Instant start) {
        return new ManualClock(start);
    }

    /** A clock that shows the given instant, in ISO-8601: {@code 2026-03-01T03:00:00Z}. */
    public static ManualClock at(String start) {
        return new ManualClock(Instant.parse(start));
    }

    @Override
    public Instant now() {
        return start.plusNanos(scheduler.elapsedNanos());
    }

    @Override
    public Instant instant() {
        return now();
    }

    /** The monotonic time in nanoseconds, from an arbitrary origin; it may be negative. */
    @Override
    public long nanoTime() {
        return FIRST_NANO_TIME + scheduler.elapsedNanos();
    }

    /**
     * An executor on this clock. What it is given, undelayed tasks included, runs inside {@link #advance(Duration)}. An
     * exception of a task is in its future, and ends a periodic task, as with the executors of the JDK.
     */
    public ScheduledExecutorService scheduler() {
        return scheduler;
    }

    /** Runs each task at once, in the thread that hands it over. */
    public Executor sameThread() {
        return Runnable::run;
    }

    /**
     * Moves the time forward and runs what becomes due. Zero runs what is due already.
     *
     * @return how many tasks ran
     * @throws IllegalArgumentException where the duration is negative: time does not go back
     * @throws IllegalStateException where a task of this clock calls it
     */
    public int advance(Duration by) {
        if (by.isNegative()) {
            throw new IllegalArgumentException("Time does not go back: " + by);
        }
        if (advancing.isHeldByCurrentThread()) {
            throw new IllegalStateException("A task must not advance the clock that runs it");
        }
        advancing.lock();
        try {
            return scheduler.runUntil(Math.addExact(scheduler.elapsedNanos(), by.toNanos()));
        } finally {
            advancing.unlock();
        }
    }

    /** Moves the time to an instant that is not before {@link #now()}; see {@link #advance(Duration)}. */
    public int advanceTo(Instant instant) {
        return advance(Duration.between(now(), instant));
    }

    /** Runs what is due already, without moving the time, and returns how many tasks that were. */
    public int runDue() {
        return advance(Duration.ZERO);
    }

    /** How many tasks wait, those already due included. */
    public int pending() {
        return scheduler.dueTimes().size();
    }

    /** When the next task is due; it may be in the past. Empty: none waits. */
    public Optional<Instant> nextDue() {
        List<Long> due = scheduler.dueTimes();
        return due.stream().min(Long::compare).map(start::plusNanos);
    }

    /**
     * Waits, in real time, until other threads have scheduled at least so many tasks.
     *
     * @throws AssertionError where there are fewer when the limit is over
     */
    public void awaitPending(int tasks, Duration limit) {
        if (!scheduler.awaitPending(tasks, limit)) {
            throw new AssertionError(
                    "Expected " + tasks + " scheduled tasks within " + limit + ", but there are " + pending());
        }
    }

    @Override
    public String toString() {
        return "ManualClock[" + now() + ", " + pending() + " pending]";
    }
}
