package io.olapsync.testkit.fakes;

import io.olapsync.spi.CancelSignal;
import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshExecutor;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Does what a script says before it passes a refresh on: fail, wait for a latch, advance a clock. Keeps a record of what
 * was asked for, and of whether one view was ever refreshed twice at once.
 */
public final class ScriptedExecutor implements RefreshExecutor {

    /** What happens at one attempt. */
    @FunctionalInterface
    public interface Action {
        /** Returns to let the refresh go on, throws to make it fail. */
        void run(RefreshRequest request) throws RefreshException;
    }

    private final RefreshExecutor target;
    private final Map<ViewName, Queue<Action>> script = new HashMap<>();
    private final Map<ViewName, Action> always = new HashMap<>();
    private final Map<ViewName, DeltaRefresh> ways = new HashMap<>();
    private final List<ViewName> refreshed = new ArrayList<>();
    private final Map<ViewName, Integer> running = new HashMap<>();
    private int units;
    private int mostUnits;
    private boolean overlapped;

    /** Passes everything on to this executor. */
    public ScriptedExecutor(RefreshExecutor target) {
        this.target = target;
    }

    /** The next attempt at this view, after those already told, does this. */
    public synchronized ScriptedExecutor next(ViewName view, Action action) {
        script.computeIfAbsent(view, v -> new ArrayDeque<>()).add(action);
        return this;
    }

    /** The next attempts at this view fail in this way. */
    public ScriptedExecutor fail(ViewName view, RefreshException.Kind kind, int times) {
        for (int i = 0; i < times; i++) {
            next(view, request -> {
                throw new RefreshException(kind, "told to fail: " + view, view, null, null, null);
            });
        }
        return this;
    }

    /** Every attempt at this view does this, before what it is told for the next one. */
    public synchronized ScriptedExecutor always(ViewName view, Action action) {
        always.put(view, action);
        return this;
    }

    /** From now on this view is a delta table, whose refreshes were made in this way. */
    public synchronized ScriptedExecutor way(ViewName view, DeltaRefresh how) {
        ways.put(view, how);
        return this;
    }

    /**
     * The next attempt at this view, after those already told, gets stuck until the result is closed. As any attempt it
     * ends when it is cancelled, and when its timeout is over: in real time, so this needs real threads.
     */
    public Stall stall(ViewName view) {
        Stall stall = new Stall();
        next(view, stall::run);
        return stall;
    }

    /** The views whose refresh was begun, in order, with repetitions. */
    public synchronized List<ViewName> refreshed() {
        return List.copyOf(refreshed);
    }

    /** The most refreshes that were under way at once. */
    public synchronized int mostAtOnce() {
        return mostUnits;
    }

    /** Whether the view is being refreshed at this moment. */
    public synchronized boolean isRefreshing(ViewName view) {
        return running.getOrDefault(view, 0) > 0;
    }

    /** Whether one view was ever being refreshed twice at once. */
    public synchronized boolean overlapped() {
        return overlapped;
    }

    @Override
    public List<ViewRefresh> refresh(RefreshRequest request, RefreshLock lock) throws RefreshException {
        List<Action> actions = begin(request);
        try {
            for (Action action : actions) {
                action.run(request);
            }
            return target.refresh(request, lock).stream().map(this::told).toList();
        } finally {
            end(request);
        }
    }

    private synchronized List<Action> begin(RefreshRequest request) {
        mostUnits = Math.max(mostUnits, ++units);
        List<Action> actions = new ArrayList<>();
        for (ViewName view : request.views()) {
            refreshed.add(view);
            overlapped |= running.merge(view, 1, Integer::sum) > 1;
            if (always.containsKey(view)) {
                actions.add(always.get(view));
            }
            Queue<Action> told = script.get(view);
            if (told != null && !told.isEmpty()) {
                actions.add(told.remove());
            }
        }
        return actions;
    }

    private synchronized ViewRefresh told(ViewRefresh done) {
        DeltaRefresh how = ways.get(done.view());
        return how == null
                ? done
                : new ViewRefresh(
                        done.view(),
                        done.delta(),
                        done.rows(),
                        done.asOf(),
                        done.took(),
                        done.invalidation(),
                        Optional.of(how));
    }

    private synchronized void end(RefreshRequest request) {
        units--;
        request.views().forEach(view -> running.merge(view, -1, Integer::sum));
    }

    /** An attempt that is stuck, once it has begun, until this is closed. */
    public static final class Stall implements AutoCloseable {

        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch over = new CountDownLatch(1);

        private Stall() {}

        /** Waits until the attempt is stuck. */
        public void await() throws InterruptedException {
            reached.await();
        }

        /** Lets the attempt go on. */
        @Override
        public void close() {
            over.countDown();
        }

        private void run(RefreshRequest request) throws RefreshException {
            boolean inTime;
            try (CancelSignal.Registration registration = request.cancel().onCancel(over::countDown)) {
                reached.countDown();
                inTime = over.await(request.timeout().toNanos(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new RefreshException(RefreshException.Kind.CANCELLED, "interrupted: " + request.views(), e);
            }
            if (!inTime) {
                throw new RefreshException(
                        RefreshException.Kind.TIMED_OUT,
                        request.views() + " took longer than " + request.timeout(),
                        null);
            }
        }
    }
}
