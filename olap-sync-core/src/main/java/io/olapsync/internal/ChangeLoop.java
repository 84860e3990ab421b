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
import java.util.HashSet;
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
 * because a committed refresh covers it, or because an order in the store has taken its place; whatever fails in between,
 * it stays and is due again.
 *
 * <p>The state is touched in turn only ({@link SerialExecutor}); servers are asked by workers.
 */
final class ChangeLoop implements Lookout.Finder {

    /** How many events may wait; the sources are left alone while there are more. */
    static final int MOST_EVENTS = 50_000;

    private static final Logger log = LoggerFactory.getLogger(ChangeLoop.class);
    private static final Duration HELD_BACK = Duration.ofSeconds(30);
    private static final Duration BETWEEN_RUNS = Duration.ofMillis(200);
    private static final Duration STORE_AWAY = Duration.ofSeconds(2);

    private final EngineParts parts;
    private final Runs runs;
    private final Orders orders;
    private final ChangeQueue queue;
    private final Waits waits;
    private final Lookout lookout;
    private final Set<ViewName> keeping = new HashSet<>(); // touched in turn
    private final SerialExecutor turns = new SerialExecutor();
    private @Nullable Future<?> timer;
    private long timerAt;
    private volatile Map<ViewName, ChangeQueue.Waiting> pending = Map.of();
    private volatile int waiting;
    private volatile boolean stopped;

    ChangeLoop(EngineParts parts, Runs runs) {
        this.parts = parts;
        this.runs = runs;
        this.orders = new Orders(parts);
        Settings.Between between = parts.settings().between();
        this.queue = new ChangeQueue(between.debounce(), between.longestWait(), MOST_EVENTS);
        this.waits = new Waits(parts.plan(), between, queue);
        this.lookout = new Lookout(parts, orders, this);
    }

    /** Begins to look for orders, those of other processes too. */
    void start() {
        lookout.start();
    }

    /** From now on views that events are mapped to are kept up with what they read, too. Blocks for short reads. */
    void eventsAreRead() {
        lookout.eventsAreRead();
    }

    /** Looks for orders now. Blocks; a failure is left to the next look. */
    void readOrders() {
        lookout.readOrders();
    }

    /** How much waits for each view that something waits for. Any thread may ask; never blocks. */
    Map<ViewName, ChangeQueue.Waiting> pending() {
        return pending;
    }

    /** Touches the state, and lets others see how much waits afterwards. */
    private void inTurn(Runnable task) {
        turns.execute(() -> {
            try {
                task.run();
            } finally {
                pending = queue.waiting();
            }
        });
    }

    /** Starts no further run. */
    void stop() {
        stopped = true;
        lookout.stop();
    }

    @Override
    public void ordered(List<RefreshOrder> open, Map<ViewName, ViewState> states) {
        inTurn(() -> {
            queue.orders(open, now());
            settle(states);
            arm();
        });
    }

    @Override
    public void behind(Set<ViewName> views, Duration dueIn) {
        inTurn(() -> {
            views.forEach(view -> queue.behind(view, now() + dueIn.toNanos()));
            arm();
        });
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
        inTurn(() -> {
            long now = now();
            events.forEach((event, views) -> queue.add(event, views, now));
            settle(states);
            arm();
            relieve();
        });
    }

    /** Makes room where there is none: what cannot be refreshed at once need not be held here. */
    void makeRoom() {
        inTurn(this::relieve);
    }

    private void relieve() {
        if (queue.isFull() && !stopped) {
            queue.blocked(now()).forEach(view -> keep(view, marks -> orders.keep(Set.of(view), marks), () -> {}));
        }
    }

    /** Lets go of what is covered. In turn. */
    private void settle(Map<ViewName, ViewState> states) {
        ChangeQueue.Done done = queue.settle(new Coverage(parts.plan(), states));
        acknowledge(done.events());
        long now = now();
        done.covered()
                .forEach((view, events) ->
                        parts.events().covered(view, events.events(), Duration.ofNanos(now - events.firstArrived())));
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
            timer = parts.scheduler().schedule(() -> inTurn(this::tick), timerAt - now, TimeUnit.NANOSECONDS);
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
                                Map<ViewName, ViewControl> controls = store.controls(beneath(due));
                                inTurn(() -> taken(due, () -> seen.with(states, controls)));
                            } catch (Throwable e) { // whatever an adapter throws, else they are never looked at again
                                notSeen(due, e);
                            }
                        },
                        refused -> notSeen(due, refused));
    }

    /** Whatever an adapter's answer leads to, the views must not be left as if they were being refreshed. */
    private void taken(Set<ViewName> due, Runnable seen) {
        try {
            seen.run();
        } catch (Throwable e) {
            log.error("{} could not be decided on; it is tried again", due, e);
            due.forEach(view -> queue.postpone(view, now() + STORE_AWAY.toNanos()));
        }
        arm();
    }

    private void notSeen(Set<ViewName> due, Throwable e) {
        if (e instanceof Error) {
            log.error("The state of {} could not be read; it is tried again", due, e);
        } else {
            log.debug("The state of {} could not be read; it is tried again", due, e);
        }
        inTurn(() -> {
            due.forEach(view -> queue.postpone(view, now() + STORE_AWAY.toNanos()));
            arm();
        });
    }

    /** The views and what they read. */
    Set<ViewName> beneath(Set<ViewName> views) {
        return Demand.beneath(parts.plan(), views);
    }

    private void decide(Set<ViewName> due, Map<ViewName, ViewState> states, Map<ViewName, ViewControl> controls) {
        settle(states);
        Set<ViewName> going = new LinkedHashSet<>();
        for (ViewName view : due) {
            if (queue.marks(view).isEmpty()) {
                queue.released(view);
                continue;
            }
            Set<ViewName> held = waits.heldBack(view, states, controls);
            if (!held.isEmpty()) {
                keep(view, marks -> orders.keep(held, marks), () -> queue.postpone(view, now() + HELD_BACK.toNanos()));
                continue;
            }
            ViewControl control = controls.getOrDefault(view, ViewControl.none(view));
            Duration pause = waits.pause(view, Optional.ofNullable(states.get(view)), control, now());
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

    /** Makes orders, and says for which of these marks they stand now. */
    private interface Ordering {
        Set<Mark> of(Set<Mark> marks) throws RefreshException;
    }

    /** Has orders stand for the events of a view, which are then acknowledged; what comes then is done in turn. In turn. */
    private void keep(ViewName view, Ordering ordering, Runnable then) {
        Set<Mark> marks = queue.eventMarks(view);
        if (marks.isEmpty() || !keeping.add(view)) {
            then.run();
            return;
        }
        Runnable worker = () -> {
            Set<Mark> kept = Set.of();
            try {
                kept = ordering.of(marks);
            } catch (RefreshException | RuntimeException e) {
                log.debug("The events of {} could not be kept as an order; it is tried again", view, e);
            } finally {
                kept(view, kept, then);
            }
        };
        parts.dispatcher().submitBeside(worker, refused -> kept(view, Set.of(), then));
    }

    /** @param marks these alone: an event that came since may need more of the view than what was ordered */
    private void kept(ViewName view, Set<Mark> marks, Runnable then) {
        inTurn(() -> {
            keeping.remove(view);
            acknowledge(queue.keptElsewhere(view, marks::contains));
            then.run();
            arm();
        });
        if (!marks.isEmpty()) {
            readOrders();
        }
    }

    private void run(Set<ViewName> views) {
        Map<ViewName, Want> targets = new LinkedHashMap<>();
        Map<ViewName, List<Mark>> required = new LinkedHashMap<>();
        boolean events = false;
        boolean orders = false;
        for (ViewName view : views) {
            List<Mark> marks = queue.marks(view);
            orders |= queue.hasOrder(view);
            events |= queue.latest(view).isPresent();
            Interval interval = waits.interval(view, now());
            targets.put(view, new Want(false, false, interval, marks, Optional.empty(), false, true));
            required.put(view, marks);
        }
        Demand demand = Demand.of(parts.plan(), targets, required);
        SyncRequest request = new SyncRequest(
                Selection.all(),
                events ? SyncKind.EVENT : SyncKind.INCREMENTAL,
                events ? "events" : orders ? "deferred" : "beneath changed",
                Optional.empty(),
                Optional.empty(),
                true);
        Map<ViewName, List<Mark>> open = new LinkedHashMap<>(required); // touched in turn
        CompletableFuture<SyncReport> report;
        try {
            report = runs.begin(request, demand, view -> inTurn(() -> ended(view, open)));
        } catch (IllegalStateException closed) {
            views.forEach(queue::released);
            return;
        }
        CompletableFuture<?> unused = report.whenComplete((done, failure) -> {
            inTurn(() -> failed(open.keySet(), failure));
            lookout.ended(done, demand.views());
        });
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

    /** What it wanted and could not show cannot be hastened: a transaction still open or unknown, a paused view beneath. */
    private Duration pauseAfter(ViewName view, List<Mark> wanted) {
        boolean unreached = queue.waitsFor(view, wanted);
        if (unreached) {
            keep(view, marks -> orders.instead(view, marks), () -> {});
        }
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
