package io.olapsync.internal;

import io.olapsync.PlannedView;
import io.olapsync.SyncHealth;
import io.olapsync.SyncHealth.Status;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.StepStatus;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewControl;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads how fresh the views are. What cannot be read is said, not thrown. */
final class HealthReader {

    /** A read of a store. */
    @FunctionalInterface
    private interface Read<T> {
        T get() throws RefreshException;
    }

    private final EngineParts parts;
    private final List<String> problems = new ArrayList<>();

    private final Timetable.Health timetable;

    private HealthReader(EngineParts parts, Timetable.Health timetable) {
        this.parts = parts;
        this.timetable = timetable;
    }

    static SyncHealth read(EngineParts parts, List<SyncHealth.Source> sources, Timetable.Health timetable) {
        return new HealthReader(parts, timetable).read(sources);
    }

    private SyncHealth read(List<SyncHealth.Source> sources) {
        List<ViewName> names =
                parts.plan().views().stream().map(view -> view.name()).toList();
        Optional<Map<ViewName, ViewState>> states =
                tried("the state of the views", () -> parts.adapters().states().read(names));
        Map<ViewName, ViewControl> controls = tried(
                        "what holds views back", () -> parts.adapters().states().controls(names))
                .orElse(Map.of());
        Map<ViewName, HistoryEntry.Step> latest = tried(
                        "the last refreshes", () -> parts.adapters().history().latest(names))
                .orElse(Map.of());
        List<SyncHealth.View> views = parts.plan().views().stream()
                .map(view -> view(view, states, controls, latest))
                .toList();
        List<ViewName> pending = tried(
                        "pending invalidations", () -> parts.invalidations().pending(names))
                .stream()
                .flatMap(Set::stream)
                .toList();
        Optional<Instant> full = last(SyncKind.FULL);
        Optional<Instant> incremental = last(SyncKind.INCREMENTAL);
        return new SyncHealth(
                worst(views), full, incremental, views, pending, sources, timetable.schedules(), problems);
    }

    private <T> Optional<T> tried(String what, Read<T> read) {
        try {
            return Optional.of(read.get());
        } catch (RefreshException | RuntimeException e) {
            problems.add(what + " could not be read: " + e.getMessage());
            return Optional.empty();
        }
    }

    private SyncHealth.View view(
            PlannedView planned,
            Optional<Map<ViewName, ViewState>> states,
            Map<ViewName, ViewControl> controls,
            Map<ViewName, HistoryEntry.Step> latest) {
        ViewName name = planned.name();
        Optional<ViewState> state = states.map(all -> all.get(name));
        ViewControl control = controls.getOrDefault(name, ViewControl.none(name));
        Duration limit = planned.staleAfter().orElse(parts.settings().staleAfter());
        return new SyncHealth.View(
                name,
                states.isEmpty() ? Status.UNKNOWN : status(state, control, limit),
                state.map(ViewState::rows),
                state.map(ViewState::refreshedAt),
                state.map(ViewState::took),
                state.map(ViewState::asOf),
                state.map(ViewState::age),
                heldBack(control),
                control.failures(),
                Optional.ofNullable(latest.get(name))
                        .filter(step -> step.status() == StepStatus.FAILED)
                        .flatMap(HistoryEntry.Step::error),
                limit,
                planned.targetLag(),
                Optional.ofNullable(timetable.nextDue().get(name)));
    }

    private static Status status(Optional<ViewState> state, ViewControl control, Duration limit) {
        if (control.failures() > 0 || control.isSuspended()) {
            return Status.FAILING;
        }
        return state.filter(known -> known.age().compareTo(limit) < 0)
                .map(known -> Status.HEALTHY)
                .orElse(Status.STALE);
    }

    private static Optional<SkipReason> heldBack(ViewControl control) {
        if (control.isPaused()) {
            return Optional.of(SkipReason.PAUSED);
        }
        return control.isSuspended() ? Optional.of(SkipReason.SUSPENDED) : Optional.empty();
    }

    private static Status worst(List<SyncHealth.View> views) {
        Status worst = Status.HEALTHY;
        for (SyncHealth.View view : views) {
            worst = view.status().compareTo(worst) > 0 ? view.status() : worst;
        }
        return worst;
    }

    private Optional<Instant> last(SyncKind kind) {
        String plan = parts.plan().name();
        return tried(
                        "the last " + kind.name().toLowerCase(Locale.ROOT) + " sync",
                        () -> parts.adapters().history().lastCompleted(plan, kind))
                .flatMap(run -> run.flatMap(HistoryEntry.Run::endedAt));
    }
}
