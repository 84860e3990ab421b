package io.olapsync.examples;

import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.SyncListener;
import java.io.PrintStream;

/** Prints what happens in a run, as it happens. */
public final class Progress implements SyncListener {

    private final PrintStream out;

    /** Lines go to this stream. */
    public Progress(PrintStream out) {
        this.out = out;
    }

    @Override
    public void on(SyncEvent event) {
        if (event instanceof SyncEvent.RunStarted started && started.kind() != SyncKind.FULL) {
            out.println("  * run by " + started.trigger());
        } else if (event instanceof SyncEvent.StepStarted started) {
            out.println("  > " + started.step() + (started.attempt() > 1 ? ", attempt " + started.attempt() : ""));
        } else if (event instanceof SyncEvent.StepRetrying retrying) {
            out.println("  ~ " + retrying.step() + " again in "
                    + retrying.delay().toMillis() + " ms: " + retrying.cause().getMessage());
        } else if (event instanceof SyncEvent.RunDelayed delayed) {
            out.println("  ~ the run begins again in " + delayed.delay().toMillis() + " ms: "
                    + delayed.cause().getMessage());
        } else if (event instanceof SyncEvent.StepFinished finished) {
            out.println("  " + sign(finished.outcome()) + " " + finished.step() + ", "
                    + (finished.outcome() instanceof StepOutcome.Skipped skipped
                            ? skipped.reason()
                            : finished.took().toMillis() + " ms")
                    + way(finished.outcome()));
        } else if (event instanceof SyncEvent.InvalidationPostponed postponed) {
            out.println("  ~ caches of " + postponed.views() + " later: "
                    + postponed.cause().getMessage());
        }
    }

    private static String way(StepOutcome outcome) {
        return outcome instanceof StepOutcome.Refreshed refreshed
                ? refreshed.result().incremental().map(how -> ", " + how).orElse("")
                : "";
    }

    private static String sign(StepOutcome outcome) {
        if (outcome.succeeded()) {
            return "+";
        }
        return outcome instanceof StepOutcome.Skipped ? "-" : "!";
    }
}
