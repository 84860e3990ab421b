package io.olapsync.internal;

import io.olapsync.Selection;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.TickClaim;
import io.olapsync.spi.TickStore;
import io.olapsync.spi.Ticks;
import io.olapsync.spi.ViewConfirmation;
import io.olapsync.spi.ViewControl;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import io.olapsync.spi.ViewStates;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps views younger than their target lags. Every process looks at the states; one of them claims what is due, and refreshes it
 * with what it reads. What is proven to be unchanged is confirmed instead, which makes it as young as a refresh would.
 */
final class LagLoop {

    static final Duration LOOK_EVERY = Duration.ofSeconds(30);

    private static final Logger log = LoggerFactory.getLogger(LagLoop.class);
    private static final Duration SHORTEST_LOOK = Duration.ofSeconds(1);
    private static final Duration STORE_AWAY = Duration.ofSeconds(2);

    private final EngineParts parts;
    private final TickStore store;
    private final Runs runs;
    private final Set<ViewName> targets = new LinkedHashSet<>();
    private final Duration lookEvery;
    private final Recurring looking;

    private final Map<ViewName, Lags.Known> known = new ConcurrentHashMap<>();
    private final Set<ViewName> going = ConcurrentHashMap.newKeySet();
    private final Map<ViewName, Long> postponedUntil = new ConcurrentHashMap<>();
    private final Set<ViewName> troubled = new HashSet<>(); // touched by looks

    LagLoop(EngineParts parts, TickStore store, Runs runs) {
        this.parts = parts;
        this.store = store;
        this.runs = runs;
        Duration shortest = LOOK_EVERY;
        for (var view : parts.plan().views()) {
            if (view.targetLag().isPresent()) {
                targets.add(view.name());
                Duration quarter = view.targetLag().get().dividedBy(4);
                shortest = quarter.compareTo(shortest) < 0 ? quarter : shortest;
            }
        }
        this.lookEvery = shortest.compareTo(SHORTEST_LOOK) < 0 ? SHORTEST_LOOK : shortest;
        this.looking = new Recurring(parts, "The look at target lags", this::look);
    }

    void start() {
        looking.start();
    }

    void stop() {
        looking.stop();
    }

    /** What is wrong with the looking itself. */
    Optional<String> problem() {
        return looking.silence()
                .filter(silence -> silence.compareTo(LOOK_EVERY.multipliedBy(3)) > 0)
                .map(silence -> "this process has not looked at its target lags for " + Texts.of(silence)
                        + ": its threads are stuck, or the database does not answer");
    }

    /** The views that have one. */
    Set<ViewName> targets() {
        return Set.copyOf(targets);
    }

    /** Whether this process was ever told to hold them. */
    boolean isStarted() {
        return looking.silence().isPresent();
    }

    /** What is known now. Blocks for some reads. */
    LagHealth read() throws RefreshException {
        Ticks ticks = store.read(parts.plan().name());
        ViewStates states = parts.adapters().states();
        Set<ViewName> beneath = Demand.beneath(parts.plan(), targets);
        Lags lags = new Lags(parts.plan(), states.read(beneath), ticks.now(), new HashMap<>(known));
        return new LagHealth(lags, ticks, states.controls(beneath));
    }

    private Duration look() {
        try {
            Ticks ticks = store.read(parts.plan().name());
            ViewStates store = parts.adapters().states();
            Map<ViewName, ViewState> states = store.read(Demand.beneath(parts.plan(), targets));
            Lags lags = new Lags(parts.plan(), states, ticks.now(), known);
            LagHealth health = new LagHealth(lags, ticks, store.controls(targets));
            List<Lags.Aim> aims = lags.aims();
            Set<ViewName> claimed = looking.isStopped() ? Set.of() : claim(due(aims, health), health, states);
            if (!claimed.isEmpty()) {
                begin(claimed, states);
            }
            tell(aims, health, claimed);
            return pause(aims, health);
        } catch (RefreshException e) {
            log.debug("It could not be seen how old views are", e);
            return STORE_AWAY;
        }
    }

    /** What is due, and what will soon be: what reads the same views had better be refreshed with it. */
    private List<Lags.Aim> due(List<Lags.Aim> aims, LagHealth health) {
        List<Lags.Aim> due = new ArrayList<>();
        List<Lags.Aim> soon = new ArrayList<>();
        for (Lags.Aim aim : aims) {
            if (!isFree(aim.view(), health.controls())) {
                continue;
            }
            Duration left = untilDue(aim, health);
            if (left.isNegative() || left.isZero()) {
                due.add(aim);
            } else if (left.compareTo(aim.start().dividedBy(10)) <= 0) {
                soon.add(aim);
            }
        }
        if (!due.isEmpty()) {
            due.addAll(soon);
        }
        return due;
    }

    private boolean isFree(ViewName view, Map<ViewName, ViewControl> controls) {
        Long until = postponedUntil.get(view);
        ViewControl control = controls.getOrDefault(view, ViewControl.none(view));
        return !going.contains(view)
                && (until == null || parts.clock().nanoTime() - until >= 0)
                && !control.isPaused()
                && !control.isSuspended();
    }

    private static Duration untilDue(Lags.Aim aim, LagHealth health) {
        Instant now = health.ticks().now();
        return Duration.between(now, health.lags().due(aim, now));
    }

    /**
     * One process takes it up. A claim holds until the view is younger than it; where that does not happen, for as long as a
     * refresh may well take, and then another process tries.
     */
    private Set<ViewName> claim(List<Lags.Aim> due, LagHealth health, Map<ViewName, ViewState> states)
            throws RefreshException {
        Set<ViewName> claimed = new LinkedHashSet<>();
        Instant now = health.ticks().now().truncatedTo(ChronoUnit.MICROS);
        for (Lags.Aim aim : due) {
            Optional<Instant> last =
                    health.lastClaim(aim.view()).map(before -> before.claim().tick());
            ViewState state = states.get(aim.view());
            boolean isDone = last.isEmpty() || (state != null && isSince(last.get(), state));
            Duration apart = isDone ? aim.start().dividedBy(4) : aim.lease();
            if (last.isPresent() && last.get().plus(apart).isAfter(now)) {
                continue;
            }
            TickClaim claim = new TickClaim(
                    parts.plan().name(), LagHealth.claimName(aim.view()), now, Optional.empty(), parts.process(), "");
            if (store.claim(claim, apart)) {
                claimed.add(aim.view());
            }
        }
        return claimed;
    }

    private static boolean isSince(Instant claim, ViewState state) {
        Instant confirmed = state.confirmedAt().orElse(Instant.MIN);
        return !state.refreshedAt().isBefore(claim) || !confirmed.isBefore(claim);
    }

    private void begin(Set<ViewName> views, Map<ViewName, ViewState> states) throws RefreshException {
        Mark mark = new Mark.Moment(parts.adapters().states().now());
        Map<ViewName, Want> wants = new LinkedHashMap<>();
        Map<ViewName, List<Mark>> required = new LinkedHashMap<>();
        for (ViewName view : views) {
            // Refreshed by somebody since it was looked at: the next look will say whether that is enough.
            Optional<Instant> newer = Optional.ofNullable(states.get(view))
                    .map(state -> state.asOf().time().plus(1, ChronoUnit.MICROS));
            wants.put(view, new Want(false, false, Interval.NONE, List.of(), newer, true, false));
            required.put(view, List.of(mark));
        }
        Map<ViewName, ViewConfirmation> unchanged = new ConcurrentHashMap<>();
        Demand demand = Demand.of(parts.plan(), wants, required)
                .telling(confirmation -> unchanged.put(confirmation.view(), confirmation));
        SyncRequest request = new SyncRequest(
                Selection.all(), SyncKind.INCREMENTAL, "target lag", Optional.empty(), Optional.empty(), true);
        Set<ViewName> open = ConcurrentHashMap.newKeySet();
        open.addAll(views);
        going.addAll(views);
        try {
            CompletableFuture<SyncReport> report = runs.begin(request, demand, view -> {
                boolean isTarget = open.remove(view); // and not one beneath
                ended(view, isTarget, Optional.ofNullable(unchanged.get(view)));
            });
            CompletableFuture<?> unused = report.whenComplete((done, failure) -> {
                if (failure != null) {
                    log.warn("A run to hold target lags was refused: {}", failure.getMessage());
                }
                postpone(open);
            });
        } catch (IllegalStateException closed) {
            going.removeAll(views);
        }
    }

    /** A view, or one that it reads, was refreshed or left as it is on purpose. */
    private void ended(ViewName view, boolean isTarget, Optional<ViewConfirmation> unchanged) {
        Runnable free = () -> {
            if (isTarget) {
                going.remove(view);
            }
        };
        if (unchanged.isEmpty()) {
            free.run();
            return;
        }
        parts.dispatcher()
                .submitBeside(
                        () -> {
                            confirm(unchanged.get());
                            free.run();
                        },
                        refused -> free.run());
    }

    private void confirm(ViewConfirmation unchanged) {
        try {
            parts.adapters().states().confirmed(List.of(unchanged));
        } catch (RefreshException | RuntimeException e) {
            log.debug("It could not be recorded that {} is unchanged", unchanged.view(), e);
        }
    }

    private void postpone(Set<ViewName> failed) {
        long until =
                parts.clock().nanoTime() + parts.settings().retry().interval().toNanos();
        failed.forEach(view -> postponedUntil.put(view, until));
        going.removeAll(failed);
    }

    private void tell(List<Lags.Aim> aims, LagHealth health, Set<ViewName> claimed) {
        for (Lags.Aim aim : aims) {
            Optional<String> problem = claimed.contains(aim.view()) && aim.isHoldable()
                    ? Optional.empty() // it has only just been taken up
                    : health.problem(aim);
            if (problem.isPresent() && troubled.add(aim.view())) {
                log.warn(
                        "{} cannot be held to its target lag of {}: {}",
                        aim.view(),
                        Texts.of(aim.lag()),
                        problem.get());
            } else if (problem.isEmpty() && !claimed.contains(aim.view()) && troubled.remove(aim.view())) {
                log.info("{} holds its target lag of {} again", aim.view(), Texts.of(aim.lag()));
            }
        }
    }

    private Duration pause(List<Lags.Aim> aims, LagHealth health) {
        Duration pause = lookEvery;
        for (Lags.Aim aim : aims) {
            Duration left = untilDue(aim, health);
            boolean waits = !left.isNegative() && !left.isZero();
            if (waits && left.compareTo(pause) < 0) {
                pause = left;
            }
        }
        return pause;
    }
}
