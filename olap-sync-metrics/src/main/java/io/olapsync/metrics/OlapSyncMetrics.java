package io.olapsync.metrics;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.SyncListener;
import io.olapsync.spi.SyncPlugin;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The meters of one engine, all of them named {@code olapsync.…}.
 *
 * <p>Timers and counters follow what the engine tells its listeners. Gauges show its health as it was read last: a thread of
 * this object reads it regularly, so that a scrape asks no database and never waits.
 *
 * <pre>{@code
 * OlapSyncMetrics metrics = OlapSyncMetrics.of(registry, plan);
 * OlapSync sync = OlapSync.builder(plan).install(postgres).install(metrics).build();
 * metrics.watch(sync);
 * }</pre>
 *
 * <p>Thread-safe. For one engine: a second one of the same plan in the same process would have meters of the same name.
 */
public final class OlapSyncMetrics implements SyncPlugin, SyncListener, MeterBinder, AutoCloseable {

    /** How often health is read where nothing else is said. */
    public static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(15);

    private static final Logger log = LoggerFactory.getLogger(OlapSyncMetrics.class);

    private final CompositeMeterRegistry meters = new CompositeMeterRegistry();
    private final SyncPlan plan;
    private final EventMeters events;
    private final HealthGauges gauges;
    private @Nullable ScheduledExecutorService looks; // guarded by this, as what follows
    private boolean closed;

    private OlapSyncMetrics(MeterRegistry first, SyncPlan plan) {
        this.plan = Objects.requireNonNull(plan, "plan");
        bindTo(first); // before there are meters: Micrometer warns of a registry that comes later
        this.events = new EventMeters(meters, plan);
        this.gauges = new HealthGauges(meters, plan);
    }

    /** The meters of an engine of this plan, in this registry. */
    public static OlapSyncMetrics of(MeterRegistry registry, SyncPlan plan) {
        return new OlapSyncMetrics(registry, plan);
    }

    /** Has the meters in this registry, too, from now on; in one that has them already it changes nothing. */
    @Override
    public void bindTo(MeterRegistry registry) {
        if (!meters.getRegistries().contains(Objects.requireNonNull(registry, "registry"))) {
            meters.add(registry);
        }
    }

    /** Listens to the engine that is being built, and is closed with it. */
    @Override
    public void install(Registry registry) {
        registry.listener(this).onClose(this);
    }

    /** Has the gauges show the health of this engine, read every {@link #DEFAULT_INTERVAL}. */
    public OlapSyncMetrics watch(OlapSync sync) {
        return watch(sync, DEFAULT_INTERVAL);
    }

    /**
     * Has the gauges show the health of this engine. Until the first reading, at once on another thread, they are {@code NaN}.
     *
     * @param every how long after a reading the next one begins, at least a millisecond
     * @throws IllegalArgumentException if it is an engine of another plan
     * @throws IllegalStateException if this watches an engine already, or has been closed
     */
    public synchronized OlapSyncMetrics watch(OlapSync sync, Duration every) {
        if (!sync.plan().name().equals(plan.name())) {
            throw new IllegalArgumentException("these are the meters of plan '" + plan.name() + "', not of '"
                    + sync.plan().name() + "'");
        }
        if (closed || looks != null) {
            throw new IllegalStateException(
                    closed ? "these meters have been closed" : "these meters watch an engine already");
        }
        ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread looking = new Thread(task, "olap-sync-" + plan.name() + "-metrics");
            looking.setDaemon(true);
            return looking;
        });
        thread.scheduleWithFixedDelay(() -> look(sync), 0, every.toMillis(), TimeUnit.MILLISECONDS);
        looks = thread;
        return this;
    }

    /** Reads health now, on this thread. */
    void look(OlapSync sync) {
        try {
            gauges.show(sync.health());
        } catch (RuntimeException | Error e) { // the next look must come all the same
            log.debug("Health could not be shown as meters", e);
        }
    }

    @Override
    public void on(SyncEvent event) {
        events.on(event);
    }

    @Override
    public void covered(ViewName view, int count, Duration longest) {
        events.covered(view, count, longest);
    }

    /** Takes the meters out of the registries, which stay open. The second time it does nothing. */
    @Override
    public synchronized void close() {
        closed = true;
        if (looks != null) {
            looks.shutdownNow();
        }
        for (Meter meter : List.copyOf(meters.getMeters())) {
            meters.remove(meter);
        }
    }
}
