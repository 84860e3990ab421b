package io.olapsync.internal;

import io.olapsync.spi.RefreshOrder;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The changes that wait for a refresh, by view: events, which a further event puts off until the longest wait is over, and
 * orders, which have a time of their own, as has a view that is behind those beneath it. Knows nothing of servers or
 * threads; times are nanoseconds of one clock. Not thread-safe.
 */
final class ChangeQueue {

    /** Something that wants views refreshed, and is done once each of them has reached its mark. */
    static final class Change {
        final Mark mark;
        final Optional<Delivery> delivery; // of an event
        private final Optional<RefreshOrder> order;
        private final long dueAt; // of an order
        private final long arrived; // of an event
        private int open;

        private Change(Mark mark, Optional<Delivery> delivery, Optional<RefreshOrder> order, long arrived, long dueAt) {
            this.mark = mark;
            this.delivery = delivery;
            this.order = order;
            this.arrived = arrived;
            this.dueAt = dueAt;
        }

        /** An event that came just now. */
        static Change event(Mark mark, Delivery delivery, long now) {
            return new Change(mark, Optional.of(delivery), Optional.empty(), now, 0);
        }

        private static Change order(RefreshOrder order, long now) {
            long dueAt = now + Math.max(0, order.dueIn().toNanos());
            return new Change(
                    new Mark.Transaction(order.transaction()), Optional.empty(), Optional.of(order), now, dueAt);
        }
    }

    /** Where a message came from, to be acknowledged there. */
    record Delivery(SourceReader source, String id) {}

    private static final long NEVER = Long.MAX_VALUE;
    private static final Mark BENEATH = new Mark.Beneath();

    private static final class Dirty {
        final Deque<Change> events = new ArrayDeque<>();
        final Map<Long, Change> orders = new LinkedHashMap<>();
        long behindAt = NEVER; // when it is due because it does not show what the views beneath do
        long lastEvent;
        long notBefore = Long.MIN_VALUE;
        boolean running;
        Object basis = List.of();
        int unreached; // so many events, the first ones, had not been reached on this basis
    }

    private final long debounce;
    private final long longestWait;
    private final int most;
    private final Map<ViewName, Dirty> dirty = new LinkedHashMap<>();
    private int events;

    /** @param most how many events may wait before they are due at once */
    ChangeQueue(Duration debounce, Duration longestWait, int most) {
        this.debounce = debounce.toNanos();
        this.longestWait = longestWait.toNanos();
        this.most = most;
    }

    /** Adds an event for these views, at least one. */
    void add(Change event, Set<ViewName> views, long now) {
        event.open = views.size();
        events++;
        for (ViewName view : views) {
            Dirty waiting = dirty.computeIfAbsent(view, v -> new Dirty());
            waiting.events.add(event);
            waiting.lastEvent = now;
        }
    }

    /** Makes the orders the ones that are known: new ones are added, those that are not among them are forgotten. */
    void orders(Collection<RefreshOrder> known, long now) {
        Set<Long> ids = new HashSet<>();
        for (RefreshOrder order : known) {
            ids.add(order.id());
            dirty.computeIfAbsent(order.view(), v -> new Dirty())
                    .orders
                    .computeIfAbsent(order.id(), id -> Change.order(order, now));
        }
        dirty.values().forEach(waiting -> waiting.orders.keySet().retainAll(ids));
        forgetClean();
    }

    /** The view does not show what the views beneath it do, and is due for that at this time. */
    void behind(ViewName view, long dueAt) {
        Dirty waiting = dirty.computeIfAbsent(view, v -> new Dirty());
        waiting.behindAt = Math.min(waiting.behindAt, dueAt);
    }

    /** The views that wait for anything. */
    Set<ViewName> views() {
        return new LinkedHashSet<>(dirty.keySet());
    }

    /** How much waits for a view. */
    record Waiting(int events, int orders) {
        static final Waiting NOTHING = new Waiting(0, 0);
    }

    /** How much waits for each view that something waits for. */
    Map<ViewName, Waiting> waiting() {
        Map<ViewName, Waiting> all = new HashMap<>();
        dirty.forEach((view, waiting) -> all.put(view, new Waiting(waiting.events.size(), waiting.orders.size())));
        return all;
    }

    /** How many events wait. */
    int size() {
        return events;
    }

    boolean isFull() {
        return events >= most;
    }

    /** The views that are due and not being refreshed; from now on they are. */
    Set<ViewName> takeDue(long now) {
        Set<ViewName> due = new LinkedHashSet<>();
        dirty.forEach((view, waiting) -> {
            if (!waiting.running && dueAt(waiting, now) <= now) {
                waiting.running = true;
                due.add(view);
            }
        });
        return due;
    }

    /** When the next view is due that is not being refreshed. */
    OptionalLong nextDue(long now) {
        return dirty.values().stream()
                .filter(waiting -> !waiting.running)
                .mapToLong(waiting -> dueAt(waiting, now))
                .min();
    }

    private long dueAt(Dirty waiting, long now) {
        long due = waiting.behindAt;
        if (!waiting.events.isEmpty()) {
            due = isFull() ? now : Math.min(waiting.lastEvent + debounce, latest(waiting.events.getFirst()));
        }
        for (Change order : waiting.orders.values()) {
            due = Math.min(due, order.dueAt);
        }
        return Math.max(due, waiting.notBefore);
    }

    private long latest(Change event) {
        return event.arrived + longestWait;
    }

    /** The view is no longer being refreshed. */
    void released(ViewName view) {
        Dirty waiting = dirty.get(view);
        if (waiting != null) {
            waiting.running = false;
        }
        forgetClean();
    }

    /** The view is no longer being refreshed, and not due before then. */
    void postpone(ViewName view, long until) {
        Dirty waiting = dirty.get(view);
        if (waiting != null) {
            waiting.running = false;
            waiting.notBefore = until;
        }
        forgetClean();
    }

    /** By when the events of this view must be refreshed; empty where only orders wait, or nothing. */
    OptionalLong latest(ViewName view) {
        return latest(view, mark -> false);
    }

    /** By when the events of this view must be refreshed that are not among these; empty: there are none. */
    OptionalLong latest(ViewName view, Predicate<Mark> shown) {
        Dirty waiting = dirty.get(view);
        Optional<Change> first = waiting == null
                ? Optional.empty()
                : waiting.events.stream()
                        .filter(event -> !shown.test(event.mark))
                        .findFirst();
        return first.isEmpty() ? OptionalLong.empty() : OptionalLong.of(latest(first.get()));
    }

    /** What the events demand that have waited as long as they may. */
    List<Mark> overdue(ViewName view, long now) {
        Dirty waiting = dirty.get(view);
        return waiting == null
                ? List.of()
                : Mark.together(waiting.events.stream()
                        .takeWhile(event -> latest(event) <= now)
                        .map(event -> event.mark)
                        .toList());
    }

    /** Whether an order for the view is due. */
    boolean isOrdered(ViewName view, long now) {
        Dirty waiting = dirty.get(view);
        return waiting != null && waiting.orders.values().stream().anyMatch(order -> order.dueAt <= now);
    }

    /** Whether the view is due because it does not show what the views beneath it do. */
    boolean isBehind(ViewName view, long now) {
        Dirty waiting = dirty.get(view);
        return waiting != null && waiting.behindAt <= now;
    }

    boolean hasOrder(ViewName view) {
        Dirty waiting = dirty.get(view);
        return waiting != null && !waiting.orders.isEmpty();
    }

    /** What this view must reach; empty: nothing waits for it. */
    List<Mark> marks(ViewName view) {
        return Mark.together(each(view));
    }

    /** Whether anything of what was wanted of this view still waits for it. */
    boolean waitsFor(ViewName view, List<Mark> wanted) {
        return each(view).stream().anyMatch(mark -> wanted.stream().anyMatch(all -> all.includes(mark)));
    }

    private List<Mark> each(ViewName view) {
        Dirty waiting = dirty.get(view);
        if (waiting == null) {
            return List.of();
        }
        List<Mark> marks = new ArrayList<>(waiting.events.size() + waiting.orders.size() + 1);
        waiting.orders.values().forEach(order -> marks.add(order.mark));
        if (waiting.behindAt != NEVER) {
            marks.add(BENEATH);
        }
        waiting.events.forEach(event -> marks.add(event.mark));
        return marks;
    }

    /** What the views show by now. */
    interface Shown {

        /** Whether this view has reached this mark. */
        boolean covers(ViewName view, Mark mark);

        /** What decides it: where this is as it was, so are the answers for the view. */
        Object basis(ViewName view);
    }

    /** Takes out what has been reached. What had not been when the view showed the same is not asked for again. */
    Done settle(Shown shown) {
        Done done = new Done(new ArrayList<>(), new ArrayList<>(), new LinkedHashMap<>());
        dirty.forEach((view, waiting) -> {
            waiting.orders.values().removeIf(order -> {
                boolean over = shown.covers(view, order.mark);
                if (over) {
                    order.order.ifPresent(done.orders::add);
                }
                return over;
            });
            if (waiting.behindAt != NEVER && shown.covers(view, BENEATH)) {
                waiting.behindAt = NEVER;
            }
            Object basis = shown.basis(view);
            int fresh = basis.equals(waiting.basis) ? waiting.events.size() - waiting.unreached : waiting.events.size();
            Covered covered = letGo(waiting, fresh, mark -> shown.covers(view, mark), done.events);
            waiting.basis = basis;
            waiting.unreached = waiting.events.size();
            if (covered.events > 0) {
                done.covered.put(view, covered);
            }
        });
        events -= done.events.size();
        forgetClean();
        return done;
    }

    /**
     * Takes out the events of this view that have been taken care of elsewhere.
     *
     * @return those that now wait for no view any more
     */
    List<Delivery> keptElsewhere(ViewName view, Predicate<Mark> kept) {
        List<Delivery> done = new ArrayList<>();
        Dirty waiting = dirty.get(view);
        if (waiting != null) {
            letGo(waiting, waiting.events.size(), kept, done);
            waiting.unreached = 0;
        }
        events -= done.size();
        forgetClean();
        return done;
    }

    /** What events demand of this view, each mark once. */
    Set<Mark> eventMarks(ViewName view) {
        Set<Mark> marks = new LinkedHashSet<>();
        Dirty waiting = dirty.get(view);
        if (waiting != null) {
            waiting.events.forEach(event -> marks.add(event.mark));
        }
        return marks;
    }

    /** The views with events that are being refreshed, or are not to be for a while. */
    Set<ViewName> blocked(long now) {
        Set<ViewName> blocked = new LinkedHashSet<>();
        dirty.forEach((view, waiting) -> {
            if (!waiting.events.isEmpty() && (waiting.running || waiting.notBefore > now)) {
                blocked.add(view);
            }
        });
        return blocked;
    }

    /** What has been reached: events that now wait for no view any more, orders, and what each view shows now. */
    record Done(List<Delivery> events, List<RefreshOrder> orders, Map<ViewName, Covered> covered) {}

    /** How many events a view shows now, and when the first of them arrived. */
    record Covered(int events, long firstArrived) {}

    /** Takes out of the latest so many events of a view those that are over. */
    private static Covered letGo(Dirty waiting, int latest, Predicate<Mark> over, List<Delivery> done) {
        @Nullable Mark asked = null; // the events of a transaction come together
        boolean isOver = false;
        int covered = 0;
        long firstArrived = NEVER;
        boolean all = latest == waiting.events.size();
        Iterator<Change> each = all ? waiting.events.iterator() : waiting.events.descendingIterator();
        for (int i = 0; i < latest; i++) {
            Change event = each.next();
            if (!event.mark.equals(asked)) {
                asked = event.mark;
                isOver = over.test(asked);
            }
            if (isOver) {
                each.remove();
                covered++;
                firstArrived = Math.min(firstArrived, event.arrived);
                if (--event.open == 0) {
                    event.delivery.ifPresent(done::add);
                }
            }
        }
        return new Covered(covered, firstArrived);
    }

    private void forgetClean() {
        dirty.values()
                .removeIf(waiting -> !waiting.running
                        && waiting.events.isEmpty()
                        && waiting.orders.isEmpty()
                        && waiting.behindAt == NEVER);
    }
}
