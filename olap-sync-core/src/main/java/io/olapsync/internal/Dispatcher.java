package io.olapsync.internal;

import io.olapsync.spi.SyncClock;
import java.time.Duration;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Bounds how much work is under way at once, over all runs of one engine, and decides what goes first: the highest
 * priority, then the longest waiting.
 *
 * <p>A thread that is done goes on with the next work itself, since waking another takes longer than all else the engine
 * does for a view. A moment after it began it is given back to its executor, which may be the host's and have other work.
 */
final class Dispatcher {

    private static final long MOMENT_NANOS = Duration.ofMillis(10).toNanos();

    private record Job(double priority, long order, Runnable work, Consumer<RejectedExecutionException> rejected)
            implements Comparable<Job> {
        @Override
        public int compareTo(Job other) {
            int byPriority = Double.compare(other.priority, priority);
            return byPriority != 0 ? byPriority : Long.compare(order, other.order);
        }
    }

    private final Executor workers;
    private final int limit;
    private final SyncClock clock;
    private final Queue<Job> ready = new PriorityQueue<>();
    private int active; // guarded by ready, as what follows
    private long orders;

    Dispatcher(Executor workers, int limit, SyncClock clock) {
        this.workers = workers;
        this.limit = limit;
        this.clock = clock;
    }

    /**
     * Runs the work on a worker as soon as there is room.
     *
     * @param work must not throw
     * @param rejected called instead where the executor refuses it
     */
    void submit(double priority, Runnable work, Consumer<RejectedExecutionException> rejected) {
        synchronized (ready) {
            ready.add(new Job(priority, orders++, work, rejected));
        }
        startWhatFits();
    }

    /** Runs short work at once, beside what is bounded: a run that ends does not wait for the refreshes of another. */
    void submitBeside(Runnable work, Consumer<RejectedExecutionException> rejected) {
        try {
            workers.execute(work);
        } catch (RuntimeException | Error e) {
            rejected.accept(refusal(e));
        }
    }

    private void startWhatFits() {
        for (Job job = next(); job != null; job = next()) {
            start(job);
        }
    }

    private void start(Job job) {
        Handover handover = new Handover(job);
        try {
            workers.execute(handover);
        } catch (RuntimeException | Error e) { // also where no thread can be created
            if (handover.taken.compareAndSet(false, true)) {
                leave();
            }
            job.rejected.accept(refusal(e));
        } finally {
            handover.giver = null;
        }
    }

    /**
     * Work on its way to a worker. Where the executor runs it on the thread that brings it, that thread sees to the rest
     * when it is back, one after the other: nested, much work would exhaust its stack.
     */
    private final class Handover implements Runnable {

        private final Job job;
        private final AtomicBoolean taken = new AtomicBoolean();
        private volatile @Nullable Thread giver = Thread.currentThread();

        Handover(Job job) {
            this.job = job;
        }

        @Override
        public void run() {
            if (!taken.compareAndSet(false, true)) {
                return; // the executor has said that it refuses it
            }
            if (Thread.currentThread() == giver) {
                Dispatcher.this.run(job);
            } else {
                goOnFrom(job);
            }
        }
    }

    private static RejectedExecutionException refusal(Throwable e) {
        return e instanceof RejectedExecutionException known
                ? known
                : new RejectedExecutionException("the executor failed: " + e, e);
    }

    private void goOnFrom(Job first) {
        long began = clock.nanoTime();
        try {
            Job job = first;
            while (job != null) {
                run(job);
                boolean back = clock.nanoTime() - began >= MOMENT_NANOS
                        || Thread.currentThread().isInterrupted(); // left behind by a refresh; no business of the next
                job = back ? null : next();
            }
        } finally {
            startWhatFits();
        }
    }

    /** Also where there is no memory left, its room is free afterwards. */
    private void run(Job job) {
        try {
            job.work.run();
        } finally {
            leave();
        }
    }

    /** What goes first, and its room; none where nothing is ready or no room is left. */
    private @Nullable Job next() {
        synchronized (ready) {
            if (active == limit || ready.isEmpty()) {
                return null;
            }
            active++;
            return ready.remove();
        }
    }

    private void leave() {
        synchronized (ready) {
            active--;
        }
    }
}
