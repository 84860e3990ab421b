package io.olapsync.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The executor of {@link ManualClock}: a queue by due time, emptied by whoever moves the time. */
final class ManualScheduler extends AbstractExecutorService implements ScheduledExecutorService {

    private final Object lock = new Object();
    private final PriorityQueue<Task<?>> queue = new PriorityQueue<>();
    private long elapsed;
    private long sequence;
    private boolean shutdown;
    private boolean running;

    long elapsedNanos() {
        synchronized (lock) {
            return elapsed;
        }
    }

    int runUntil(long target) {
        int ran = 0;
        try {
            for (Task<?> task = nextUntil(target); task != null; task = nextUntil(target)) {
                task.run();
                ran++;
            }
        } finally {
            synchronized (lock) {
                running = false;
            }
        }
        return ran;
    }

    private @Nullable Task<?> nextUntil(long target) {
        synchronized (lock) {
            Task<?> head = queue.peek();
            if (head == null || head.due > target) {
                elapsed = target;
                return null;
            }
            queue.remove();
            elapsed = Math.max(elapsed, head.due);
            running = true;
            return head;
        }
    }

    List<Long> dueTimes() {
        synchronized (lock) {
            return queue.stream().map(task -> task.due).toList();
        }
    }

    boolean awaitPending(int tasks, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        synchronized (lock) {
            while (queue.size() < tasks) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                try {
                    TimeUnit.NANOSECONDS.timedWait(lock, left);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return false;
                }
            }
            return true;
        }
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        return enqueue(new Task<>(command, after(unit.toNanos(delay)), 0));
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
        return enqueue(new Task<>(callable, after(unit.toNanos(delay))));
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long initialDelay, long period, TimeUnit unit) {
        return enqueue(new Task<>(command, after(unit.toNanos(initialDelay)), positive(unit.toNanos(period))));
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long initialDelay, long delay, TimeUnit unit) {
        return enqueue(new Task<>(command, after(unit.toNanos(initialDelay)), -positive(unit.toNanos(delay))));
    }

    @Override
    public void execute(Runnable command) {
        enqueue(new Task<>(command, after(0), 0));
    }

    private static long positive(long nanos) {
        if (nanos <= 0) {
            throw new IllegalArgumentException("A period must be positive: " + nanos + " ns");
        }
        return nanos;
    }

    private long after(long delayNanos) {
        long now = elapsedNanos();
        long delay = Math.max(0, delayNanos);
        return delay > Long.MAX_VALUE - now ? Long.MAX_VALUE : now + delay;
    }

    private <T extends Task<?>> T enqueue(T task) {
        synchronized (lock) {
            if (shutdown) {
                throw new RejectedExecutionException("The scheduler was shut down");
            }
            queue.add(task);
            lock.notifyAll();
        }
        return task;
    }

    private void enqueueAgain(Task<?> task) {
        synchronized (lock) {
            if (shutdown) {
                task.cancel(false);
            } else {
                queue.add(task);
                lock.notifyAll();
            }
        }
    }

    /** As the JDK's: tasks that wait for their time still run, periodic ones do not. */
    @Override
    public void shutdown() {
        List<Task<?>> periodic;
        synchronized (lock) {
            shutdown = true;
            periodic = queue.stream().filter(Task::isPeriodic).toList();
        }
        periodic.forEach(task -> task.cancel(false));
    }

    @Override
    public List<Runnable> shutdownNow() {
        synchronized (lock) {
            shutdown = true;
            List<Runnable> never = new ArrayList<>(queue);
            queue.clear();
            return never;
        }
    }

    @Override
    public boolean isShutdown() {
        synchronized (lock) {
            return shutdown;
        }
    }

    @Override
    public boolean isTerminated() {
        synchronized (lock) {
            return shutdown && queue.isEmpty() && !running;
        }
    }

    /** Does not wait: while the caller waits, nobody moves the time. */
    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return isTerminated();
    }

    /** Overrides the default of JDK 19 and later, which would wait for ever for tasks of the future. */
    @SuppressWarnings({"MissingOverride", "override"})
    public void close() {
        shutdownNow();
    }

    private final class Task<V> extends FutureTask<V> implements RunnableScheduledFuture<V> {
        private final long order;
        private final long period;
        private long due;

        /** Period: 0 once, positive at this rate, negative with this delay after each end. */
        Task(Runnable command, long due, long period) {
            super(command, null);
            this.due = due;
            this.period = period;
            this.order = nextOrder();
        }

        Task(Callable<V> callable, long due) {
            super(callable);
            this.due = due;
            this.period = 0;
            this.order = nextOrder();
        }

        private long nextOrder() {
            synchronized (lock) {
                return sequence++;
            }
        }

        @Override
        public void run() {
            if (!isPeriodic()) {
                super.run();
            } else if (super.runAndReset()) {
                due = period > 0 ? due + period : after(-period);
                enqueueAgain(this);
            }
        }

        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            boolean cancelled = super.cancel(mayInterruptIfRunning);
            synchronized (lock) {
                queue.remove(this);
            }
            return cancelled;
        }

        @Override
        public boolean isPeriodic() {
            return period != 0;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(due - elapsedNanos(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            Task<?> that = (Task<?>) other;
            return due == that.due ? Long.compare(order, that.order) : Long.compare(due, that.due);
        }
    }
}
