package io.olapsync.examples;

import io.lettuce.core.RedisBusyException;
import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.lettuce.core.api.StatefulRedisConnection;
import io.olapsync.OlapSync;
import io.olapsync.RefreshOptions;
import io.olapsync.RefreshResult;
import io.olapsync.SyncHealth;
import io.olapsync.examples.EventBurst.Written;
import io.olapsync.examples.star.StarChanges;
import io.olapsync.examples.star.StarForecast;
import io.olapsync.examples.star.StarOutbox;
import io.olapsync.examples.star.StarSchema;
import io.olapsync.jdbc.OutboxRelay;
import io.olapsync.jdbc.PostgresTransactions;
import io.olapsync.redis.RedisEndpoint;
import io.olapsync.redis.RedisPlugin;
import io.olapsync.redis.RedisStreamPublisher;
import io.olapsync.spi.RowDelta;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the main job shows of the syncs between full runs: a burst of business events on its way from the tables over
 * outbox, relay and stream to the views, and a call that comes too soon and is deferred.
 */
final class EventDemo {

    private static final String GROUP = "olapsync";
    private static final String FACT = "mv_business_fact";
    private static final long SEED = 20_260_302;
    private static final int ROUNDS = 10;
    private static final Duration QUIET = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofSeconds(5);
    private static final Duration MIN_INTERVAL = Duration.ofSeconds(5);
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final JobServers servers;
    private final PrintStream out;
    private final String stream;
    private final RefreshTally tally = new RefreshTally();

    private EventDemo(JobServers servers, PrintStream out, String stream) {
        this.servers = servers;
        this.out = out;
        this.stream = stream;
    }

    /** Creates the outbox, and the stream with its group; a stream for each database, as transaction ids are. */
    static EventDemo prepare(JobServers servers, PrintStream out) throws SQLException {
        String stream;
        try (Connection connection = servers.dataSource().getConnection()) {
            StarOutbox.create(connection);
            stream = "olapsync:example:" + connection.getCatalog() + ":events";
        }
        // Left to the engine, it would count the absent group as a gap and refresh both facts once.
        try (StatefulRedisConnection<String, String> redis = servers.redis().connect()) {
            redis.sync().xgroupCreate(StreamOffset.from(stream, "0-0"), GROUP, XGroupCreateArgs.Builder.mkstream());
        } catch (RedisBusyException alreadyThere) {
            out.println("the stream " + stream + " is there already and is used as it is");
        }
        return new EventDemo(servers, out, stream);
    }

    /** What the engine needs for it. */
    OlapSync.Builder configure(OlapSync.Builder builder) {
        return builder.install(RedisPlugin.of(servers.redis()).events(stream, source -> source.group(GROUP)))
                .debounce(QUIET, LONGEST)
                .minInterval(MIN_INTERVAL)
                .listener(tally);
    }

    /**
     * Starts the engine's background work and shows it at work.
     *
     * @return whether every view came to show every change
     */
    boolean run(OlapSync sync) throws Exception {
        out.println();
        out.println("== events: event_outbox -> relay -> Redis stream " + stream + " -> engine");
        out.println("  so that the job stays quick: refreshed after " + seconds(QUIET) + " without an event, after "
                + seconds(LONGEST) + " at the latest (defaults: 10 s, 60 s); calls at most every "
                + seconds(MIN_INTERVAL) + " (default: 300 s)");
        try (RedisStreamPublisher publisher = RedisStreamPublisher.of(RedisEndpoint.of(servers.redis()), stream);
                OutboxRelay relay = OutboxRelay.builder(servers.dataSource(), publisher)
                        .table(StarOutbox.TABLE)
                        .build()) {
            relay.start();
            sync.start();
            boolean caughtUp = burst(sync, relay);
            return caughtUp && deferredCall(sync) && equalsDefinitions();
        }
    }

    private boolean burst(OlapSync sync, OutboxRelay relay) throws Exception {
        EventBurst burst = new EventBurst(SEED, sync.plan());
        tally.reset();
        try (Connection connection = servers.dataSource().getConnection()) {
            burst.write(connection, ROUNDS);
        }
        out.println("  " + burst.size() + " transactions in " + burst.took().toMillis() + " ms, each with its event: "
                + burst.types());
        List<String> visible = new ArrayList<>();
        boolean all = catchUp(sync, burst, visible);
        SyncHealth.Source source = acknowledged(sync);
        out.println("  " + burst.size() + " events written, " + relay.status().relayed() + " relayed, "
                + source.delivered() + " delivered, " + source.waiting() + " still wait");
        out.println("  " + burst.size() + " events became refreshes of the facts, and of what they read: "
                + tally.refreshes() + " in " + tally.runs() + (tally.runs() == 1 ? " run" : " runs"));
        out.println("  from the commit until readers see it, looked at every 200 ms:");
        visible.forEach(line -> out.println("    " + line));
        return all && source.waiting() == 0;
    }

    /** Waits for all views at once, so that none is timed too late. */
    private boolean catchUp(OlapSync sync, EventBurst burst, List<String> lines)
            throws InterruptedException, ExecutionException {
        ExecutorService readers = Executors.newFixedThreadPool(StarSchema.VIEWS.size());
        try {
            Map<String, Future<List<Duration>>> waits = new LinkedHashMap<>();
            StarSchema.VIEWS.forEach(view -> waits.put(view, readers.submit(() -> {
                List<Written> ends = burst.firstAndLast(view);
                return List.of(untilVisible(sync, view, ends.get(0)), untilVisible(sync, view, ends.get(1)));
            })));
            boolean all = true;
            for (Map.Entry<String, Future<List<Duration>>> wait : waits.entrySet()) {
                List<Duration> took = wait.getValue().get();
                all &= !took.get(0).isNegative() && !took.get(1).isNegative();
                lines.add(
                        wait.getKey() + ": the first change " + text(took.get(0)) + ", the last " + text(took.get(1)));
            }
            return all;
        } finally {
            readers.shutdownNow();
        }
    }

    /** From the commit on; negative: not within the patience of the job. */
    private static Duration untilVisible(OlapSync sync, String view, Written change) {
        boolean visible = sync.awaitCovered(view, change.transaction(), PATIENCE);
        return visible ? Duration.ofNanos(System.nanoTime() - change.committedAt()) : Duration.ofNanos(-1);
    }

    private static SyncHealth.Source acknowledged(OlapSync sync) throws InterruptedException {
        SyncHealth.Source source = sync.health().sources().get(0);
        for (int looks = 0; looks < 50 && source.waiting() > 0; looks++) {
            Thread.sleep(100);
            source = sync.health().sources().get(0);
        }
        return source;
    }

    private boolean deferredCall(OlapSync sync) throws SQLException {
        out.println();
        out.println("== a call: refresh(\"" + FACT + "\")");
        AtomicLong transaction = new AtomicLong();
        StarChanges changes = StarChanges.seeded(SEED)
                .with((tx, change) -> transaction.set(PostgresTransactions.currentTransactionId(tx)));
        try (Connection connection = servers.dataSource().getConnection()) {
            out.println("  without an event: " + changes.admitStakeholder(connection));
        }
        Written change = new Written(FACT, transaction.get(), System.nanoTime());
        RefreshOptions options = RefreshOptions.DEFAULTS.withTrigger("main job");
        RefreshResult result = sync.refresh(options.deferring(), FACT).get(0);
        out.println("  " + FACT + ": " + result.status().name().toLowerCase(Locale.ROOT)
                + result.reason().map(reason -> ", " + reason).orElse("")
                + (result.deferred() ? "; deferred until its interval of " + seconds(MIN_INTERVAL) + " ends" : ""));
        Duration took = untilVisible(sync, FACT, change);
        out.println("  " + FACT + " shows the change " + text(took) + " after its commit");
        return !took.isNegative();
    }

    private boolean equalsDefinitions() throws SQLException {
        try (Connection connection = servers.dataSource().getConnection()) {
            boolean equal = StarForecast.of(connection).values().stream().allMatch(RowDelta.NONE::equals);
            out.println("  every view " + (equal ? "equals" : "does NOT equal") + " what its definition gives now");
            return equal;
        }
    }

    private static String text(Duration took) {
        return took.isNegative() ? "NOT within " + PATIENCE.toMinutes() + " min" : took.toMillis() + " ms";
    }

    private static String seconds(Duration time) {
        return time.toSeconds() + " s";
    }
}
