package io.olapsync.benchmarks;

import io.olapsync.benchmarks.report.Answer;
import io.olapsync.benchmarks.report.Comparison;
import io.olapsync.benchmarks.report.Samples;
import io.olapsync.benchmarks.report.Verdict;
import io.olapsync.spi.SyncKind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** How long one waits for rows of the delta table at most, while it is refreshed and while it is not. */
final class DeltaReaders {

    private static final double SHARE = 0.01;
    private static final long IDLE_NANOS = 300_000_000;
    private static final double LONGEST_MILLIS = 10;

    private final DeltaStar star;
    private final int turns;

    DeltaReaders(DeltaStar star, Effort effort) {
        this.star = star;
        this.turns = effort.turns(2, 10);
    }

    private interface Work {
        void run() throws Exception;
    }

    void measure(Answer answer) throws Exception {
        List<Double> beside = new ArrayList<>();
        List<Double> idle = new ArrayList<>();
        for (int i = 0; i < turns; i++) {
            star.change(SHARE);
            star.quiet();
            beside.add(longest(() -> star.delta(SyncKind.INCREMENTAL)));
            star.quiet();
            idle.add(longest(() -> {
                long end = System.nanoTime() + IDLE_NANOS;
                while (System.nanoTime() < end) {
                    LockSupport.parkNanos(end - System.nanoTime());
                }
            }));
        }
        Comparison compared = Comparison.of(
                "longest read of 100 rows",
                "ms",
                new Samples("beside a refresh", beside),
                new Samples("beside nothing", idle));
        answer.add(compared.with(Verdict.atMost("ms", compared.ways().get(0).median(), LONGEST_MILLIS)));
    }

    private double longest(Work work) throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService reader = Executors.newSingleThreadExecutor();
        try {
            Callable<Double> reading = () -> read(done);
            Future<Double> longest = reader.submit(reading);
            work.run();
            done.set(true);
            return longest.get();
        } finally {
            reader.shutdownNow();
        }
    }

    private double read(AtomicBoolean done) throws Exception {
        double longest = 0;
        String sql = "SELECT * FROM " + star.shape().view().sql() + " ORDER BY "
                + star.shape().indexes().get(0) + " LIMIT 100";
        try (Connection connection = star.pool().getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            boolean first = true;
            do {
                long start = System.nanoTime();
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        rows.getObject(1);
                    }
                }
                longest = first ? 0 : Math.max(longest, (System.nanoTime() - start) / 1e6);
                first = false; // which parses and plans
            } while (!done.get());
        }
        return longest;
    }
}
