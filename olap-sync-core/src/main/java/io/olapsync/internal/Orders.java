package io.olapsync.internal;

import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshOrder;
import io.olapsync.spi.Snapshot;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewStates;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The orders in the store for the views of the plan. Blocks. */
final class Orders {

    private static final Logger log = LoggerFactory.getLogger(Orders.class);

    /** The reason of an order that stands for events. */
    private static final String KEPT = "events that had to wait";

    private static final String FOREIGN = "events with an unknown transaction";
    private static final int SHOWN = 5;

    private final EngineParts parts;
    private final List<ViewName> planned;

    Orders(EngineParts parts) {
        this.parts = parts;
        this.planned = parts.plan().views().stream().map(view -> view.name()).toList();
    }

    List<RefreshOrder> open() throws RefreshException {
        return parts.adapters().states().orders(planned);
    }

    /**
     * Takes over what events demand of views that cannot be refreshed now: an order each, in place of earlier ones of this
     * kind. These ask for no less, since their transaction began after those of the events had ended.
     *
     * @param marks what the events demand
     * @return the marks that are kept; none: nothing was ordered
     */
    Set<Mark> keep(Set<ViewName> views, Collection<Mark> marks) throws RefreshException {
        ViewStates store = parts.adapters().states();
        Snapshot now = store.now();
        Set<Mark> kept = marks.stream().filter(mark -> mark.isCoveredBy(now)).collect(Collectors.toSet());
        if (kept.isEmpty()) {
            return kept;
        }
        List<RefreshOrder> earlier = store.orders(views).stream()
                .filter(order -> order.reason().equals(KEPT))
                .toList();
        store.order(views, Duration.ZERO, KEPT);
        fulfilled(earlier);
        return kept;
    }

    /**
     * Orders the view for events whose transactions this store cannot have had: of another cluster, or from a time after a
     * backup. No refresh would ever cover them. The order is a transaction that began after they were read, so once it is
     * visible, each transaction of this store that an event could name is below what ends a snapshot.
     *
     * @param marks what the events demand
     * @return those for which the order stands now
     */
    Set<Mark> instead(ViewName view, Collection<Mark> marks) throws RefreshException {
        ViewStates store = parts.adapters().states();
        Snapshot now = store.now();
        if (marks.stream().noneMatch(mark -> mark.isAfter(now))) {
            return Set.of();
        }
        store.order(Set.of(view), Duration.ZERO, FOREIGN);
        Snapshot after = store.now();
        Set<Mark> foreign = marks.stream().filter(mark -> mark.isAfter(after)).collect(Collectors.toSet());
        if (!foreign.isEmpty()) {
            log.warn(
                    "Events of {} name transactions that the database has not had; they count as events without one: {}",
                    view,
                    foreign.stream().limit(SHOWN).toList());
        }
        return foreign;
    }

    /** Where that cannot be said now, they are found again, and found to be fulfilled. */
    void fulfilled(Collection<RefreshOrder> done) {
        if (done.isEmpty()) {
            return;
        }
        try {
            parts.adapters().states().fulfilled(done);
        } catch (RefreshException | RuntimeException e) {
            log.debug("Orders that are fulfilled could not be forgotten yet: {}", done, e);
        }
    }
}
