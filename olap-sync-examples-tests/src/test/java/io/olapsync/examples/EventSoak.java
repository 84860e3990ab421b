package io.olapsync.examples;

import io.olapsync.OlapSync;
import io.olapsync.examples.star.StarData;
import io.olapsync.examples.star.StarSchema;
import io.olapsync.jdbc.OutboxTable;
import io.olapsync.testkit.ChildJvm;
import io.olapsync.testkit.EmbeddedPostgres;
import io.olapsync.testkit.EmbeddedRedis;
import io.olapsync.testkit.TestDatabase;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/**
 * Writers change the star and its outbox, processes carry and handle the events, and somebody kills processes and servers
 * all the while. At the end nothing may be lost, and nothing done too often.
 */
public final class EventSoak {

    private static final int WRITERS = 2;
    private static final int STAKEHOLDERS = 1_000;

    private final SoakOptions options;
    private final EmbeddedPostgres postgres;
    private final EmbeddedRedis redis;
    private final TestDatabase db;
    private final SoakVerdict verdict;

    private EventSoak(SoakOptions options, EmbeddedPostgres postgres, EmbeddedRedis redis, TestDatabase db) {
        this.options = options;
        this.postgres = postgres;
        this.redis = redis;
        this.db = db;
        this.verdict = new SoakVerdict(db, redis);
    }

    /** Runs a soak; the exit code is 1 where something was not as it must be, and 2 where an argument is wrong. */
    public static void main(String[] args) throws Exception {
        SoakOptions options;
        try {
            options = SoakOptions.parse(args);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
            return;
        }
        List<String> faults = run(options);
        faults.forEach(fault -> System.out.println("FAULT: " + fault));
        System.out.println(faults.isEmpty() ? "All is well." : faults.size() + " faults.");
        System.exit(faults.isEmpty() ? 0 : 1);
    }

    /** What was not as it must be. */
    static List<String> run(SoakOptions options) throws Exception {
        System.out.println(options);
        // Without fsync what its processes wrote still outlives them, and the recovery is short.
        try (EmbeddedPostgres postgres =
                        EmbeddedPostgres.builder().setting("fsync", "off").start();
                EmbeddedRedis redis = EmbeddedRedis.start();
                TestDatabase db = postgres.newDatabase()) {
            return new EventSoak(options, postgres, redis, db).run();
        }
    }

    private List<String> run() throws Exception {
        prepare();
        try (SoakFaults faults = new SoakFaults(postgres, redis, options.processes(), options.seed(), this::process)) {
            faults.awaitStarted();
            awaitFirstOrders();
            String since = Objects.requireNonNull(db.queryForString("SELECT clock_timestamp()::text"));
            List<SoakWriter> writers = write(faults);
            last(writers.get(0));
            Duration caughtUp = verdict.awaitEverythingDone();
            List<String> found = verdict.faults(since);
            long seconds =
                    db.queryForLong("SELECT extract(epoch FROM clock_timestamp() - ?::timestamptz)::bigint", since);
            int events = 1 + writers.stream().mapToInt(SoakWriter::written).sum();
            System.out.printf(
                    "%d events in %d s, %d transactions broken off; %s; caught up %d ms after the last event; refreshes: %s; "
                            + "one per longest wait would be %d for each fact%n",
                    events,
                    seconds,
                    writers.stream().mapToInt(SoakWriter::failed).sum(),
                    faults,
                    caughtUp.toMillis(),
                    verdict.refreshes(since),
                    seconds * 1_000 / SoakProcess.LONGEST.toMillis());
            if (!found.isEmpty()) {
                faults.processes().forEach(child -> System.out.println(String.join("\n", child.lines())));
            }
            return found;
        }
    }

    private void prepare() throws Exception {
        try (Connection connection = db.connect()) {
            StarSchema.create(connection);
            new StarData(options.seed(), STAKEHOLDERS).load(connection);
        }
        db.execute(OutboxTable.defaults().ddl());
        try (OlapSync sync = SoakProcess.engine(db.pooledDataSource()).build()) {
            if (!sync.runFull().succeeded()) {
                throw new IllegalStateException("the first full sync failed");
            }
        }
        verdict.recordRefreshes();
    }

    private ChildJvm process() {
        return ChildJvm.of(SoakProcess.class).args(db.jdbcUrl(), redis.uri()).start();
    }

    /** The stream is new, and so might have lost something. */
    private void awaitFirstOrders() {
        db.await("SELECT count(DISTINCT view_name) = 6 FROM refreshed");
        db.await("SELECT NOT EXISTS (SELECT FROM olap_sync.refresh_order)");
        db.await("SELECT NOT EXISTS (SELECT FROM olap_sync.run WHERE status = 'running')");
    }

    private List<SoakWriter> write(SoakFaults faults) throws InterruptedException {
        List<SoakWriter> writers = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            SoakWriter writer =
                    new SoakWriter(db, i, WRITERS, options.events() / WRITERS, options.writing(), options.seed());
            writers.add(writer);
            threads.add(new Thread(writer, "writer " + i));
        }
        threads.forEach(Thread::start);
        Random random = new Random(options.seed());
        while (threads.stream().anyMatch(Thread::isAlive)) {
            LockSupport.parkNanos((long) (options.everyMillis() * (0.5 + random.nextDouble()) * 1_000_000));
            if (threads.stream().anyMatch(Thread::isAlive)) {
                faults.next();
            }
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return writers;
    }

    /** A new organisation renumbers both facts, and its event concerns one of them only. */
    private void last(SoakWriter writer) throws Exception {
        try (Connection tx = db.connect()) {
            tx.setAutoCommit(false);
            writer.newOrganisation(tx);
            tx.commit();
        }
    }
}
