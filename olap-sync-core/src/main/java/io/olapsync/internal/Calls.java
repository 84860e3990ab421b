package io.olapsync.internal;

import io.olapsync.RefreshOptions;
import io.olapsync.RefreshResult;
import io.olapsync.RefreshResult.Status;
import io.olapsync.Selection;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.spi.ViewState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Incremental syncs by call: a run for the targets and what they read, and an answer for each target. */
final class Calls {

    private static final Logger log = LoggerFactory.getLogger(Calls.class);

    private final EngineParts parts;
    private final ChangeLoop loop;
    private final Runs runs;

    Calls(EngineParts parts, ChangeLoop loop, Runs runs) {
        this.parts = parts;
        this.loop = loop;
        this.runs = runs;
    }

    /** Blocks for one short read; the rest is the run's. */
    CompletableFuture<List<RefreshResult>> refresh(Set<ViewName> targets, RefreshOptions options) {
        FirstLook look = FirstLook.at(
                parts, targets, options.force() ? Set.of() : options.ancestors() ? beneath(targets) : targets);
        Mark now = moment(look);
        Map<ViewName, Want> wants = new LinkedHashMap<>();
        Map<ViewName, List<Mark>> required = new LinkedHashMap<>();
        for (ViewName view : targets) {
            Interval interval = Interval.of(minInterval(view));
            wants.put(
                    view,
                    new Want(
                            options.force(),
                            options.repairs(),
                            interval,
                            List.of(now),
                            options.since(),
                            true,
                            options.waits()));
            if (options.ancestors()) {
                required.put(view, List.of(now));
            }
        }
        SyncRequest request = new SyncRequest(
                Selection.all(), SyncKind.INCREMENTAL, options.trigger(), Optional.empty(), Optional.empty(), true);
        return runs.begin(request, Demand.of(parts.plan(), wants, required).after(look), view -> {})
                .thenCompose(report -> answers(targets, options, report, look));
    }

    /** Without another thread where nothing has to be read for it. */
    private CompletableFuture<List<RefreshResult>> answers(
            Set<ViewName> targets, RefreshOptions options, SyncReport report, FirstLook look) {
        Optional<Map<ViewName, ViewState>> seen = look.states();
        return seen.isPresent()
                ? CompletableFuture.completedFuture(results(targets, options, report, seen.get()))
                : CompletableFuture.supplyAsync(() -> results(targets, options, report, states(targets)), this::beside);
    }

    private Set<ViewName> beneath(Set<ViewName> targets) {
        return Demand.beneath(parts.plan(), targets);
    }

    private void beside(Runnable work) {
        parts.dispatcher().submitBeside(work, refused -> work.run());
    }

    /** Everything committed before the call; where nobody can say what that is, nothing counts as covering it. */
    private static Mark moment(FirstLook look) {
        return look.snapshot().<Mark>map(Mark.Moment::new).orElseGet(Mark.Unknown::new);
    }

    private Duration minInterval(ViewName view) {
        return parts.plan()
                .view(view)
                .minInterval()
                .orElse(parts.settings().between().minInterval());
    }

    private Map<ViewName, ViewState> states(Set<ViewName> targets) {
        try {
            return parts.adapters().states().read(targets);
        } catch (RefreshException | RuntimeException e) {
            log.debug("The state of {} could not be read", targets, e);
            return Map.of();
        }
    }

    private List<RefreshResult> results(
            Set<ViewName> targets, RefreshOptions options, SyncReport report, Map<ViewName, ViewState> states) {
        List<RefreshResult> results = new ArrayList<>();
        for (ViewName view : targets) {
            results.add(result(view, options, report, Optional.ofNullable(states.get(view))));
        }
        return results;
    }

    private RefreshResult result(ViewName view, RefreshOptions options, SyncReport report, Optional<ViewState> state) {
        StepOutcome outcome = report.outcome(view.toString());
        Duration took = report.step(view.toString()).took();
        Optional<DataAsOf> asOf = state.map(ViewState::asOf);
        if (outcome instanceof StepOutcome.Refreshed refreshed) {
            ViewRefresh done = refreshed.result();
            return new RefreshResult(
                    view,
                    Status.COMPLETED,
                    Optional.empty(),
                    Optional.of(done.asOf()),
                    done.delta(),
                    done.took(),
                    Optional.empty(),
                    false,
                    done.incremental());
        }
        Optional<RefreshException> error = report.failure();
        if (outcome instanceof StepOutcome.Failed failed) {
            error = Optional.of(failed.cause());
        }
        if (error.isPresent()) {
            return ended(view, Status.FAILED, Optional.empty(), asOf, took, error, false);
        }
        SkipReason reason = outcome instanceof StepOutcome.Skipped skipped ? skipped.reason() : SkipReason.CANCELLED;
        if (!reason.letsPass()) {
            return ended(view, Status.FAILED, Optional.of(reason), asOf, took, error, false);
        }
        if (reason == SkipReason.TOO_RECENT && options.defers()) {
            error = defer(view, state, options);
            return ended(view, Status.SKIPPED, Optional.of(reason), asOf, took, error, error.isEmpty());
        }
        return ended(view, Status.SKIPPED, Optional.of(reason), asOf, took, error, false);
    }

    private Optional<RefreshException> defer(ViewName view, Optional<ViewState> state, RefreshOptions options) {
        Duration age = state.flatMap(Want::age).orElse(Duration.ZERO);
        try {
            parts.adapters()
                    .states()
                    .order(Set.of(view), minInterval(view).minus(age), "deferred: " + options.trigger());
        } catch (RefreshException e) {
            return Optional.of(e);
        }
        loop.readOrders();
        return Optional.empty();
    }

    private static RefreshResult ended(
            ViewName view,
            Status status,
            Optional<SkipReason> reason,
            Optional<DataAsOf> asOf,
            Duration took,
            Optional<RefreshException> error,
            boolean deferred) {
        return new RefreshResult(view, status, reason, asOf, Optional.empty(), took, error, deferred, Optional.empty());
    }
}
