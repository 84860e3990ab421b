package io.olapsync.internal;

import io.olapsync.Selection;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshOrder;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewControl;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import io.olapsync.spi.ViewStates;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns changes into refreshes: gathers them by view, and when a view is due looks at what it shows by now (another process
 * may have refreshed it), starts a run for what is left, and lets go of what the run has covered. A change leaves only
 * because a committed refresh covers it; whatever fails in between, it stays and is due again.
 *
 * <p>The state is touched in turn only ({@link SerialExecutor}); servers are asked by workers.
 */
final class ChangeLoop {

    /** How many events may wait; the sources are left alone while there are more. */
    static final int MOST_EVENTS = 50_000;

    private static final Logger log = LoggerFactory.getLogger(ChangeLoop.class);
    private static final Duration ORDERS_EVERY = Duration.ofSeconds(30);
    private static final Duration HELD_BACK = Duration.ofSeconds(30);
    private static final Duration BETWEEN_RUNS = Duration.ofMillis(200);
    private static final Duration STORE_AWAY = Duration.ofSeconds(2);

    private final EngineParts parts;
    private final Runs runs;
    private final Orders orders;
    private final ChangeQueue queue;
    private final SerialExecutor turns = new SerialExecutor();
    private @Nullable Future<?> timer;
    private long timerAt;
    private volatile int waiting;
    private volatile boolean stopped;

    ChangeLoop(EngineParts parts, Runs runs) {
        this.parts = parts;
        this.runs = runs;
        this.orders = new Orders(parts);
        Settings.Between between = parts.settings().between();
        this.queue = new ChangeQueue(between.debounce(), between.longestWait(), MOST_EVENTS);
    }

    /** Begins to look for orders, those of other processes too. */
    void start() {
        try {
            parts.scheduler().schedule(this::ordersInTime, ORDERS_EVERY.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("Orders are not looked for: the scheduler was shut down", e);
        }
    }

    /** Starts no further run. */
    void stop() {
        stopped = true;
    }

    private void ordersInTime() {
        if (!stopped) {
            parts.dispatcher()
                    .submitBeside(
                            () -> {
                                readOrders();
                                start();
                            },
                            refused -> start());
        }
    }

    /** Looks for orders now. Blocks; a failure is left to the next look. */
    void readOrders() {
        try {
            List<RefreshOrder> open = orders.open();
            Set<ViewName> views = new LinkedHashSet<>();
            open.forEach(order -> views.add(order.view()));
            Map<ViewName, ViewState> states =
                    views.isEmpty() ? Map.of() : parts.adapters().states().read(beneath(views));
            turns.execute(() -> {
                queue.orders(open, now());
                settle(states);
                arm();
            });
        } catch (RefreshException | RuntimeException e) {
            log.debug("Orders could not be read", e);
        }
    }

    /** Whether the sources may deliver more. */
    boolean hasRoom() {
        return waiting < MOST_EVENTS;
    }

    /**
     * Takes events over.
     *
     * @param states of the views concerned and of what they read, read after the events
     */
    void arrived(Map<ChangeQueue.Change, Set<ViewName>> events, Map<ViewName, ViewState> states) {
        turns.execute(() -> {
            long now = now();
            events.forEach((event, views) -> queue.add(event, views, now));
            settle(states);
            arm();
        });
    }

    /** Lets go of what is covered. In turn. */
    private void settle(Map<ViewName, ViewState> states) {
        Coverage coverage = new Coverage(parts.plan(), states);
        ChangeQueue.Done done = queue.settle(coverage::covers);
        acknowledge(done.events());
        if (!done.orders().isEmpty()) {
            parts.dispatcher()
                    .submitBeside(
                            () -> orders.fulfilled(done.orders()),
                            refused -> log.debug("The executor refused to end orders", refused));
        }
    }

    private void acknowledge(List<ChangeQueue.Delivery> events) {
        waiting = queue.size();
        Map<SourceReader, List<String>> bySource = new LinkedHashMap<>();
        for (ChangeQueue.Delivery event : events) {
            bySource.computeIfAbsent(event.source(), source -> new ArrayList<>())
                    .add(event.id());
        }
        bySource.forEach(SourceReader::done);
    }

    /** Sets the timer to the next view that is due. In turn. */
    private void arm() {
        long now = now();
        OptionalLong due = queue.nextDue(now);
        if (stopped || due.isEmpty() || (timer != null && !timer.isDone() && timerAt <= due.getAsLong())) {
            return;
        }
        if (timer != null) {
            timer.cancel(false);
        }
        try {
            timerAt = Math.max(due.getAsLong(), now);
            timer = parts.scheduler().schedule(() -> turns.execute(this::tick), timerAt - now, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("Nothing becomes due any more: the scheduler was shut down", e);
        }
    }

    private void tick() {
        timer = null;
        if (stopped) {
            return;
        }
        Set<ViewName> due = queue.takeDue(now());
        if (!due.isEmpty()) {
            look(due, (states, controls) -> decide(due, states, controls));
        }
        arm();
    }

    /** What a look at the store brings; taken up in turn. */
    private interface Seen {
        void with(Map<ViewName, ViewState> states, Map<ViewName, ViewControl> controls);
    }

    private void look(Set<ViewName> due, Seen seen) {
        Set<ViewName> asked = beneath(queue.views());
        parts.dispatcher()
                .submitBeside(
                        () -> {
                            try {
                                ViewStates store = parts.adapters().states();
                                Map<ViewName, ViewState> states = store.read(asked);
                                Map<ViewName, ViewControl> controls = store.controls(due);
                                turns.execute(() -> taken(due, () -> seen.with(states, controls)));
                            } catch (RefreshException | RuntimeException e) {
                                notSeen(due, e);
                            }
                        },
                        refused -> notSeen(due, refused));
    }

    /** Whatever an adapter's answer leads to, the views must not be left as if they were being refreshed. */
    private void taken(Set<ViewName> due, Runnable seen) {
        try {
            seen.run();
        } catch (RuntimeException e) {
            log.error("{} could not be decided on; it is tried again", due, e);
            due.forEach(view -> queue.postpone(view, now() + STORE_AWAY.toNanos()));
        }
        arm();
    }

    private void notSeen(Set<ViewName> due, Exception e) {
        log.debug("The state of {} could not be read; it is tried again", due, e);
        turns.execute(() -> {
            due.forEach(view -> queue.postpone(view, now() + STORE_AWAY.toNanos()));
            arm();
        });
    }

    /** The views and what they read. */
    Set<ViewName> beneath(Set<ViewName> views) {
        Set<ViewName> all = new LinkedHashSet<>(views);
        views.forEach(view -> all.addAll(Demand.ancestors(parts.plan(), view)));
        return all;
    }

    private void decide(Set<ViewName> due, Map<ViewName, ViewState> states, Map<ViewName, ViewControl> controls) {
        settle(states);
        Set<ViewName> going = new LinkedHashSet<>();
        for (ViewName view : due) {
            if (queue.marks(view).isEmpty()) {
                queue.released(view);
                continue;
            }
            ViewControl control = controls.getOrDefault(view, ViewControl.none(view));
            Duration pause = pause(view, Optional.ofNullable(states.get(view)), control);
            if (pause.isZero()) {
                going.add(view);
            } else {
                queue.postpone(view, now() + pause.toNanos());
            }
        }
        if (!going.isEmpty()) {
            run(going);
        }
    }

    /** How long a view that is due must still wait; zero: not at all. */
    private Duration pause(ViewName view, Optional<ViewState> state, ViewControl control) {
        if (control.isPaused() || control.isSuspended()) {
            return HELD_BACK;
        }
        long now = now();
        OptionalLong latest = queue.latest(view);
        if (queue.hasDueOrder(view, now) || latest.isEmpty() || queue.isFull()) {
            return Duration.ZERO;
        }
        Settings.Between between = parts.settings().between();
        Optional<Duration> age = state.flatMap(Want::age).filter(since -> !since.isNegative());
        if (age.isPresent() && age.get().compareTo(between.eventInterval()) < 0) {
            return between.eventInterval().minus(age.get());
        }
        // Other processes get their share of a burst: it is over when none of them gets any more of it.
        Optional<Duration> quiet = control.sinceEvent().filter(since -> !since.isNegative());
        if (quiet.isPresent() && quiet.get().compareTo(between.debounce()) < 0) {
            long rest = between.debounce().minus(quiet.get()).toNanos();
            return Duration.ofNanos(Math.max(0, Math.min(rest, latest.getAsLong() - now)));
        }
        return Duration.ZERO;
    }

    private void run(Set<ViewName> views) {
        Map<ViewName, Want> targets = new LinkedHashMap<>();
        Map<ViewName, List<Mark>> required = new LinkedHashMap<>();
        boolean events = false;
        for (ViewName view : views) {
            List<Mark> marks = queue.marks(view);
            boolean order = queue.hasDueOrder(view, now());
            events |= queue.latest(view).isPresent();
            Duration interval =
                    order ? Duration.ZERO : parts.settings().between().eventInterval();
            targets.put(view, new Want(false, interval, marks, Optional.empty(), false, true));
            required.put(view, marks);
        }
        Demand demand = Demand.of(parts.plan(), targets, required);
        SyncRequest request = new SyncRequest(
                Selection.all(),
                events ? SyncKind.EVENT : SyncKind.INCREMENTAL,
                events ? "events" : "deferred",
                Optional.empty(),
                Optional.empty(),
                true);
        Map<ViewName, List<Mark>> open = new LinkedHashMap<>(required); // touched in turn
        CompletableFuture<SyncReport> report;
        try {
            report = runs.begin(request, demand, view -> turns.execute(() -> ended(view, open)));
        } catch (IllegalStateException closed) {
            views.forEach(queue::released);
            return;
        }
        CompletableFuture<?> unused =
                report.whenComplete((done, failure) -> turns.execute(() -> failed(open.keySet(), failure)));
    }

    /** A view need not wait for the others of its run, one of which may be failing for a long time. */
    private void ended(ViewName view, Map<ViewName, List<Mark>> open) {
        List<Mark> wanted = open.remove(view);
        if (wanted != null) {
            look(Set.of(view), (states, controls) -> {
                settle(states);
                queue.postpone(view, now() + pauseAfter(view, wanted).toNanos());
            });
        }
    }

    /** What it wanted and could not show cannot be hastened: a transaction still open, a paused view beneath. */
    private Duration pauseAfter(ViewName view, List<Mark> wanted) {
        boolean unreached = queue.marks(view).stream().anyMatch(Set.copyOf(wanted)::contains);
        Duration debounce = parts.settings().between().debounce();
        return unreached && debounce.compareTo(BETWEEN_RUNS) > 0 ? debounce : BETWEEN_RUNS;
    }

    /** The run is over, and these views were not brought up to date: their changes stay, and are due again later. */
    private void failed(Set<ViewName> open, @Nullable Throwable failure) {
        if (failure != null) {
            log.warn("A run for {} was refused; its changes are kept: {}", open, failure.getMessage());
        }
        long again = now() + parts.settings().retry().interval().toNanos();
        open.forEach(view -> queue.postpone(view, again));
        open.clear();
        arm();
    }

    private long now() {
        return parts.clock().nanoTime();
    }
}
