package io.olapsync.internal;

import io.olapsync.spi.RefreshException;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncListener;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Takes nodes through their attempts, and can take a node back between two of them.
 *
 * <p>A node that waits (for a worker, or for its next attempt) belongs to whoever swaps its phase first: the worker that
 * starts an attempt, or {@link #takeBack}. A running attempt is never taken back; it ends by itself or by its cancel
 * signal, and is counted for what it did.
 */
final class NodeRunner {

    /** Is told how a node ended, in the run's turn: the outcomes, or the failure. */
    @FunctionalInterface
    interface Ended {
        void ended(Node node, @Nullable List<StepOutcome> outcomes, @Nullable RefreshException failure);
    }

    private final EngineParts parts;
    private final SerialExecutor turns;
    private final StepBoard board;
    private final Ended listener;
    private boolean stopped;

    NodeRunner(EngineParts parts, SerialExecutor turns, StepBoard board, Ended listener) {
        this.parts = parts;
        this.turns = turns;
        this.board = board;
        this.listener = listener;
    }

    /** Makes attempts at the node until it has ended. In turn. */
    void launch(Node node) {
        node.phase.set(Node.Phase.WAITING);
        Optional<List<StepOutcome>> known = node.work.known();
        if (known.isPresent()) {
            turns.execute(() -> settle(node, known.get(), null));
            return;
        }
        parts.retries()
                .run(
                        node.name,
                        () -> attempt(node),
                        (cause, pause) -> turns.execute(() -> retrying(node, cause, pause)),
                        (outcomes, failure) -> turns.execute(() -> settle(node, outcomes, failure)));
    }

    /** From now on no node gets a further attempt: one whose attempt fails has ended. In turn. */
    void stopRetrying() {
        stopped = true;
    }

    /**
     * Ends a node that is not being attempted right now.
     *
     * @return false where it is, or has ended. In turn.
     */
    boolean takeBack(Node node) {
        return node.phase.compareAndSet(Node.Phase.IDLE, Node.Phase.ENDED)
                || node.phase.compareAndSet(Node.Phase.WAITING, Node.Phase.ENDED);
    }

    /**
     * Gives up a node whose attempt is under way; what comes of it no longer counts.
     *
     * @return false where none is. In turn.
     */
    boolean leaveBehind(Node node) {
        return node.phase.compareAndSet(Node.Phase.RUNNING, Node.Phase.ENDED);
    }

    private CompletionStage<List<StepOutcome>> attempt(Node node) {
        CompletableFuture<List<StepOutcome>> result = new CompletableFuture<>();
        parts.dispatcher()
                .submit(
                        node.priority,
                        () -> work(node, result),
                        rejected -> result.completeExceptionally(refused(rejected)));
        return result;
    }

    private void work(Node node, CompletableFuture<List<StepOutcome>> result) {
        if (!node.phase.compareAndSet(Node.Phase.WAITING, Node.Phase.RUNNING)) {
            result.completeExceptionally(
                    new RefreshException(RefreshException.Kind.CANCELLED, node.name + " was taken back", null));
            return;
        }
        List<StepOutcome> outcomes;
        try (LogContext ours = LogContext.of(board.run(), node.steps);
                SyncListener.Scope theirs = parts.events().working(board.run(), node.steps)) {
            outcomes = node.work.run(new Attempt(node));
        } catch (RefreshException e) {
            failed(node, e, result);
            return;
        } catch (Throwable e) { // an adapter in a language without checked exceptions may throw any
            failed(node, unexpected(node, e), result);
            return;
        }
        result.complete(outcomes);
    }

    private void failed(Node node, RefreshException failure, CompletableFuture<List<StepOutcome>> result) {
        turns.execute(() -> node.lastFailure = failure);
        if (!node.phase.compareAndSet(Node.Phase.RUNNING, Node.Phase.WAITING)) {
            result.completeExceptionally(
                    new RefreshException(RefreshException.Kind.CANCELLED, node.name + " had been given up", failure));
            return;
        }
        turns.execute(() -> {
            if (stopped && takeBack(node)) {
                listener.ended(node, null, failure);
            }
        });
        result.completeExceptionally(failure);
    }

    private void retrying(Node node, RefreshException cause, Duration pause) {
        if (node.phase.get() != Node.Phase.ENDED) {
            node.steps.forEach(step -> board.retrying(step, cause, pause));
            if (node.steps.isEmpty()) { // the preparation
                board.delayed(node.attempts, cause, pause);
            }
        }
    }

    private void settle(Node node, @Nullable List<StepOutcome> outcomes, @Nullable Throwable failure) {
        if (node.phase.getAndSet(Node.Phase.ENDED) == Node.Phase.ENDED) {
            return;
        }
        if (failure == null) {
            listener.ended(node, outcomes, null);
        } else {
            listener.ended(node, null, failure instanceof RefreshException known ? known : unexpected(node, failure));
        }
    }

    private static RefreshException unexpected(Node node, Throwable failure) {
        return new RefreshException(
                RefreshException.Kind.PERMANENT, node.name + " failed unexpectedly: " + failure, failure);
    }

    private static RefreshException refused(RejectedExecutionException e) {
        return new RefreshException(
                RefreshException.Kind.PERMANENT,
                "the executor refused the work; give the engine one that does not, or none",
                e);
    }

    private final class Attempt implements Node.Attempt {

        private final Node node;

        Attempt(Node node) {
            this.node = node;
        }

        @Override
        public void began() {
            int number = node.attempts + 1;
            node.attempts = number;
            turns.execute(() -> node.steps.forEach(step -> board.began(step, number)));
        }

        @Override
        public int number() {
            return node.attempts;
        }
    }
}
