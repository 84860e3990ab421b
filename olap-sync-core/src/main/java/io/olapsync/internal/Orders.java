package io.olapsync.internal;

import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshOrder;
import io.olapsync.spi.Snapshot;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewStates;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The orders in the store for the views of the plan. Blocks. */
final class Orders {

    private static final Logger log = LoggerFactory.getLogger(Orders.class);

    /** The reason of an order that stands for events. */
    private static final String KEPT = "events that had to wait";

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
     * @return all marks that this covers are kept; empty: none of these is yet, and nothing was ordered
     */
    Optional<Snapshot> keep(Set<ViewName> views, Collection<Mark> marks) throws RefreshException {
        ViewStates store = parts.adapters().states();
        Snapshot now = store.now();
        if (marks.stream().noneMatch(mark -> mark.isCoveredBy(now))) {
            return Optional.empty();
        }
        List<RefreshOrder> earlier = store.orders(views).stream()
                .filter(order -> order.reason().equals(KEPT))
                .toList();
        store.order(views, Duration.ZERO, KEPT);
        fulfilled(earlier);
        return Optional.of(now);
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
