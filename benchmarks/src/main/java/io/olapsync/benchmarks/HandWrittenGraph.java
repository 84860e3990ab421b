package io.olapsync.benchmarks;

import io.olapsync.PlannedView;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A graph as somebody would write it by hand who wants of it a part of what the engine does: for each view a deadline, two
 * calls of a listener, a result with its times, the longest remaining path first, and a failure that stops only what reads
 * the view. No locks, history, retries, cancellation, conditions, caches or report.
 */
final class HandWrittenGraph {

    private static final int DEADLINE_HOURS = 1;

    /** How one view went; neither refreshed nor failed: a view beneath it failed. */
    record Result(
            ViewName view,
            Instant began,
            Instant ended,
            @Nullable ViewRefresh refreshed,
            @Nullable Throwable failure) {}

    /** Is told twice of each view that begins; must not throw. */
    interface Listener {
        void began(ViewName view, Instant now);

        void ended(Result result);
    }

    private static final class Node {
        private final ViewName view;
        private final List<Node> downstream = new ArrayList<>();
        private final AtomicInteger waitingFor = new AtomicInteger();
        private volatile boolean upstreamFailed;
        private int remaining = 1;

        Node(ViewName view) {
            this.view = view;
        }
    }

    private final List<Node> nodes = new ArrayList<>();
    private final Executor workers;
    private final ScheduledExecutorService deadlines;
    private final Listener listener;
    private final Collection<Result> results = new ConcurrentLinkedQueue<>();
    private final CompletableFuture<Collection<Result>> ended = new CompletableFuture<>();
    private final AtomicInteger open;

    /** @param workers as many threads as refreshes may run at once, which take the work in order of priority */
    HandWrittenGraph(List<PlannedView> views, Executor workers, ScheduledExecutorService deadlines, Listener listener) {
        this.workers = workers;
        this.deadlines = deadlines;
        this.listener = listener;
        this.open = new AtomicInteger(views.size());
        Map<ViewName, Node> byName = new HashMap<>();
        for (PlannedView view : views) { // upstream first
            Node node = new Node(view.name());
            for (ViewName upstream : view.upstreams()) {
                Objects.requireNonNull(byName.get(upstream)).downstream.add(node);
                node.waitingFor.incrementAndGet();
            }
            byName.put(view.name(), node);
            nodes.add(node);
        }
        for (int i = nodes.size() - 1; i >= 0; i--) {
            for (Node next : nodes.get(i).downstream) {
                nodes.get(i).remaining = Math.max(nodes.get(i).remaining, 1 + next.remaining);
            }
        }
    }

    /** Once; blocks until every view has a result. */
    Collection<Result> run() {
        for (Node node :
                nodes.stream().filter(first -> first.waitingFor.get() == 0).toList()) {
            start(node);
        }
        return ended.join();
    }

    private void start(Node node) {
        workers.execute(new Prioritised(node.remaining, () -> refresh(node)));
    }

    /** What a queue of work can be ordered by. */
    record Prioritised(int priority, Runnable work) implements Runnable, Comparable<Prioritised> {
        @Override
        public void run() {
            work.run();
        }

        @Override
        public int compareTo(Prioritised other) {
            return Integer.compare(other.priority, priority);
        }
    }

    private void refresh(Node node) {
        Instant began = Instant.now();
        if (node.upstreamFailed) {
            end(node, new Result(node.view, began, began, null, null));
            return;
        }
        listener.began(node.view, began);
        Thread worker = Thread.currentThread();
        Future<?> deadline = deadlines.schedule(worker::interrupt, DEADLINE_HOURS, TimeUnit.HOURS);
        Result result;
        try {
            result = new Result(node.view, began, Instant.now(), NoOpPlugin.refreshed(node.view), null);
        } catch (RuntimeException e) {
            result = new Result(node.view, began, Instant.now(), null, e);
        } finally {
            deadline.cancel(false);
        }
        listener.ended(result);
        end(node, result);
    }

    private void end(Node node, Result result) {
        results.add(result);
        for (Node next : node.downstream) {
            next.upstreamFailed |= result.refreshed() == null;
            if (next.waitingFor.decrementAndGet() == 0) {
                start(next);
            }
        }
        if (open.decrementAndGet() == 0) {
            ended.complete(results);
        }
    }
}
