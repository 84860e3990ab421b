package io.olapsync;

import io.olapsync.internal.Engine;
import io.olapsync.internal.Settings;
import io.olapsync.schedule.Schedule;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.SyncClock;
import io.olapsync.spi.SyncListener;
import io.olapsync.spi.SyncPlugin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;

/**
 * Keeps the views of one plan in step with the tables beneath them.
 *
 * <p>Thread-safe. Any number of processes may run the same plan on the same database: they agree through its locks, so a
 * view is never refreshed twice at once.
 */
public interface OlapSync extends AutoCloseable {

    /** Begins an engine for this plan. */
    static Builder builder(SyncPlan plan) {
        return new Builder(plan);
    }

    /** The plan. */
    SyncPlan plan();

    /**
     * Starts a run and returns at once.
     *
     * @throws IllegalArgumentException if the selection does not fit the plan
     * @throws IllegalStateException if this has been closed
     */
    SyncRun submit(SyncRequest request);

    /**
     * Runs to the end, and blocks until then. An interrupt cancels the run.
     *
     * @return how it went; a failed step is in the report, not thrown
     * @throws SyncRejectedException if it was refused before anything was touched
     * @throws CancellationException if the calling thread was interrupted; its flag is set again
     * @throws IllegalArgumentException if the selection does not fit the plan
     * @throws IllegalStateException if this has been closed
     */
    SyncReport run(SyncRequest request);

    /** Refreshes all views of the plan; as {@link #run(SyncRequest)}. */
    default SyncReport runFull() {
        return run(SyncRequest.full());
    }

    /** Refreshes these views of the plan; as {@link #run(SyncRequest)}. */
    default SyncReport run(Selection selection) {
        return run(SyncRequest.of(selection));
    }

    /**
     * Incremental sync: brings these views up to date, what they read first where that is stale; as
     * {@link #refresh(RefreshOptions, String...)} with the defaults.
     *
     * @param views selection terms, as {@link Selection#parse} reads them: usually the names of views
     */
    default List<RefreshResult> refresh(String... views) {
        return refresh(RefreshOptions.DEFAULTS, views);
    }

    /**
     * Incremental sync. A view is skipped where it was refreshed less than its minimum interval ago (by any process),
     * where somebody else is refreshing it, where nothing has changed, and where it is paused or suspended. What was
     * committed before this call is in a view that is reported as completed.
     *
     * @param views selection terms, as {@link Selection#parse} reads them
     * @return an entry for each view, in the order of the plan
     * @throws SyncRejectedException if the plan and the database do not fit
     * @throws CancellationException if the calling thread was interrupted
     * @throws IllegalArgumentException if the selection does not fit the plan
     * @throws IllegalStateException if this has been closed
     */
    List<RefreshResult> refresh(RefreshOptions options, String... views);

    /** The same without waiting for the end; blocks for one short read. */
    CompletableFuture<List<RefreshResult>> submitRefresh(RefreshOptions options, String... views);

    /**
     * Waits until readers of the view see what this transaction committed, also through the views that it reads. Read your
     * own writes: ask for the id inside the transaction, commit, have the view refreshed or wait for the event to do it.
     * Refreshes nothing itself. Where a cache is installed, it waits until that has been told, too.
     *
     * @param transaction the store's id of the transaction
     * @return whether they see it; false: not within this time, or not before this was closed
     */
    boolean awaitCovered(String view, long transaction, Duration timeout);

    /**
     * Has these views left alone by full syncs, calls and events of all processes, until they are resumed.
     *
     * @param reason shown to whoever wonders
     * @throws RefreshException if the store could not be written
     */
    void pause(String reason, String... views) throws RefreshException;

    /**
     * Ends the pause and the suspension of these views. Changes that waited are taken up within half a minute.
     *
     * @throws RefreshException if the store could not be written
     */
    void resume(String... views) throws RefreshException;

    /**
     * Begins to read the event sources that the plugins brought, and to follow the schedules and the target lags, until
     * {@link #close()}. A second call does nothing.
     *
     * @throws IllegalStateException if this has been closed
     */
    void start();

    /**
     * How fresh the views are now. Blocks for a few short reads, which count no rows of a view, and for 2 seconds at most:
     * where the stores have not answered by then, it says so and shows what they said before. Never throws because a server is
     * away. May be called from any thread.
     */
    SyncHealth health();

    /**
     * Stops taking runs, lets running refreshes end for the time of {@link Builder#closeGrace}, cancels what is left on
     * the server, and then closes what the plugins opened. Nothing is lost: what has not been committed is as it was.
     * Bounded; the second time does nothing.
     */
    @Override
    void close();

    /** Collects the parts of an engine. Not thread-safe. */
    final class Builder {

        private final SyncPlan plan;
        private final List<SyncPlugin> plugins = new ArrayList<>();
        private final List<Schedule> schedules = new ArrayList<>();
        private Settings settings = Settings.DEFAULTS;
        private Alerts alerts = Alerts.to();
        private SyncClock clock = SyncClock.system();
        private Optional<Executor> executor = Optional.empty();
        private Optional<ScheduledExecutorService> scheduler = Optional.empty();

        private Builder(SyncPlan plan) {
            this.plan = Objects.requireNonNull(plan, "plan");
        }

        /** Adds the adapters of a plugin. */
        public Builder install(SyncPlugin plugin) {
            plugins.add(Objects.requireNonNull(plugin, "plugin"));
            return this;
        }

        /** Adds somebody who is told what happens, as it happens. */
        public Builder listener(SyncListener listener) {
            Objects.requireNonNull(listener, "listener");
            return install(registry -> registry.listener(listener));
        }

        /**
         * Adds a schedule, in force from {@link OlapSync#start} until {@link OlapSync#close}. Several may be added; their names
         * must differ.
         */
        public Builder schedule(Schedule schedule) {
            schedules.add(Objects.requireNonNull(schedule, "schedule"));
            return this;
        }

        /** How many refreshes may be under way at once in this engine, at least 1; 4 by default. */
        public Builder maxConcurrentRefreshes(int most) {
            settings = settings.withMaxConcurrentRefreshes(most);
            return this;
        }

        /** How often a transient failure is tried again, and the pause before each; 3 and 5 minutes by default. */
        public Builder retry(int retries, Duration interval) {
            settings = settings.with(new Settings.Retry(retries, interval));
            return this;
        }

        /**
         * How often a refresh that somebody else is in the way of is tried again before that counts as a transient
         * failure, and the first and the longest pause between; 60, 100 ms and 5 s by default.
         */
        public Builder contention(int retries, Duration firstPause, Duration longestPause) {
            settings = settings.with(new Settings.Contention(retries, firstPause, longestPause));
            return this;
        }

        /** The most that one attempt at one view may take, where the plan says nothing else; 30 minutes by default. */
        public Builder viewDeadline(Duration most) {
            settings = settings.with(settings.deadlines().withView(most));
            return this;
        }

        /** The most that a run may take, retries included, where its request says nothing else; 6 hours by default. */
        public Builder runDeadline(Duration most) {
            settings = settings.with(settings.deadlines().withRun(most));
            return this;
        }

        /** How long {@link OlapSync#close} lets running refreshes end; 30 seconds by default, zero cancels at once. */
        public Builder closeGrace(Duration most) {
            settings = settings.with(settings.deadlines().withClose(most));
            return this;
        }

        /** How long the history is kept; 30 days by default. */
        public Builder historyKeep(Duration keep) {
            settings = settings.with(settings.log().withKeep(keep));
            return this;
        }

        /**
         * How often a run gives a sign of life, and after how long without one others may call it abandoned; 5 and 20
         * seconds by default. The silence must be at least twice the beat.
         */
        public Builder heartbeat(Duration every, Duration silence) {
            settings = settings.with(settings.log().withHeartbeat(every, silence));
            return this;
        }

        /**
         * How long after a refresh of a view, by any process, a call does not refresh it again, where the plan says
         * nothing else; 5 minutes by default.
         */
        public Builder minInterval(Duration interval) {
            settings = settings.with(settings.between().withMinInterval(interval));
            return this;
        }

        /**
         * How long no event may come for a view before it is refreshed, and how long an event waits at most; 10 seconds and
         * a minute by default.
         */
        public Builder debounce(Duration quiet, Duration longest) {
            settings = settings.with(settings.between().withDebounce(quiet, longest));
            return this;
        }

        /** How long after a refresh of a view its events wait before they refresh it again; zero by default. */
        public Builder eventInterval(Duration interval) {
            settings = settings.with(settings.between().withEventInterval(interval));
            return this;
        }

        /** After how many failures in a row a view is left alone by calls and events; 5 by default. */
        public Builder suspendAfter(int failures) {
            settings = settings.with(settings.between().withSuspendAfter(failures));
            return this;
        }

        /** From which age on the data counts as stale; 25 hours by default. */
        public Builder staleAfter(Duration age) {
            settings = settings.withStaleAfter(age);
            return this;
        }

        /** Who is told what fails, and when; nobody by default. */
        public Builder alerts(Alerts alerts) {
            this.alerts = Objects.requireNonNull(alerts, "alerts");
            return this;
        }

        /** The source of time; the machine's by default. */
        public Builder clock(SyncClock clock) {
            this.clock = Objects.requireNonNull(clock, "clock");
            return this;
        }

        /**
         * Where the work runs; threads of the engine's own by default. It stays the caller's, and is not shut down. Its
         * threads block for as long as refreshes take: a caller that waits in {@link OlapSync#run(SyncRequest)} must not
         * be one of them, and work that an executor runs on the calling thread holds up deadlines and heartbeats.
         */
        public Builder executor(Executor executor) {
            this.executor = Optional.of(Objects.requireNonNull(executor, "executor"));
            return this;
        }

        /** What waits; a thread of the engine's own by default. It stays the caller's, and is not shut down. */
        public Builder scheduler(ScheduledExecutorService scheduler) {
            this.scheduler = Optional.of(Objects.requireNonNull(scheduler, "scheduler"));
            return this;
        }

        /**
         * The engine. Touches no server yet; half a minute later, and every half minute until it is closed, it looks for what
         * processes that died have left behind.
         *
         * @throws IllegalStateException if a part is missing or doubled; the message names all of them
         */
        public OlapSync build() {
            return Engine.create(plan, plugins, schedules, settings, alerts, clock, executor, scheduler);
        }
    }
}
