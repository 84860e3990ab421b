package io.olapsync.internal;

import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.ViewName;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts the failures of views in the store, beside the run, and tells once that a view has been suspended. */
final class Failures {

    private static final Logger log = LoggerFactory.getLogger(Failures.class);

    private final EngineParts parts;

    Failures(EngineParts parts) {
        this.parts = parts;
    }

    void count(RunId run, Node node, List<StepOutcome> outcomes) {
        List<ViewName> failed = new ArrayList<>();
        for (int i = 0; i < outcomes.size(); i++) {
            if (outcomes.get(i) instanceof StepOutcome.Failed) {
                node.steps.get(i).view.ifPresent(failed::add);
            }
        }
        if (!failed.isEmpty()) {
            parts.dispatcher().submitBeside(() -> inContext(run, failed), refused -> {});
        }
    }

    private void inContext(RunId run, List<ViewName> failed) {
        try (LogContext ours = LogContext.of(run)) {
            count(run, failed);
        }
    }

    private void count(RunId run, List<ViewName> failed) {
        int limit = parts.settings().between().suspendAfter();
        Set<ViewName> suspended;
        try {
            suspended = parts.adapters().states().failed(failed, limit);
        } catch (RefreshException | RuntimeException e) {
            log.debug("Failures of {} could not be counted", failed, e);
            return;
        }
        if (!suspended.isEmpty()) {
            log.warn(
                    "{} failed {} times in a row and are suspended; they resume by call, or when a full sync succeeds",
                    suspended,
                    limit);
            parts.events()
                    .publish(new SyncEvent.ViewsSuspended(run, parts.clock().now(), List.copyOf(suspended), limit));
        }
    }
}
