package io.olapsync.internal;

import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Where the engine's work runs and what waits: the host's where it gave them, else daemon threads of our own. How much
 * runs at once is bounded by the {@link Dispatcher}, not here.
 */
final class OwnThreads implements AutoCloseable {

    private static final long LAST_WORK_SECONDS = 5;

    private final Optional<ExecutorService> ownWorkers;
    private final Optional<ScheduledExecutorService> ownScheduler;
    private final Executor workers;
    private final ScheduledExecutorService scheduler;

    private OwnThreads(String plan, Optional<Executor> executor, Optional<ScheduledExecutorService> timer) {
        ownWorkers = executor.isPresent()
                ? Optional.empty()
                : Optional.of(Executors.newCachedThreadPool(threads("olap-sync-" + plan + "-")));
        ownScheduler = timer.isPresent() ? Optional.empty() : Optional.of(scheduler(plan));
        workers = executor.or(() -> ownWorkers).orElseThrow();
        scheduler = timer.or(() -> ownScheduler).orElseThrow();
    }

    static OwnThreads beside(String plan, Optional<Executor> executor, Optional<ScheduledExecutorService> scheduler) {
        return new OwnThreads(plan, executor, scheduler);
    }

    Executor workers() {
        return workers;
    }

    ScheduledExecutorService scheduler() {
        return scheduler;
    }

    /** Ends what is ours: timers are dropped, work that was handed over is given a moment, as the last lines of history. */
    @Override
    public void close() {
        ownScheduler.ifPresent(ScheduledExecutorService::shutdownNow);
        ownWorkers.ifPresent(pool -> {
            pool.shutdown();
            try {
                if (!pool.awaitTermination(LAST_WORK_SECONDS, TimeUnit.SECONDS)) {
                    pool.shutdownNow();
                }
            } catch (InterruptedException e) {
                pool.shutdownNow();
                Thread.currentThread().interrupt();
            }
        });
    }

    private static ScheduledExecutorService scheduler(String plan) {
        ScheduledThreadPoolExecutor timer =
                new ScheduledThreadPoolExecutor(1, threads("olap-sync-" + plan + "-timer-"));
        timer.setRemoveOnCancelPolicy(true);
        return timer;
    }

    /** Daemon threads of this name, numbered. */
    static ThreadFactory threads(String prefix) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, prefix + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }
}
