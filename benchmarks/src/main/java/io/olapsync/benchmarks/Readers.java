package io.olapsync.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;

/**
 * Readers of the business fact who come at fixed times, whether the one before has been served or not, as those of a service
 * do: one who finds the connection taken waits for it, and that counts. Each wants the sums of forty cases.
 */
final class Readers implements AutoCloseable {

    /** Together they read so often each second. */
    static final int RATE = 500;

    private static final int CONNECTIONS = 4;
    private static final long EVERY_NANOS = 1_000_000_000L * CONNECTIONS / RATE;
    private static final int CASES = 40;

    /** Reads of each connection that do not count: by then threads and processors are awake. */
    private static final int FIRST = 4;

    private static final long FIRST_SECONDS = 30;
    private static final String LOCK_NOT_AVAILABLE = "55P03";

    private final List<Reader> readers = new ArrayList<>();
    private final ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS);
    private final AtomicInteger counted = new AtomicInteger();

    /** @param cases that there are */
    Readers(DataSource database, long cases) throws SQLException {
        for (int i = 0; i < CONNECTIONS; i++) {
            readers.add(new Reader(database, cases, i));
        }
    }

    /** What reads take that begin while this is done. They have gone on for a moment when it begins. */
    ReaderTimes during(Callable<?> work) throws Exception {
        AtomicBoolean counting = new AtomicBoolean();
        counted.set(0);
        AtomicBoolean done = new AtomicBoolean();
        CountDownLatch reading = new CountDownLatch(CONNECTIONS * FIRST);
        long start = System.nanoTime();
        List<Future<ReaderTimes>> times = new ArrayList<>();
        for (Reader reader : readers) {
            times.add(threads.submit(() -> reader.read(start, reading, counting, done)));
        }
        ReaderTimes all = ReaderTimes.NONE;
        try {
            reading.await(FIRST_SECONDS, TimeUnit.SECONDS); // one that has failed says so below
            counting.set(true);
            work.call();
        } finally {
            done.set(true);
            for (Future<ReaderTimes> each : times) {
                all = all.and(each.get());
            }
        }
        return all;
    }

    /** How many reads have counted since this was begun. Of a work that is done in a moment there may be none. */
    int counted() {
        return counted.get();
    }

    /** One read, now. */
    void readOnce() throws SQLException {
        readers.get(0).read();
    }

    @Override
    public void close() throws SQLException {
        threads.shutdownNow();
        for (Reader reader : readers) {
            reader.close();
        }
    }

    private final class Reader implements AutoCloseable {

        private static final String SQL = "SELECT case_status, sum(claim_amount), sum(paid_amount), count(*)"
                + " FROM public.mv_business_fact WHERE case_id BETWEEN ? AND ? GROUP BY case_status";

        private final Connection connection;
        private final PreparedStatement query;
        private final long cases;
        private final int number;
        private final SplittableRandom random;
        private int lockWaits;

        Reader(DataSource database, long cases, int number) throws SQLException {
            this.connection = database.getConnection();
            this.query = connection.prepareStatement(SQL);
            this.cases = cases;
            this.number = number;
            this.random = new SplittableRandom(number);
            set("lock_timeout = 1");
        }

        private void set(String setting) throws SQLException {
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET " + setting);
            }
        }

        ReaderTimes read(long start, CountDownLatch reading, AtomicBoolean counting, AtomicBoolean done)
                throws SQLException {
            List<Double> times = new ArrayList<>();
            int waitsBefore = lockWaits;
            long due = start + EVERY_NANOS * number / CONNECTIONS;
            while (!done.get()) {
                boolean late = System.nanoTime() - due >= 0;
                for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                    LockSupport.parkNanos(left);
                }
                // a thread that the machine woke too late is not the database's fault, one that was still waiting is
                long from = late ? due : System.nanoTime();
                boolean counts = counting.get();
                read();
                if (counts) {
                    times.add((System.nanoTime() - from) / 1e6);
                    counted.incrementAndGet();
                }
                reading.countDown();
                due += EVERY_NANOS;
            }
            return new ReaderTimes(times, lockWaits - waitsBefore);
        }

        /** Whoever has waited for a lock for a millisecond is counted, and then waits as long as it takes. */
        void read() throws SQLException {
            long first = random.nextLong(1, Math.max(2, cases - CASES));
            query.setLong(1, first);
            query.setLong(2, first + CASES - 1);
            try {
                fetch();
            } catch (SQLException e) {
                if (!LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
                    throw e;
                }
                lockWaits++;
                set("lock_timeout = 0");
                fetch();
                set("lock_timeout = 1");
            }
        }

        private void fetch() throws SQLException {
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    rows.getBigDecimal(2);
                }
            }
        }

        @Override
        public void close() throws SQLException {
            query.close();
            connection.close();
        }
    }
}
