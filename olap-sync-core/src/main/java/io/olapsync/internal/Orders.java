package io.olapsync.internal;

import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshOrder;
import io.olapsync.spi.ViewName;
import java.util.Collection;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The orders in the store for the views of the plan. Blocks. */
final class Orders {

    private static final Logger log = LoggerFactory.getLogger(Orders.class);

    private final EngineParts parts;
    private final List<ViewName> planned;

    Orders(EngineParts parts) {
        this.parts = parts;
        this.planned = parts.plan().views().stream().map(view -> view.name()).toList();
    }

    List<RefreshOrder> open() throws RefreshException {
        return parts.adapters().states().orders(planned);
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
