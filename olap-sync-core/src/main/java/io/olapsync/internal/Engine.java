package io.olapsync.internal;

import io.olapsync.Alerts;
import io.olapsync.OlapSync;
import io.olapsync.RefreshOptions;
import io.olapsync.RefreshResult;
import io.olapsync.Selection;
import io.olapsync.SyncHealth;
import io.olapsync.SyncPlan;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.SyncRun;
import io.olapsync.internal.alert.AlertParts;
import io.olapsync.internal.alert.Alerting;
import io.olapsync.schedule.Schedule;
import io.olapsync.spi.IncidentSource;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.SyncClock;
import io.olapsync.spi.SyncPlugin;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The engine of one plan: starts runs, and ends them in order when it is closed. */
public final class Engine implements OlapSync {

    private static final Logger log = LoggerFactory.getLogger(Engine.class);
    private static final Duration CANCEL_GRACE = Duration.ofSeconds(15);

    private final EngineParts parts;
    private final OwnThreads threads;
    private final Housekeeping housekeeping;
    private final ChangeLoop changes;
    private final Calls calls;
    private final Arrivals arrivals;
    private final Timetable timetable;
    private final HealthReader healthReader;
    private final Alerting alerting;
    private final List<SourceReader> readers = new CopyOnWriteArrayList<>();
    private final Set<Run> runs = ConcurrentHashMap.newKeySet();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private boolean closing; // guarded by runs
    private boolean started; // guarded by runs

    private Engine(EngineParts parts, Alerts alerts, OwnThreads threads, List<Schedule> schedules) {
        this.parts = parts;
        this.threads = threads;
        this.housekeeping = new Housekeeping(parts);
        this.changes = new ChangeLoop(parts, this::begin);
        this.calls = new Calls(parts, changes, this::begin);
        this.arrivals = new Arrivals(parts, changes);
        this.timetable = new Timetable(parts, schedules, this::begin, this::begin);
        this.healthReader = new HealthReader(parts, timetable);
        this.alerting = new Alerting(new AlertParts(
                parts.plan(),
                alerts,
                parts.adapters().incidents(),
                incidentSources(parts, timetable),
                parts.adapters().states(),
                parts.adapters().history(),
                parts.settings().staleAfter(),
                parts.settings().log().keep(),
                parts.clock(),
                parts.scheduler(),
                parts.process(),
                id -> runs.stream().anyMatch(run -> run.id().equals(id) && run.isCancelled())));
        parts.events().add(alerting);
    }

    private static List<IncidentSource> incidentSources(EngineParts parts, Timetable timetable) {
        List<IncidentSource> sources = new ArrayList<>(parts.adapters().incidentSources());
        sources.addAll(timetable.incidentSources());
        return sources;
    }

    /** An engine with the parts that the plugins bring; what is not given is the engine's own. */
    public static Engine create(
            SyncPlan plan,
            List<SyncPlugin> plugins,
            List<Schedule> schedules,
            Settings settings,
            Alerts alerts,
            SyncClock clock,
            Optional<Executor> executor,
            Optional<ScheduledExecutorService> scheduler) {
        AdapterRegistry registry = new AdapterRegistry();
        try {
            plugins.forEach(plugin -> plugin.install(registry));
            Adapters adapters = registry.complete(plan, schedules);
            OwnThreads threads = OwnThreads.beside(plan.name(), executor, scheduler);
            Engine engine = new Engine(parts(plan, adapters, settings, clock, threads), alerts, threads, schedules);
            engine.housekeeping.start();
            engine.changes.start();
            engine.alerting.start();
            return engine;
        } catch (RuntimeException e) {
            closeAll(registry.resources());
            throw e;
        }
    }

    private static EngineParts parts(
            SyncPlan plan, Adapters adapters, Settings settings, SyncClock clock, OwnThreads threads) {
        Set<ViewName> planned = new LinkedHashSet<>();
        plan.views().forEach(view -> planned.add(view.name()));
        return new EngineParts(
                plan,
                adapters,
                settings,
                clock,
                threads.scheduler(),
                new Dispatcher(threads.workers(), settings.maxConcurrentRefreshes(), clock),
                new Retries(settings, threads.scheduler()),
                new Invalidations(
                        adapters.states(),
                        adapters.invalidator().map(cache -> new BoundedInvalidator(cache, BoundedInvalidator.LIMIT)),
                        planned,
                        threads.workers(),
                        threads.scheduler()),
                new HistoryLog(adapters.history(), threads.workers(), threads.scheduler()),
                new Events(adapters.listeners()),
                new FailingSteps(),
                new LastLook(),
                ProcessName.current());
    }

    @Override
    public SyncPlan plan() {
        return parts.plan();
    }

    @Override
    public SyncRun submit(SyncRequest request) {
        return begin(all(RunId.random(), request));
    }

    private Run all(RunId id, SyncRequest request) {
        Demand demand = Demand.all(parts.plan(), request.selection().in(parts.plan()));
        return new Run(id, parts, request, demand, view -> {});
    }

    private CompletableFuture<SyncReport> begin(RunId id, SyncRequest request) {
        return begin(all(id, request)).report();
    }

    private CompletableFuture<SyncReport> begin(SyncRequest request, Demand demand, Consumer<ViewName> viewEnded) {
        return begin(new Run(RunId.random(), parts, request, demand, viewEnded)).report();
    }

    private Run begin(Run run) {
        run.whenEnded((report, failure) -> alerting.ended(run.id(), report, failure));
        run.whenEnded((report, failure) -> runs.remove(run));
        synchronized (runs) {
            if (closing) {
                throw new IllegalStateException(
                        "the engine of plan '" + parts.plan().name() + "' has been closed and takes no runs");
            }
            runs.add(run);
        }
        housekeeping.lookBeside();
        run.start();
        return run;
    }

    @Override
    public SyncReport run(SyncRequest request) {
        SyncRun run = submit(request);
        try {
            return run.report().get();
        } catch (InterruptedException e) {
            run.cancel();
            Thread.currentThread().interrupt();
            throw new CancellationException(
                    "the thread that waited for run " + run.id() + " was interrupted; the run is being cancelled");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException refused) {
                throw refused;
            }
            throw new IllegalStateException("run " + run.id() + " ended unexpectedly", e.getCause());
        }
    }

    @Override
    public SyncHealth health() {
        return healthReader.read(new HealthReader.Own(
                readers.stream().map(SourceReader::health).toList(), changes.pending(), alerting.problems()));
    }

    @Override
    public CompletableFuture<List<RefreshResult>> submitRefresh(RefreshOptions options, String... views) {
        return calls.refresh(Selection.parse(views).in(parts.plan()), options);
    }

    @Override
    public List<RefreshResult> refresh(RefreshOptions options, String... views) {
        return await(submitRefresh(options, views));
    }

    @Override
    public boolean awaitCovered(String view, long transaction, Duration timeout) {
        ViewName name = ViewName.parse(view);
        if (!parts.plan().contains(name)) {
            throw new IllegalArgumentException("plan '" + parts.plan().name() + "' has no view " + name);
        }
        return await(arrivals.covered(name, transaction, timeout));
    }

    @Override
    public void pause(String reason, String... views) throws RefreshException {
        parts.adapters().states().pause(Selection.parse(views).in(parts.plan()), reason);
    }

    @Override
    public void resume(String... views) throws RefreshException {
        parts.adapters().states().resume(Selection.parse(views).in(parts.plan()));
    }

    @Override
    public void start() {
        synchronized (runs) {
            if (closing) {
                throw new IllegalStateException(
                        "the engine of plan '" + parts.plan().name() + "' has been closed");
            }
            if (started) {
                return;
            }
            started = true;
            parts.adapters().sources().forEach(source -> readers.add(new SourceReader(parts, source, changes)));
        }
        changes.eventsAreRead();
        readers.forEach(SourceReader::start);
        timetable.start();
    }

    private static <T> T await(CompletableFuture<T> future) {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("the waiting thread was interrupted; what was begun goes on");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException known) {
                throw known;
            }
            throw new IllegalStateException("ended unexpectedly", e.getCause());
        }
    }

    @Override
    public void close() {
        boolean first;
        synchronized (runs) {
            first = !closing;
            closing = true;
        }
        if (!first) {
            closed.join();
            return;
        }
        housekeeping.stop();
        changes.stop();
        timetable.stop();
        try {
            endRuns();
        } finally {
            readers.forEach(SourceReader::stop);
            arrivals.stop();
            healthReader.stop();
            alerting.close();
            threads.close();
            closeAll(parts.adapters().sources()); // also where they were never started
            closeAll(parts.adapters().resources());
            closed.complete(null);
        }
    }

    private void endRuns() {
        List<Run> open = List.copyOf(runs);
        open.forEach(run -> run.halt(SkipReason.CANCELLED, false));
        if (ended(open, parts.settings().deadlines().close())) {
            return;
        }
        open.forEach(run -> run.halt(SkipReason.CANCELLED, true));
        if (!ended(open, CANCEL_GRACE)) {
            log.warn("Runs did not end within {} of being cancelled: {}", CANCEL_GRACE, runs);
            open.forEach(Run::giveUp);
        }
    }

    private static boolean ended(List<Run> open, Duration within) {
        CompletableFuture<?>[] reports = open.stream()
                .map(run -> run.report().handle((report, failure) -> report))
                .toArray(CompletableFuture[]::new);
        try {
            CompletableFuture.allOf(reports).get(within.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException e) {
            throw new AssertionError("handled futures do not fail", e);
        }
    }

    private static void closeAll(List<? extends AutoCloseable> resources) {
        List<AutoCloseable> reversed = new ArrayList<>(resources);
        Collections.reverse(reversed);
        for (AutoCloseable resource : reversed) {
            try {
                resource.close();
            } catch (Throwable e) { // the others are still to be closed
                log.warn("{} could not be closed", resource.getClass().getName(), e);
            }
        }
    }
}
