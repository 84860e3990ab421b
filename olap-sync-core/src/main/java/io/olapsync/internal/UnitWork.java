package io.olapsync.internal;

import io.olapsync.PlannedView;
import io.olapsync.SyncRequest;
import io.olapsync.spi.Fuse;
import io.olapsync.spi.LockUnavailableException;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.RunId;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * One attempt at a unit: lock, refresh, and after the commit its caches. The lock is taken before the refresh begins, so
 * the snapshot that the views will show is taken while nobody else can refresh them.
 */
final class UnitWork implements Node.Work {

    private final EngineParts parts;
    private final List<ViewName> views;
    private final Map<ViewName, Fuse> fuses;
    private final Duration deadline;
    private final RunId run;
    private final SyncKind kind;
    private final Demand demand;
    private final Map<ViewName, SkipReason> heldBack;
    private final RunLimits limits;
    private final Invalidations.Postponed postponed;

    /** What the run says about time and cancellation. */
    interface RunLimits {
        /** What is left of the run's deadline; may be zero or less. */
        Duration remaining();

        CancelSource cancelSignal();
    }

    UnitWork(
            EngineParts parts,
            RunGraph.Unit unit,
            RunId run,
            SyncRequest request,
            Demand demand,
            Map<ViewName, SkipReason> heldBack,
            RunLimits limits,
            Invalidations.Postponed postponed) {
        this.parts = parts;
        this.views = List.copyOf(unit.views());
        this.run = run;
        this.kind = request.kind();
        this.demand = demand;
        this.heldBack = heldBack;
        this.limits = limits;
        this.postponed = postponed;
        this.fuses = new HashMap<>();
        Duration sum = Duration.ZERO;
        for (ViewName name : views) {
            PlannedView view = parts.plan().view(name);
            sum = sum.plus(view.deadline().orElse(parts.settings().deadlines().view()));
            if (request.fuses()) {
                view.fuse().ifPresent(fuse -> fuses.put(name, fuse));
            }
        }
        this.deadline = sum;
    }

    @Override
    public Optional<List<StepOutcome>> known() {
        return isHeldBack() ? Optional.of(skipped(heldBack)) : Optional.empty();
    }

    @Override
    public List<StepOutcome> run(Node.Attempt attempt) throws RefreshException {
        Map<ViewName, SkipReason> reasons = new ConcurrentHashMap<>();
        List<ViewRefresh> results;
        try {
            results = refresh(attempt, reasons);
        } catch (LockBusyException e) {
            if (demand.waits(views)) {
                throw e;
            }
            views.forEach(view -> reasons.put(view, SkipReason.ALREADY_RUNNING));
            return skipped(reasons);
        }
        if (results.isEmpty()) {
            return skipped(reasons);
        }
        // Whatever happens there, the refresh has succeeded, and the pending entries are stored.
        parts.invalidations().performAfter(results, postponed);
        List<StepOutcome> outcomes = new ArrayList<>(results.size());
        results.forEach(result -> outcomes.add(new StepOutcome.Refreshed(result, attempt.number())));
        return outcomes;
    }

    /** Views that are published together are refreshed together, or left alone together where one of them is paused. */
    private boolean isHeldBack() {
        return !heldBack.isEmpty()
                && (heldBack.keySet().containsAll(views)
                        || views.stream().anyMatch(view -> heldBack.get(view) == SkipReason.PAUSED));
    }

    private List<StepOutcome> skipped(Map<ViewName, SkipReason> reasons) {
        SkipReason first = views.stream()
                .flatMap(view -> Optional.ofNullable(reasons.get(view)).stream())
                .findFirst()
                .orElse(SkipReason.NOT_NEEDED);
        List<StepOutcome> outcomes = new ArrayList<>(views.size());
        for (ViewName view : views) {
            SkipReason own = reasons.get(view);
            outcomes.add(new StepOutcome.Skipped(own == null ? first : own, ""));
        }
        return outcomes;
    }

    private List<ViewRefresh> refresh(Node.Attempt attempt, Map<ViewName, SkipReason> reasons) throws RefreshException {
        Duration left = limits.remaining();
        Duration timeout = deadline.compareTo(left) < 0 ? deadline : left;
        if (timeout.toMillis() < 1) {
            throw new RefreshException(RefreshException.Kind.TIMED_OUT, "the run's deadline has passed", null);
        }
        try (RefreshLock lock = lock(attempt)) {
            attempt.began();
            return within(
                    timeout,
                    signal -> parts.adapters()
                            .executor()
                            .refresh(
                                    new RefreshRequest(
                                            run,
                                            kind,
                                            views,
                                            timeout,
                                            fuses,
                                            parts.invalidations().enabled(),
                                            kind == SyncKind.FULL || demand.repairs(views),
                                            demand.condition(reasons),
                                            signal),
                                    lock));
        }
    }

    /** A lock that somebody holds is no attempt; a lock store that cannot be asked is a failed one. */
    private RefreshLock lock(Node.Attempt attempt) throws RefreshException {
        try {
            return parts.adapters()
                    .locks()
                    .tryAcquire(new LinkedHashSet<>(views))
                    .orElseThrow(() -> new LockBusyException(views));
        } catch (LockUnavailableException e) {
            attempt.began();
            throw e;
        }
    }

    private List<ViewRefresh> within(Duration timeout, AttemptTimer.Body<List<ViewRefresh>> body)
            throws RefreshException {
        return AttemptTimer.run(parts.scheduler(), limits.cancelSignal(), timeout, named(views), body);
    }

    private static Supplier<String> named(List<ViewName> views) {
        return () -> views.size() == 1 ? views.get(0).toString() : views.toString();
    }
}
