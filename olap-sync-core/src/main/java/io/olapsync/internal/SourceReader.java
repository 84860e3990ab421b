package io.olapsync.internal;

import io.olapsync.SyncHealth;
import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.EventSource;
import io.olapsync.spi.EventsUnavailableException;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.Snapshot;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import io.olapsync.spi.ViewStates;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one source for as long as the engine lives: polls, routes by the plan's event map, hands over to the
 * {@link ChangeLoop}, and acknowledges what that is done with. It never stops by itself: where the source or the store is
 * away it keeps what it has, waits, and goes on.
 *
 * <p>One poll at a time, on a worker; nothing is held between two.
 */
final class SourceReader {

    private static final Logger log = LoggerFactory.getLogger(SourceReader.class);
    private static final int BATCH = 1_000;
    private static final Duration WAIT = Duration.ofSeconds(1);
    private static final Duration FULL = Duration.ofMillis(100);
    private static final Duration FIRST_BACKOFF = Duration.ofMillis(200);
    private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(5);
    private static final int KEEPS_PER_PATIENCE = 4;

    private final EngineParts parts;
    private final EventSource source;
    private final ChangeLoop loop;
    private final Map<String, Set<ViewName>> routes;
    private final EventFeed feed;
    private final Set<String> held = ConcurrentHashMap.newKeySet();
    private final Queue<List<String>> done = new ConcurrentLinkedQueue<>();
    private final SerialExecutor acknowledgements = new SerialExecutor();
    private final Map<ViewName, Long> said = new HashMap<>();
    private final AtomicLong delivered = new AtomicLong();
    private final AtomicLong unknown = new AtomicLong();
    private final AtomicLong setAside = new AtomicLong();

    /** The wait for room that is under way, null where there is none; who takes it out polls. */
    private final AtomicReference<@Nullable Object> waitForRoom = new AtomicReference<>();

    private volatile Optional<String> problem = Optional.empty();
    private volatile boolean stopped;

    /** A batch that could not be handed over yet. Touched by the poll alone. */
    private EventSource.@Nullable Batch carried;

    /** Whether what the gap of this batch may have lost has been ordered. Touched by the poll alone. */
    private boolean gapOrdered;

    private Duration backoff = FIRST_BACKOFF;

    SourceReader(EngineParts parts, EventSource source, ChangeLoop loop) {
        this.parts = parts;
        this.source = source;
        this.loop = loop;
        this.routes = parts.plan().events();
        this.feed = new EventFeed(parts.plan(), parts.adapters().changeFeed());
    }

    void start() {
        log.info("Reads events from {}", source.name());
        next(Duration.ZERO);
        keepLater();
    }

    /** Polls no more, and lets go of the source; what was not acknowledged stays with it. */
    void stop() {
        stopped = true;
        acknowledgeAll();
        try {
            source.close();
        } catch (Throwable e) { // the rest of the engine is still to be closed
            log.warn("{} could not be closed", source.name(), e);
        }
    }

    /** These messages are covered, and so there may be room for others. */
    void done(List<String> ids) {
        done.add(ids);
        beside(this::acknowledge);
        if (waitForRoom.getAndSet(null) != null) {
            later(this::pollBeside, Duration.ZERO); // out of the loop's turn, on whatever executor
        }
    }

    /** What health says of it. */
    SyncHealth.Source health() {
        return new SyncHealth.Source(
                source.name(), problem, delivered.get(), held.size(), unknown.get(), setAside.get());
    }

    private void next(Duration pause) {
        if (stopped) {
            return;
        }
        if (pause.isZero()) {
            pollBeside();
        } else {
            later(this::pollBeside, pause);
        }
    }

    private void later(Runnable work, Duration pause) {
        try {
            parts.scheduler().schedule(work, pause.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("{} is not read any more: the scheduler was shut down", source.name(), e);
        }
    }

    private void pollBeside() {
        parts.dispatcher().submitBeside(this::poll, this::backOff);
    }

    private void poll() {
        if (stopped) {
            return;
        }
        if (!loop.hasRoom()) {
            awaitRoom();
            return;
        }
        try {
            long began = parts.clock().nanoTime();
            EventSource.Batch batch =
                    carried != null ? carried : feed.hasRoom() ? source.poll(BATCH, WAIT) : EventSource.Batch.EMPTY;
            carried = batch;
            handOver(batch);
            carried = null;
            gapOrdered = false;
            backoff = FIRST_BACKOFF;
            if (problem.isPresent()) {
                problem = Optional.empty();
                log.info("Reads events from {} again", source.name());
            }
            if (!done.isEmpty()) {
                beside(this::acknowledge);
            }
            Duration took = Duration.ofNanos(parts.clock().nanoTime() - began);
            next(batch.events().isEmpty() && took.compareTo(WAIT) < 0 ? WAIT.minus(took) : Duration.ZERO);
        } catch (Throwable e) { // a source is a plugin: whatever it throws, it must not be left unread for ever
            backOff(e);
        }
    }

    /** Until messages of this source are done with; looks now and then, since room may come of those of another. */
    private void awaitRoom() {
        Object wait = new Object();
        waitForRoom.set(wait);
        loop.makeRoom();
        Runnable goOn = () -> {
            if (waitForRoom.compareAndSet(wait, null)) {
                next(Duration.ZERO);
            }
        };
        if (loop.hasRoom()) { // it came before anybody knew of this wait
            goOn.run();
        } else {
            later(goOn, FULL);
        }
    }

    private void backOff(Throwable e) {
        if (stopped) {
            return;
        }
        Duration pause = backoff;
        Duration doubled = backoff.multipliedBy(2);
        backoff = doubled.compareTo(LONGEST_BACKOFF) > 0 ? LONGEST_BACKOFF : doubled;
        try {
            tell(e);
        } finally {
            next(pause);
        }
    }

    /** One line when it begins; an Error with its trace, since nobody expects one. */
    private void tell(Throwable e) {
        String text = e instanceof Error || e.getMessage() == null ? e.toString() : e.getMessage();
        boolean known = problem.isPresent();
        boolean same = problem.equals(Optional.of(text));
        problem = Optional.of(text);
        if (e instanceof Error && !same) {
            log.error("Events from {} cannot be taken over; it is tried again", source.name(), e);
        } else if (!known) {
            log.warn("Events from {} cannot be taken over; it is tried again: {}", source.name(), e.toString());
        }
        log.debug("Why they cannot", e);
        flagInterrupt(e);
    }

    /** A source in a language without checked exceptions may throw it. */
    private static void flagInterrupt(Throwable e) {
        if (e instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
    }

    /** May be repeated with the same batch: until the loop has it, nothing that is done here counts. */
    private void handOver(EventSource.Batch batch) throws EventsUnavailableException, RefreshException {
        if (batch.gap()) {
            mend();
        }
        for (EventSource.SetAside message : batch.setAside()) {
            setAside.incrementAndGet();
            log.warn("Message {} of {} was set aside: {}", message.id(), source.name(), message.reason());
        }
        ViewStates store = parts.adapters().states();
        EventFeed.Sorted sorted = feed.sorted(
                batch.events().stream()
                        .filter(event -> !held.contains(event.id())) // delivered again although it waits here
                        .toList(),
                store);
        handOver(sorted.due(), store);
        delivered.addAndGet(batch.events().size());
        feed.waitFor(sorted.open());
        sorted.open().forEach(event -> held.add(event.id()));
    }

    private void handOver(List<ChangeEvent> events, ViewStates store) throws RefreshException {
        if (events.isEmpty()) {
            return;
        }
        long now = parts.clock().nanoTime();
        Set<ViewName> concerned = new LinkedHashSet<>();
        for (ChangeEvent event : events) {
            concerned.addAll(routes.getOrDefault(event.type(), Set.of()));
        }
        OptionalLong fed = feed.record(events);
        Map<ViewName, ViewState> states = concerned.isEmpty() ? Map.of() : store.read(loop.beneath(concerned));
        Map<ChangeQueue.Change, Set<ViewName>> changes = changes(events, fed, now);
        say(concerned, now);
        changes.keySet()
                .forEach(change -> held.add(change.delivery.orElseThrow().id()));
        loop.arrived(changes, states);
    }

    private Map<ChangeQueue.Change, Set<ViewName>> changes(List<ChangeEvent> events, OptionalLong fed, long now)
            throws RefreshException {
        Map<ChangeQueue.Change, Set<ViewName>> changes = new LinkedHashMap<>();
        @Nullable Mark moment = null;
        for (ChangeEvent event : events) {
            Set<ViewName> views = routes.getOrDefault(event.type(), Set.of());
            if (views.isEmpty()) {
                unknown.incrementAndGet();
                log.debug("{} {} concerns no view of the plan", event.type(), event.id());
                done.add(List.of(event.id()));
                continue;
            }
            if (fed.isPresent() && feed.carries(event.type())) {
                // What it says is covered where the transaction is seen that recorded it, which came after its own.
                Mark mark = new Mark.Transaction(fed.getAsLong());
                changes.put(ChangeQueue.Change.event(mark, new ChangeQueue.Delivery(this, event.id()), now), views);
                continue;
            }
            if (event.transaction().isEmpty() && moment == null) {
                Snapshot taken = parts.adapters().states().now(); // after the message was read
                moment = new Mark.Moment(taken);
            }
            Mark mark = event.transaction().isPresent()
                    ? new Mark.Transaction(event.transaction().getAsLong())
                    : Objects.requireNonNull(moment);
            changes.put(ChangeQueue.Change.event(mark, new ChangeQueue.Delivery(this, event.id()), now), views);
        }
        return changes;
    }

    /** Tells the other processes that a burst goes on, often enough for them to know whether it is over. */
    private void say(Set<ViewName> concerned, long now) throws RefreshException {
        long often = parts.settings().between().debounce().toNanos() / 2;
        Set<ViewName> due = new LinkedHashSet<>();
        for (ViewName view : concerned) {
            Long last = said.get(view);
            if (last == null || now - last >= often) {
                due.add(view);
            }
        }
        if (!due.isEmpty()) {
            parts.adapters().states().eventsArriving(due);
            due.forEach(view -> said.put(view, now));
        }
    }

    /** Nobody knows what was lost: every view that the events of this plan make stale is ordered, before it is forgotten. */
    private void mend() throws RefreshException, EventsUnavailableException {
        Set<ViewName> mapped = new LinkedHashSet<>();
        routes.values().forEach(mapped::addAll);
        if (!mapped.isEmpty() && !gapOrdered) {
            feed.recordAny();
            log.warn("Events may have been lost in {}: {} are refreshed", source.name(), mapped);
            parts.adapters().states().order(mapped, Duration.ZERO, "gap in " + source.name());
            gapOrdered = true; // once, however often the source cannot be told so
            loop.readOrders();
        }
        source.gapRecorded();
    }

    /** One at a time, each with all that there is: a batch in two halves costs the source twice. */
    private void acknowledge() {
        acknowledgements.execute(this::acknowledgeAll);
    }

    private void acknowledgeAll() {
        List<String> ids = new ArrayList<>();
        for (List<String> covered = done.poll(); covered != null; covered = done.poll()) {
            ids.addAll(covered);
        }
        if (ids.isEmpty()) {
            return;
        }
        try {
            source.acknowledge(ids);
            ids.forEach(held::remove);
        } catch (Throwable e) {
            done.add(ids); // with the next; until then they are kept
            notDone("acknowledged", e);
        }
    }

    private void keepLater() {
        try {
            long pause = source.patience().toMillis() / KEEPS_PER_PATIENCE;
            parts.scheduler().schedule(this::keepBeside, Math.max(1, pause), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("Messages are not kept any more: the scheduler was shut down", e);
        }
    }

    private void keepBeside() {
        parts.dispatcher().submitBeside(this::keep, refused -> keepLater());
    }

    private void keep() {
        if (stopped) {
            return;
        }
        try {
            if (!held.isEmpty()) {
                source.keep(List.copyOf(held));
            }
        } catch (Throwable e) {
            notDone("kept", e);
        }
        keepLater();
    }

    private void notDone(String what, Throwable e) {
        if (e instanceof Error) {
            log.error("Messages of {} could not be {}; it is tried again", source.name(), what, e);
        } else {
            log.debug("Messages of {} could not be {} yet", source.name(), what, e);
        }
        flagInterrupt(e);
    }

    private void beside(Runnable work) {
        parts.dispatcher().submitBeside(work, refused -> log.debug("The executor refused to read events", refused));
    }
}
