package io.olapsync.benchmarks;

import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.Finding;
import io.olapsync.spi.PendingInvalidation;
import io.olapsync.spi.RefreshExecutor;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshOrder;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.Snapshot;
import io.olapsync.spi.SyncPlugin;
import io.olapsync.spi.ViewCatalog;
import io.olapsync.spi.ViewConfirmation;
import io.olapsync.spi.ViewControl;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.spi.ViewState;
import io.olapsync.spi.ViewStates;
import io.olapsync.testkit.fakes.NoHistory;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Adapters that do nothing, at once, so that what a run takes is the engine's. One of every kind is installed, the
 * optional ones too, so that no path of the engine is left out.
 *
 * @param upstreams what the catalog says each view reads
 * @param executor who refreshes
 * @param states what it says of the views
 */
record NoOpPlugin(Map<ViewName, Set<ViewName>> upstreams, RefreshExecutor executor, ViewStates states)
        implements SyncPlugin {

    private static final DataAsOf AS_OF = new DataAsOf(Instant.EPOCH, "");

    NoOpPlugin(Map<ViewName, Set<ViewName>> upstreams) {
        this(upstreams, new NoRefresh(), new NoStates());
    }

    @Override
    public void install(Registry registry) {
        RefreshLock lock = new NoLock();
        registry.executor(executor)
                .locks(views -> Optional.of(lock))
                .states(states)
                .history(new NoHistory())
                .catalog(new Catalog(upstreams))
                .invalidator(views -> {});
    }

    /** The refresh that takes no time, also for those who call it without the engine. */
    static ViewRefresh refreshed(ViewName view) {
        return new ViewRefresh(view, Optional.of(RowDelta.NONE), 0, AS_OF, Duration.ZERO, Optional.empty());
    }

    private record NoRefresh() implements RefreshExecutor {
        @Override
        public List<ViewRefresh> refresh(RefreshRequest request, RefreshLock lock) {
            return List.of(refreshed(request.views().get(0)));
        }
    }

    private record NoLock() implements RefreshLock {
        @Override
        public <T> Optional<T> unwrap(Class<T> type) {
            return Optional.empty();
        }

        @Override
        public boolean isHeld() {
            return true;
        }

        @Override
        public void close() {}
    }

    /** Nothing was ever refreshed, asked for or held back. */
    static class NoStates implements ViewStates {
        @Override
        public Map<ViewName, ViewState> read(Collection<ViewName> views) {
            return Map.of();
        }

        @Override
        public List<PendingInvalidation> pendingInvalidations(Collection<ViewName> views) {
            return List.of();
        }

        @Override
        public void invalidated(Collection<PendingInvalidation> done) {}

        @Override
        public void confirmed(Collection<ViewConfirmation> unchanged) {}

        @Override
        public Snapshot now() {
            return Snapshot.parse("1:1:");
        }

        @Override
        public void order(Collection<ViewName> views, Duration delay, String reason) {}

        @Override
        public List<RefreshOrder> orders(Collection<ViewName> views) {
            return List.of();
        }

        @Override
        public void fulfilled(Collection<RefreshOrder> orders) {}

        @Override
        public Map<ViewName, ViewControl> controls(Collection<ViewName> views) {
            return Map.of();
        }

        @Override
        public Set<ViewName> failed(Collection<ViewName> views, int suspendAfter) {
            return Set.of();
        }

        @Override
        public void pause(Collection<ViewName> views, String reason) {}

        @Override
        public void resume(Collection<ViewName> views) {}

        @Override
        public void eventsArriving(Collection<ViewName> views) {}
    }

    private record Catalog(Map<ViewName, Set<ViewName>> real) implements ViewCatalog {
        @Override
        public List<Finding> inspect(Set<ViewName> views) {
            return List.of();
        }

        @Override
        public Map<ViewName, Set<ViewName>> upstreams(Set<ViewName> views) {
            return real;
        }
    }
}
