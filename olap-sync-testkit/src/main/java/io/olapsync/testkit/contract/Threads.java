package io.olapsync.testkit.contract;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Threads of a test, and what becomes of them. */
final class Threads {

    private static final long PATIENCE_SECONDS = 30;

    private Threads() {}

    /** Runs this on a thread of its own. */
    static <T> Future<T> start(Callable<T> task) {
        FutureTask<T> future = new FutureTask<>(task);
        Thread thread = new Thread(future, "contract");
        thread.setDaemon(true);
        thread.start();
        return future;
    }

    /** Runs all of these on threads of their own that begin at the same moment; their results, in order. */
    static <T> List<T> together(List<? extends Callable<T>> tasks) throws Exception {
        CyclicBarrier start = new CyclicBarrier(tasks.size());
        List<Future<T>> running = new ArrayList<>();
        for (Callable<T> task : tasks) {
            running.add(start(() -> {
                start.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
                return task.call();
            }));
        }
        List<T> results = new ArrayList<>();
        for (Future<T> future : running) {
            results.add(result(future));
        }
        return results;
    }

    /** The same with one task, so many times. */
    static <T> List<T> together(int times, Callable<T> task) throws Exception {
        return together(Collections.nCopies(times, task));
    }

    /** What it returns, within half a minute; what it throws is thrown as it is. */
    static <T> T result(Future<T> future) throws Exception {
        try {
            return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception failure) {
                throw failure;
            }
            throw new AssertionError(e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("Still under way after " + PATIENCE_SECONDS + " s", e);
        }
    }
}
