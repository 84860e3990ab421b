package io.olapsync.internal;

import io.olapsync.spi.CacheInvalidator;
import io.olapsync.spi.ChangeFeed;
import io.olapsync.spi.CheckHandler;
import io.olapsync.spi.EventSource;
import io.olapsync.spi.IncidentSource;
import io.olapsync.spi.IncidentStore;
import io.olapsync.spi.LockProvider;
import io.olapsync.spi.RefreshExecutor;
import io.olapsync.spi.SyncHistory;
import io.olapsync.spi.SyncListener;
import io.olapsync.spi.TickStore;
import io.olapsync.spi.ViewCatalog;
import io.olapsync.spi.ViewStates;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the plugins and the host brought, complete and unambiguous. */
record Adapters(
        RefreshExecutor executor,
        LockProvider locks,
        ViewStates states,
        SyncHistory history,
        Optional<TickStore> ticks,
        Optional<ViewCatalog> catalog,
        Optional<CacheInvalidator> invalidator,
        Optional<IncidentStore> incidents,
        Optional<ChangeFeed> changeFeed,
        List<IncidentSource> incidentSources,
        List<EventSource> sources,
        Map<String, CheckHandler> checks,
        List<SyncListener> listeners,
        List<AutoCloseable> resources) {

    Adapters {
        incidentSources = List.copyOf(incidentSources);
        sources = List.copyOf(sources);
        checks = Map.copyOf(checks);
        listeners = List.copyOf(listeners);
        resources = List.copyOf(resources);
    }
}
