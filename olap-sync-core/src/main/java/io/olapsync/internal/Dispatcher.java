package io.olapsync.internal;

import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * Bounds how much work is under way at once, over all runs of one engine, and decides what goes first: the highest
 * priority, then the longest waiting.
 */
final class Dispatcher {

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
    private final SerialExecutor turns = new SerialExecutor();
    private final Queue<Job> ready = new PriorityQueue<>();
    private int active;
    private long orders;

    Dispatcher(Executor workers, int limit) {
        this.workers = workers;
        this.limit = limit;
    }

    /**
     * Runs the work on a worker as soon as there is room.
     *
     * @param rejected called instead where the executor refuses it
     */
    void submit(double priority, Runnable work, Consumer<RejectedExecutionException> rejected) {
        turns.execute(() -> {
            ready.add(new Job(priority, orders++, work, rejected));
            startWhatFits();
        });
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
        while (active < limit && !ready.isEmpty()) {
            Job job = ready.remove();
            active++;
            try {
                workers.execute(() -> run(job));
            } catch (RuntimeException | Error e) { // also where no thread can be created
                active--;
                job.rejected.accept(refusal(e));
            }
        }
    }

    private static RejectedExecutionException refusal(Throwable e) {
        return e instanceof RejectedExecutionException known
                ? known
                : new RejectedExecutionException("the executor failed: " + e, e);
    }

    private void run(Job job) {
        try {
            job.work.run();
        } finally {
            turns.execute(() -> {
                active--;
                startWhatFits();
            });
        }
    }
}
