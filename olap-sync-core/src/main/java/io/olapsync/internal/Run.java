package io.olapsync.internal;

import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.SyncRun;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One run: prepare, walk the nodes, close. All of its state is touched only in its turn ({@link SerialExecutor}), so there
 * is no lock here and no thread that belongs to it; the work itself runs on the workers.
 */
final class Run implements SyncRun, NodeRunner.Ended, UnitWork.RunLimits {

    /** How long cancelled work may take to come back. */
    private static final Duration GIVE_UP = Duration.ofMinutes(1);

    private final RunId id;
    private final EngineParts parts;
    private final SyncRequest request;
    private final Demand demand;
    private final Consumer<ViewName> viewEnded;
    private final SerialExecutor turns = new SerialExecutor(this::logContext, this::breakOff);
    private final CancelSource cancel = new CancelSource();
    private final List<Future<?>> timers = new ArrayList<>();
    private final StepBoard board;
    private final NodeRunner runner;
    private final RunSteps steps;
    private final RunClosing closing;
    private final Failures failures;
    private final Node preparing;
    private final long startedNanos;
    private final Duration deadline;

    private CompletableFuture<SyncReport> report; // changed only before anybody else knows this run
    private int open;
    private @Nullable Preparation preparation;
    private @Nullable RunNodes nodes;
    private volatile @Nullable SkipReason halted;

    Run(RunId id, EngineParts parts, SyncRequest request, Demand demand, Consumer<ViewName> viewEnded) {
        this.id = id;
        this.parts = parts;
        this.request = request;
        this.demand = demand;
        this.viewEnded = viewEnded;
        Set<ViewName> views = demand.views();
        this.startedNanos = parts.clock().nanoTime();
        this.deadline = request.deadline().orElse(parts.settings().deadlines().run());
        this.steps = new RunSteps(parts.plan(), views);
        this.board = new StepBoard(id, parts);
        this.runner = new NodeRunner(parts, turns, board, this);
        this.closing = new RunClosing(id, parts, request, views, steps, board, turns, startedNanos);
        this.report = closing.report();
        this.failures = new Failures(parts);
        this.preparing = new Node("preparation", List.of(), Double.MAX_VALUE, this::prepare);
    }

    private LogContext logContext() {
        return LogContext.of(id);
    }

    @Override
    public RunId id() {
        return id;
    }

    @Override
    public CompletableFuture<SyncReport> report() {
        return report.copy();
    }

    @Override
    public void cancel() {
        halt(SkipReason.CANCELLED, true);
    }

    @Override
    public Duration remaining() {
        return deadline.minusNanos(parts.clock().nanoTime() - startedNanos);
    }

    @Override
    public CancelSource cancelSignal() {
        return cancel;
    }

    /** Whether it was cancelled, or stopped by closing. */
    boolean isCancelled() {
        return halted == SkipReason.CANCELLED;
    }

    /**
     * Calls back once the run has ended, in this order and before anybody hears of it who asks for the report afterwards:
     * who has the report may close the engine at once. To be called before the run starts; the callback must not throw.
     */
    void whenEnded(BiConsumer<@Nullable SyncReport, @Nullable Throwable> callback) {
        report = report.whenComplete(callback);
    }

    void start() {
        turns.execute(this::begin);
    }

    /**
     * Lets nothing new begin.
     *
     * @param interrupt whether to cancel what is under way, too
     */
    void halt(SkipReason reason, boolean interrupt) {
        turns.execute(() -> {
            if (closing.hasBegun()) {
                return;
            }
            if (halted == null) {
                halted = reason;
                runner.stopRetrying();
                takeBackAll();
            }
            if (interrupt) {
                cancel.cancel();
                after(GIVE_UP, this::leaveBehind);
            }
        });
    }

    /** Ends the report of a run that did not end although it was cancelled. */
    void giveUp() {
        turns.execute(this::leaveBehind);
        turns.execute(closing::giveUp);
    }

    /**
     * Ends the nodes whose work does not come back although it was cancelled, as in a data source without a timeout. It
     * keeps its thread and its lock, if it has one, so nobody refreshes the same views meanwhile.
     */
    private void leaveBehind() {
        if (closing.hasBegun()) {
            return;
        }
        if (runner.leaveBehind(preparing)) {
            endWithoutNodes(null);
        } else if (nodes != null) {
            nodes.all().stream().filter(runner::leaveBehind).toList().forEach(node -> end(node, RunNodes.lost(node)));
            closeIfDone();
        }
    }

    private void after(Duration pause, Runnable action) {
        try {
            timers.add(
                    parts.scheduler().schedule(() -> turns.execute(action), pause.toMillis(), TimeUnit.MILLISECONDS));
        } catch (RejectedExecutionException e) {
            action.run(); // the scheduler was shut down: nothing will be waited for any more
        }
    }

    private void begin() {
        if (closing.hasBegun()) { // closed before it could begin
            return;
        }
        CompletableFuture<SyncReport> unused = closing.report().whenComplete((report, failure) -> stopTimers());
        closing.announce();
        after(deadline, () -> halt(SkipReason.RUN_DEADLINE, true));
        try {
            long beat = parts.settings().log().heartbeat().toMillis();
            timers.add(parts.scheduler()
                    .scheduleWithFixedDelay(() -> turns.execute(closing::beat), beat, beat, TimeUnit.MILLISECONDS));
        } catch (RejectedExecutionException e) {
            halt(SkipReason.CANCELLED, true);
        }
        runner.launch(preparing);
    }

    private List<StepOutcome> prepare(Node.Attempt attempt) throws RefreshException {
        attempt.began();
        Preparation found = Preparation.of(parts, demand);
        turns.execute(() -> preparation = found);
        return List.of();
    }

    @Override
    public void ended(Node node, @Nullable List<StepOutcome> outcomes, @Nullable RefreshException failure) {
        if (node == preparing) {
            prepared(failure);
        } else if (outcomes != null) {
            succeeded(node, outcomes);
        } else {
            failed(node, Objects.requireNonNull(failure));
        }
    }

    private void prepared(@Nullable RefreshException failure) {
        Preparation found = preparation;
        if (failure != null || found == null || halted != null) {
            endWithoutNodes(failure);
        } else if (found.refuses()) {
            closing.reject(found.errors());
        } else {
            nodes = new RunNodes(parts, id, request, demand, found, steps, this, closing);
            open = nodes.all().size();
            List<Node> ready = new ArrayList<>(nodes.all());
            ready.removeIf(node -> node.waitingFor > 0);
            launch(ready);
        }
    }

    private void endWithoutNodes(@Nullable RefreshException failure) {
        SkipReason reason = halted != null ? halted : SkipReason.UPSTREAM_FAILED;
        String detail =
                halted != null || failure == null ? "" : "the run could not be prepared: " + failure.getMessage();
        steps.work().forEach(step -> board.end(step, new StepOutcome.Skipped(reason, detail)));
        close(halted != null ? null : failure);
    }

    private void succeeded(Node node, List<StepOutcome> outcomes) {
        end(node, outcomes);
        node.steps.forEach(step -> step.view.ifPresent(viewEnded));
        List<Node> ready = new ArrayList<>();
        for (Node next : node.downstream) {
            if (--next.waitingFor == 0 && halted == null) {
                ready.add(next);
            }
        }
        launch(ready);
        closeIfDone();
    }

    /** Longest remaining path first, since the first may begin before the second is handed over. */
    private void launch(List<Node> ready) {
        ready.sort(Comparator.comparingDouble((Node node) -> node.priority).reversed());
        ready.forEach(runner::launch);
    }

    private void failed(Node node, RefreshException failure) {
        List<StepOutcome> outcomes = RunNodes.failed(node, failure, halted);
        end(node, outcomes);
        failures.count(id, node, outcomes);
        if (halted == null) {
            skipDescendants(node, failure.view().map(Object::toString).orElse(node.name));
        }
        closeIfDone();
    }

    /** Without recursion: a plan may be a chain of thousands. */
    private void skipDescendants(Node failed, String culprit) {
        Deque<Node> todo = new ArrayDeque<>(failed.downstream);
        while (!todo.isEmpty()) {
            Node next = todo.remove();
            if (runner.takeBack(next)) {
                end(next, RunNodes.skipped(next, SkipReason.UPSTREAM_FAILED, culprit));
                todo.addAll(next.downstream);
            }
        }
    }

    private void takeBackAll() {
        SkipReason reason = Objects.requireNonNull(halted);
        if (runner.takeBack(preparing)) {
            endWithoutNodes(null);
        }
        if (nodes == null) {
            return;
        }
        for (Node node : nodes.all()) {
            if (runner.takeBack(node)) {
                RefreshException last = node.lastFailure;
                end(node, last == null ? RunNodes.skipped(node, reason, "") : RunNodes.failed(node, last, reason));
            }
        }
        closeIfDone();
    }

    private void end(Node node, List<StepOutcome> outcomes) {
        open--;
        for (int i = 0; i < node.steps.size(); i++) {
            board.end(node.steps.get(i), outcomes.get(i));
        }
    }

    private void closeIfDone() {
        if (open == 0) {
            close(null);
        }
    }

    private void close(@Nullable RefreshException failure) {
        if (!closing.hasBegun()) {
            Preparation found = preparation;
            closing.begin(
                    nodes,
                    found == null ? List.of() : found.findings(),
                    failure,
                    found != null && found.leavesNothing());
        }
    }

    /** A turn of this run failed, which nothing should bring about; whoever waits must not wait for ever. */
    private void breakOff(Throwable e) {
        halted = SkipReason.CANCELLED;
        runner.stopRetrying();
        cancel.cancel();
        if (nodes != null) {
            nodes.all().forEach(runner::takeBack);
        }
        closing.breakOff(e);
    }

    private void stopTimers() {
        timers.forEach(timer -> timer.cancel(false));
    }
}
