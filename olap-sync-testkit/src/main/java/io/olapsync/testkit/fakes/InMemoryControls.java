package io.olapsync.testkit.fakes;

import io.olapsync.spi.RefreshOrder;
import io.olapsync.spi.SyncClock;
import io.olapsync.spi.ViewControl;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What holds views back, and what is ordered. Guarded by the warehouse. */
final class InMemoryControls {

    private record Order(long id, ViewName view, long transaction, Instant dueAt, String reason) {}

    private final SyncClock clock;
    private final Map<ViewName, ViewControl> controls = new HashMap<>();
    private final Map<ViewName, Instant> eventsAt = new HashMap<>();
    private final Map<Long, Order> orders = new LinkedHashMap<>();
    private long ids;

    InMemoryControls(SyncClock clock) {
        this.clock = clock;
    }

    void order(Collection<ViewName> views, long transaction, Duration delay, String reason) {
        Instant dueAt = clock.now().plus(delay.isNegative() ? Duration.ZERO : delay);
        for (ViewName view : new LinkedHashSet<>(views)) {
            long id = ++ids;
            orders.put(id, new Order(id, view, transaction, dueAt, reason));
        }
    }

    List<RefreshOrder> orders(Collection<ViewName> views) {
        Set<ViewName> wanted = new HashSet<>(views);
        return orders.values().stream()
                .filter(order -> wanted.contains(order.view()))
                .map(order -> new RefreshOrder(
                        order.id(),
                        order.view(),
                        order.transaction(),
                        Duration.between(clock.now(), order.dueAt()),
                        order.reason()))
                .toList();
    }

    ViewControl control(ViewName view) {
        ViewControl known = controls.getOrDefault(view, ViewControl.none(view));
        Optional<Duration> sinceEvent =
                Optional.ofNullable(eventsAt.get(view)).map(at -> Duration.between(at, clock.now()));
        return new ViewControl(
                view, known.failures(), known.suspendedAt(), known.pausedAt(), known.pauseReason(), sinceEvent);
    }

    Set<ViewName> failed(Collection<ViewName> views, int suspendAfter) {
        Set<ViewName> suspended = new LinkedHashSet<>();
        for (ViewName view : new LinkedHashSet<>(views)) {
            ViewControl before = control(view);
            int failures = before.failures() + 1;
            boolean now = failures >= suspendAfter && !before.isSuspended();
            if (now) {
                suspended.add(view);
            }
            Optional<Instant> at = now ? Optional.of(clock.now()) : before.suspendedAt();
            put(new ViewControl(view, failures, at, before.pausedAt(), before.pauseReason(), Optional.empty()));
        }
        return suspended;
    }

    void pause(Collection<ViewName> views, String reason) {
        for (ViewName view : views) {
            ViewControl before = control(view);
            if (!before.isPaused()) {
                put(new ViewControl(
                        view,
                        before.failures(),
                        before.suspendedAt(),
                        Optional.of(clock.now()),
                        reason,
                        Optional.empty()));
            }
        }
    }

    void resume(Collection<ViewName> views) {
        views.forEach(controls::remove);
    }

    void eventsArriving(Collection<ViewName> views) {
        views.forEach(view -> eventsAt.put(view, clock.now()));
    }

    void fulfilled(Collection<RefreshOrder> done) {
        done.forEach(order -> orders.remove(order.id()));
    }

    /** A refresh of the view was committed. */
    void refreshed(ViewName view) {
        ViewControl before = control(view);
        put(new ViewControl(view, 0, Optional.empty(), before.pausedAt(), before.pauseReason(), Optional.empty()));
    }

    private void put(ViewControl control) {
        controls.put(control.view(), control);
    }
}
