package io.olapsync.internal;

import io.olapsync.spi.RefreshException;
import io.olapsync.spi.StepOutcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Something that a run does in one piece, with retries: it stands for one step, for several that succeed or fail as one,
 * or, in preparation, for none.
 */
final class Node {

    /** Where a node is. Only {@link #WAITING} can be taken away from a worker, only by whoever swaps it first. */
    enum Phase {
        IDLE,
        WAITING,
        RUNNING,
        ENDED
    }

    /** The work of one attempt. */
    @FunctionalInterface
    interface Work {
        /** How it ends, where that is known before an attempt, and so without a worker. */
        default Optional<List<StepOutcome>> known() {
            return Optional.empty();
        }

        /**
         * Blocks until the attempt has succeeded or failed.
         *
         * @param attempt to be told when the attempt really begins, that is, when it has its lock
         * @return the outcome of each step of the node
         */
        List<StepOutcome> run(Attempt attempt) throws RefreshException;
    }

    /** One attempt, as its work sees it. */
    interface Attempt {
        /** The work begins now. Not called where it could not. */
        void began();

        /** How many attempts have begun, this one included once it has. */
        int number();
    }

    final String name;
    final List<Step> steps;
    final double priority;
    final Work work;
    final List<Node> downstream = new ArrayList<>();
    final AtomicReference<Phase> phase = new AtomicReference<>(Phase.IDLE);

    /** Upstream nodes that have not succeeded yet; touched only in the run's turn. */
    int waitingFor;

    /** Attempts that have begun. Written by the worker that runs the node, one at a time. */
    volatile int attempts;

    /** The failure of the last attempt; touched only in the run's turn. */
    @Nullable
    RefreshException lastFailure;

    Node(String name, List<Step> steps, double priority, Work work) {
        this.name = name;
        this.steps = steps;
        this.priority = priority;
        this.work = work;
    }

    /** Makes the other node wait for this one. */
    void leadsTo(Node next) {
        downstream.add(next);
        next.waitingFor++;
    }
}
