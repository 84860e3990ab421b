package io.olapsync.internal;

import io.olapsync.SyncReport;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshOrder;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks for what is to be refreshed without a message: orders, and views that are behind those beneath them. */
final class Lookout {

    private static final Logger log = LoggerFactory.getLogger(Lookout.class);
    private static final Duration EVERY = Duration.ofSeconds(30);

    private final EngineParts parts;
    private final Orders orders;
    private final Behind behind;
    private final Finder finder;
    private volatile boolean readsEvents;
    private volatile boolean stopped;

    /** Who is told. */
    interface Finder {

        /** These orders are open, all there are; the states were read after them. */
        void ordered(List<RefreshOrder> open, Map<ViewName, ViewState> states);

        /** These views are behind; whoever is refreshing them is given this time to do so. */
        void behind(Set<ViewName> views, Duration dueIn);
    }

    Lookout(EngineParts parts, Orders orders, Finder finder) {
        this.parts = parts;
        this.orders = orders;
        this.behind = new Behind(parts.plan());
        this.finder = finder;
    }

    void start() {
        try {
            parts.scheduler().schedule(this::inTime, EVERY.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("Orders are not looked for: the scheduler was shut down", e);
        }
    }

    void stop() {
        stopped = true;
    }

    private void inTime() {
        if (!stopped) {
            parts.dispatcher()
                    .submitBeside(
                            () -> {
                                try {
                                    readOrders();
                                    readBeneath(parts.settings().between().longestWait());
                                } finally {
                                    start();
                                }
                            },
                            refused -> start());
        }
    }

    /** Looks from now on for views that are behind, too. */
    void eventsAreRead() {
        readsEvents = true;
        readOrders();
        readBeneath(parts.settings().between().longestWait());
    }

    void readOrders() {
        try {
            List<RefreshOrder> open = orders.open();
            Set<ViewName> views = new LinkedHashSet<>();
            open.forEach(order -> views.add(order.view()));
            Map<ViewName, ViewState> states =
                    views.isEmpty() ? Map.of() : parts.adapters().states().read(Demand.beneath(parts.plan(), views));
            finder.ordered(open, states);
        } catch (RefreshException | RuntimeException e) {
            log.debug("Orders could not be read", e);
        }
    }

    /** A run of this process for these views has ended. */
    void ended(@Nullable SyncReport run, Set<ViewName> views) {
        if (run != null && !stopped && behind.mayBeLeftBy(run, views)) {
            parts.dispatcher()
                    .submitBeside(
                            () -> readBeneath(parts.settings().between().debounce()),
                            refused -> log.debug("What is behind is left to the next look", refused));
        }
    }

    private void readBeneath(Duration dueIn) {
        if (!readsEvents) {
            return;
        }
        try {
            Set<ViewName> found = behind.find(parts.adapters().states().read(behind.asked()));
            if (!found.isEmpty()) {
                finder.behind(found, dueIn);
            }
        } catch (RefreshException | RuntimeException e) {
            log.debug("It could not be seen which views are behind others", e);
        }
    }
}
