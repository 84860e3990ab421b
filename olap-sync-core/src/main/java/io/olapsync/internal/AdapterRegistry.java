package io.olapsync.internal;

import io.olapsync.PlannedCheck;
import io.olapsync.SyncPlan;
import io.olapsync.schedule.Schedule;
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
import io.olapsync.spi.SyncPlugin;
import io.olapsync.spi.TickStore;
import io.olapsync.spi.ViewCatalog;
import io.olapsync.spi.ViewStates;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Collects what the plugins bring, and says everything that is missing or doubled at once. */
final class AdapterRegistry implements SyncPlugin.Registry {

    private final Map<Class<?>, Object> single = new LinkedHashMap<>();
    private final Map<String, CheckHandler> checks = new LinkedHashMap<>();
    private final List<IncidentSource> incidentSources = new ArrayList<>();
    private final List<EventSource> sources = new ArrayList<>();
    private final List<SyncListener> listeners = new ArrayList<>();
    private final List<AutoCloseable> resources = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();

    @Override
    public AdapterRegistry executor(RefreshExecutor executor) {
        return only(RefreshExecutor.class, executor);
    }

    @Override
    public AdapterRegistry locks(LockProvider locks) {
        return only(LockProvider.class, locks);
    }

    @Override
    public AdapterRegistry states(ViewStates states) {
        return only(ViewStates.class, states);
    }

    @Override
    public AdapterRegistry history(SyncHistory history) {
        return only(SyncHistory.class, history);
    }

    @Override
    public AdapterRegistry ticks(TickStore ticks) {
        return only(TickStore.class, ticks);
    }

    @Override
    public AdapterRegistry catalog(ViewCatalog catalog) {
        return only(ViewCatalog.class, catalog);
    }

    @Override
    public AdapterRegistry invalidator(CacheInvalidator invalidator) {
        return only(CacheInvalidator.class, invalidator);
    }

    @Override
    public AdapterRegistry incidents(IncidentStore incidents) {
        return only(IncidentStore.class, incidents);
    }

    @Override
    public AdapterRegistry incidentSource(IncidentSource source) {
        incidentSources.add(Objects.requireNonNull(source, "source"));
        return this;
    }

    @Override
    public AdapterRegistry events(EventSource source) {
        sources.add(Objects.requireNonNull(source, "source"));
        return this;
    }

    @Override
    public AdapterRegistry changeFeed(ChangeFeed feed) {
        return only(ChangeFeed.class, feed);
    }

    @Override
    public AdapterRegistry check(String type, CheckHandler handler) {
        if (checks.putIfAbsent(type, handler) != null) {
            problems.add("two handlers for checks of type '" + type + "'; install one");
        }
        return this;
    }

    @Override
    public AdapterRegistry listener(SyncListener listener) {
        listeners.add(Objects.requireNonNull(listener, "listener"));
        return this;
    }

    @Override
    public AdapterRegistry onClose(AutoCloseable resource) {
        resources.add(Objects.requireNonNull(resource, "resource"));
        return this;
    }

    /** @throws IllegalStateException if the plan cannot be run with what is here */
    Adapters complete(SyncPlan plan, List<Schedule> schedules) {
        required(RefreshExecutor.class);
        required(LockProvider.class);
        required(ViewStates.class);
        required(SyncHistory.class);
        if (!plan.eventKeys().isEmpty()) {
            required(ChangeFeed.class);
        }
        for (PlannedCheck check : plan.checks()) {
            if (!checks.containsKey(check.spec().type())) {
                problems.add("the check '" + check.name() + "' has the type '"
                        + check.spec().type() + "', for which no handler is installed; known are " + checks.keySet());
            }
        }
        problems.addAll(Timetable.problems(plan, schedules, single.containsKey(TickStore.class)));
        if (!problems.isEmpty()) {
            throw new IllegalStateException("Plan '" + plan.name() + "' cannot be run: " + String.join("; ", problems));
        }
        return new Adapters(
                Objects.requireNonNull(get(RefreshExecutor.class)),
                Objects.requireNonNull(get(LockProvider.class)),
                Objects.requireNonNull(get(ViewStates.class)),
                Objects.requireNonNull(get(SyncHistory.class)),
                Optional.ofNullable(get(TickStore.class)),
                Optional.ofNullable(get(ViewCatalog.class)),
                Optional.ofNullable(get(CacheInvalidator.class)),
                Optional.ofNullable(get(IncidentStore.class)),
                Optional.ofNullable(get(ChangeFeed.class)),
                incidentSources,
                sources,
                checks,
                listeners,
                resources);
    }

    /** What is to be closed, also where {@link #complete} refused. */
    List<AutoCloseable> resources() {
        return List.copyOf(resources);
    }

    private <T> AdapterRegistry only(Class<T> type, T adapter) {
        Object earlier = single.putIfAbsent(type, Objects.requireNonNull(adapter, type.getSimpleName()));
        if (earlier != null) {
            problems.add("two adapters are a " + type.getSimpleName() + ": "
                    + earlier.getClass().getName() + " and "
                    + adapter.getClass().getName() + "; install one");
        }
        return this;
    }

    private void required(Class<?> type) {
        if (!single.containsKey(type)) {
            problems.add("no " + type.getSimpleName()
                    + " is installed; install a plugin that brings one, such as PostgresPlugin");
        }
    }

    private <T> @Nullable T get(Class<T> type) {
        return type.cast(single.get(type));
    }
}
