package io.olapsync.benchmarks;

import io.olapsync.spi.SyncKind;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;

/** How long one waits for a row of the delta table at most, while it is refreshed and while it is not. */
final class DeltaReaders {

    private static final int REFRESHES = 10;
    private static final double SHARE = 0.01;

    private final DeltaStar star;
    private final PrintStream out;

    DeltaReaders(DeltaStar star, PrintStream out) {
        this.star = star;
        this.out = out;
    }

    private interface Work {
        void run() throws Exception;
    }

    void run() throws Exception {
        beside("nothing", () -> Thread.sleep(1_000));
        for (int i = 0; i < REFRESHES; i++) {
            star.change(SHARE);
            star.quiet();
            beside("a refresh of 1 %", () -> star.delta(SyncKind.INCREMENTAL));
        }
        beside("a recomputation of all", () -> star.delta(SyncKind.FULL));
        beside("REFRESH CONCURRENTLY, of a view beside it", star::concurrently);
        beside("nothing", () -> Thread.sleep(1_000));
    }

    private void beside(String what, Work work) throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService reader = Executors.newSingleThreadExecutor();
        try {
            Callable<List<Double>> reading = () -> read(done);
            Future<List<Double>> reads = reader.submit(reading);
            work.run();
            done.set(true);
            List<Double> times = reads.get().stream().sorted().toList();
            out.printf(
                    Locale.ROOT,
                    "%s, beside %s: %d reads, median %.2f ms, slowest %.2f ms%n",
                    star.shape(),
                    what,
                    times.size(),
                    DeltaTableRuns.median(times),
                    times.get(times.size() - 1));
        } finally {
            reader.shutdownNow();
        }
    }

    private List<Double> read(AtomicBoolean done) throws Exception {
        List<Double> times = new ArrayList<>();
        String sql = "SELECT * FROM " + star.shape().view().sql() + " ORDER BY "
                + star.shape().indexes().get(0) + " LIMIT 100";
        try (Connection connection = star.pool().getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            do {
                long start = System.nanoTime();
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        rows.getObject(1);
                    }
                }
                times.add((System.nanoTime() - start) / 1e6);
            } while (!done.get());
        }
        return times;
    }
}
