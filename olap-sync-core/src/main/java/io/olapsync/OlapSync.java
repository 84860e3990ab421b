package io.olapsync;

import io.olapsync.internal.Engine;
import io.olapsync.internal.Settings;
import io.olapsync.spi.SyncClock;
import io.olapsync.spi.SyncListener;
import io.olapsync.spi.SyncPlugin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
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

    /** How fresh the views are now. Blocks for a few reads; never throws because a server is away, but says so. */
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
        private Settings settings = Settings.DEFAULTS;
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

        /** From which age on the data counts as stale; 25 hours by default. */
        public Builder staleAfter(Duration age) {
            settings = settings.withStaleAfter(age);
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
            return Engine.create(plan, plugins, settings, clock, executor, scheduler);
        }
    }
}
