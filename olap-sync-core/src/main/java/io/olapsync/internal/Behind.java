package io.olapsync.internal;

import io.olapsync.SyncPlan;
import io.olapsync.SyncReport;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Finds the views of the event map that do not show what the views beneath them do: an event refreshed a dimension for
 * another fact, say, and renumbered it. The states say so, so it is found by whoever looks, whenever that is.
 */
final class Behind {

    private final SyncPlan plan;
    private final Set<ViewName> mapped = new LinkedHashSet<>();

    Behind(SyncPlan plan) {
        this.plan = plan;
        plan.events().values().forEach(mapped::addAll);
    }

    /** The views whose states must be known. */
    Set<ViewName> asked() {
        return Demand.beneath(plan, mapped);
    }

    /** A view that was never refreshed, or reads one that was not, waits for a first full sync. */
    Set<ViewName> find(Map<ViewName, ViewState> states) {
        Coverage coverage = new Coverage(plan, states);
        Set<ViewName> behind = new LinkedHashSet<>();
        for (ViewName view : mapped) {
            if (states.keySet().containsAll(Demand.beneath(plan, Set.of(view)))
                    && !coverage.covers(view, new Mark.Beneath())) {
                behind.add(view);
            }
        }
        return behind;
    }

    /** Whether this run has changed a view that some mapped view reads which was not in the run. */
    boolean mayBeLeftBy(SyncReport run, Set<ViewName> views) {
        Set<ViewName> changed = new LinkedHashSet<>();
        run.steps().forEach(step -> {
            if (step.outcome() instanceof StepOutcome.Refreshed refreshed
                    && refreshed.result().mayHaveChanged()) {
                changed.add(refreshed.result().view());
            }
        });
        return !changed.isEmpty()
                && mapped.stream()
                        .filter(view -> !views.contains(view))
                        .anyMatch(view -> Demand.ancestors(plan, view).stream().anyMatch(changed::contains));
    }
}
