package io.olapsync.examples.cli;

import io.olapsync.SyncPlan;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.Snapshot;
import io.olapsync.spi.SyncHistory;
import io.olapsync.spi.ViewControl;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import io.olapsync.spi.ViewStates;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a sync would do, by what is recorded now. Nothing is touched and no lock is asked for: what another process does in
 * between, it cannot know.
 */
final class PlanPreview {

    /** Whether a view would be refreshed, and why, or why not. */
    record Intent(
            ViewName view, boolean refreshed, String reason, Optional<Instant> asOf, Optional<Duration> expected) {}

    private final SyncPlan plan;
    private final Map<ViewName, ViewState> states;
    private final Map<ViewName, ViewControl> controls;
    private final Map<ViewName, HistoryEntry.Step> latest;
    private final Optional<Snapshot> now;

    private PlanPreview(
            SyncPlan plan,
            Map<ViewName, ViewState> states,
            Map<ViewName, ViewControl> controls,
            Map<ViewName, HistoryEntry.Step> latest,
            Optional<Snapshot> now) {
        this.plan = plan;
        this.states = states;
        this.controls = controls;
        this.latest = latest;
        this.now = now;
    }

    /** Where nothing was ever synced. */
    static PlanPreview ofNothing(SyncPlan plan) {
        return new PlanPreview(plan, Map.of(), Map.of(), Map.of(), Optional.empty());
    }

    static PlanPreview read(SyncPlan plan, ViewStates states, SyncHistory history) throws RefreshException {
        List<ViewName> all = plan.views().stream().map(view -> view.name()).toList();
        return new PlanPreview(
                plan, states.read(all), states.controls(all), history.latest(all), Optional.of(states.now()));
    }

    /** What {@code run} would do with these views. */
    List<Intent> run(Set<ViewName> selected) {
        return selected.stream()
                .map(view -> control(view).isPaused() ? skip(view, "paused") : refresh(view, because(view)))
                .toList();
    }

    /** What {@code refresh} would do with these views, those that they read first. */
    List<Intent> refresh(Set<ViewName> wanted, Duration minInterval) {
        Set<ViewName> all = new LinkedHashSet<>();
        wanted.forEach(view -> {
            all.addAll(plan.ancestors(view));
            all.add(view);
        });
        List<Intent> intents = new ArrayList<>();
        Set<ViewName> changing = new LinkedHashSet<>();
        plan.views().stream().map(view -> view.name()).filter(all::contains).forEach(view -> {
            Intent intent = intent(view, changing, plan.view(view).minInterval().orElse(minInterval));
            intents.add(intent);
            if (intent.refreshed()) {
                changing.add(view);
            }
        });
        return intents;
    }

    private Intent intent(ViewName view, Set<ViewName> changing, Duration minInterval) {
        ViewState state = states.get(view);
        if (control(view).isPaused()) {
            return skip(view, "paused");
        }
        if (control(view).isSuspended()) {
            return skip(view, "suspended after " + control(view).failures() + " failures");
        }
        if (state == null) {
            return refresh(view, "never refreshed");
        }
        Duration age = state.staleness().minus(Duration.between(state.asOf().time(), state.refreshedAt()));
        if (!age.isNegative() && !state.staleness().isZero() && age.compareTo(minInterval) < 0) {
            return skip(view, "too recent: refreshed " + text(age) + " ago, the interval is " + text(minInterval));
        }
        Snapshot shown = Snapshot.parse(state.asOf().snapshot());
        Optional<ViewName> changed = plan.ancestors(view).stream()
                .filter(upstream -> changing.contains(upstream) || isAhead(upstream, state, shown))
                .findFirst();
        if (changed.isPresent()) {
            return refresh(view, changed.get() + " is refreshed first, or was since");
        }
        return now.filter(shown::covers).isPresent()
                ? skip(view, "nothing changed: it shows everything that is committed")
                : refresh(view, "something was written since; left alone where it proves to be nothing that it reads");
    }

    private boolean isAhead(ViewName upstream, ViewState state, Snapshot shown) {
        ViewState above = states.get(upstream);
        return above != null && above.lastChange() != state.lastChange() && !shown.covers(above.lastChange());
    }

    private String because(ViewName view) {
        return Optional.ofNullable(states.get(view))
                .map(state -> "selected; its data is " + text(state.staleness()) + " old")
                .orElse("selected; never refreshed");
    }

    private ViewControl control(ViewName view) {
        return controls.getOrDefault(view, ViewControl.none(view));
    }

    private Intent refresh(ViewName view, String reason) {
        return new Intent(view, true, reason, asOf(view), expected(view));
    }

    private Intent skip(ViewName view, String reason) {
        return new Intent(view, false, reason, asOf(view), Optional.empty());
    }

    private Optional<Instant> asOf(ViewName view) {
        return Optional.ofNullable(states.get(view)).map(state -> state.asOf().time());
    }

    private Optional<Duration> expected(ViewName view) {
        return Optional.ofNullable(latest.get(view))
                .flatMap(HistoryEntry.Step::took)
                .or(() -> Optional.ofNullable(states.get(view)).map(ViewState::took));
    }

    /** The longest path by what each took last time: no run can be shorter, whatever runs beside it. */
    Duration atLeast(List<Intent> intents) {
        Map<ViewName, Duration> ends = new HashMap<>();
        Map<ViewName, Duration> own = new HashMap<>();
        intents.forEach(intent -> own.put(intent.view(), intent.expected().orElse(Duration.ZERO)));
        Duration longest = Duration.ZERO;
        for (ViewName view : plan.views().stream().map(each -> each.name()).toList()) {
            Duration begin = plan.view(view).upstreams().stream()
                    .map(upstream -> ends.getOrDefault(upstream, Duration.ZERO))
                    .max(Duration::compareTo)
                    .orElse(Duration.ZERO);
            Duration end = begin.plus(own.getOrDefault(view, Duration.ZERO));
            ends.put(view, end);
            longest = end.compareTo(longest) > 0 ? end : longest;
        }
        return longest;
    }

    private static String text(Duration duration) {
        return duration.toSeconds() + " s";
    }
}
