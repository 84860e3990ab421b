package io.olapsync.benchmarks;

import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The same comparison in turns: in each some rows change, and then the delta table and both materialized views are refreshed
 * after that one change. And what else a delta table costs: those who write its sources, those who read it, and disk.
 *
 * <p>Arguments: what to measure ({@code refresh}, {@code writers}, {@code growth}, {@code readers}), a {@link DeltaShape}, how many
 * stakeholders, and, so that several runs can share the data, the JDBC URL of a database, which is filled where it is empty.
 */
public final class DeltaTableRuns {

    private static final double[] SHARES = {0.0001, 0.001, 0.01, 0.1};
    private static final int TURNS = 5;
    private static final int PEER_TURNS = 2;
    private static final int GROWTH = 50;

    private final DeltaStar star;
    private final PrintStream out;

    DeltaTableRuns(DeltaStar star, PrintStream out) {
        this.star = star;
        this.out = out;
    }

    /** See the class. */
    public static void main(String[] args) throws Exception {
        if (args.length < 3 || args.length > 4) {
            throw new IllegalArgumentException(
                    "refresh|writers|growth|readers JOIN_FACT|WINDOW_FACT|AGGREGATE STAKEHOLDERS [JDBC_URL]");
        }
        int stakeholders = Integer.parseInt(args[2]);
        try (TestDatabase own = args.length == 4 ? null : TestServers.postgres().newDatabase();
                DeltaStar star = DeltaStar.open(
                        own == null ? args[3] : own.jdbcUrl(), stakeholders, DeltaShape.valueOf(args[1]))) {
            new DeltaTableRuns(star, System.out).run(args[0]);
        }
    }

    void run(String what) throws Exception {
        switch (what) {
            case "refresh" -> refresh(TURNS, PEER_TURNS);
            case "writers" -> new DeltaWriters(star, out).run();
            case "growth" -> growth(GROWTH);
            case "readers" -> new DeltaReaders(star, out).run();
            default -> throw new IllegalArgumentException("cannot measure " + what);
        }
    }

    /** What the turns of each way to refresh took, in milliseconds. */
    private static final class Times {
        private final List<Double> delta = new ArrayList<>();
        private final List<Double> plain = new ArrayList<>();
        private final List<Double> concurrently = new ArrayList<>();
    }

    private interface Work {
        Object call() throws Exception;
    }

    void refresh(int turns, int peerTurns) throws Exception {
        star.change(1);
        star.delta(SyncKind.INCREMENTAL);
        star.plain();
        star.concurrently();
        nothing(turns);
        turns("1 key", 0, 1, turns, 0);
        for (double share : SHARES) {
            turns(String.format(Locale.ROOT, "%g %%", share * 100), share, 0, turns, peerTurns);
        }
        full(peerTurns);
        out.printf("%s: rows that differ from the definition: %d%n", star.shape(), star.differences());
    }

    private void nothing(int turns) throws Exception {
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < turns * 10; i++) {
            star.quiet();
            times.add(millis(() -> star.delta(SyncKind.INCREMENTAL)));
        }
        out.printf(Locale.ROOT, "%s, nothing: delta %s ms%n", star.shape(), spread(times));
    }

    private void turns(String title, double share, int keys, int turns, int peerTurns) throws Exception {
        Times times = new Times();
        String how = "";
        for (int i = 0; i < turns; i++) {
            if (share > 0) {
                star.change(share);
            } else {
                star.change(keys);
            }
            star.quiet();
            ViewRefresh[] done = new ViewRefresh[1];
            times.delta.add(millis(() -> done[0] = star.delta(SyncKind.INCREMENTAL)));
            how = done[0].incremental().map(Object::toString).orElse("");
            star.quiet();
            if (i < peerTurns) {
                times.plain.add(millis(() -> {
                    star.plain();
                    return star;
                }));
                star.quiet();
                times.concurrently.add(millis(() -> {
                    star.concurrently();
                    return star;
                }));
            }
        }
        out.printf(Locale.ROOT, "%s, %s: delta %s ms by %s", star.shape(), title, spread(times.delta), how);
        if (peerTurns > 0) {
            double delta = median(times.delta);
            out.printf(
                    Locale.ROOT,
                    ", plain %.1f ms (%.4f), concurrently %.1f ms (%.0f times)",
                    median(times.plain),
                    delta / median(times.plain),
                    median(times.concurrently),
                    median(times.concurrently) / delta);
        }
        out.println();
    }

    private void full(int turns) throws Exception {
        List<Double> delta = new ArrayList<>();
        List<Double> plain = new ArrayList<>();
        for (int i = 0; i < turns; i++) {
            star.change(SHARES[1]);
            star.quiet();
            delta.add(millis(() -> star.delta(SyncKind.FULL)));
            star.quiet();
            plain.add(millis(() -> {
                star.plain();
                return star;
            }));
        }
        out.printf(
                Locale.ROOT,
                "%s, all recomputed: delta %s ms, plain %s ms, ratio %.3f%n",
                star.shape(),
                spread(delta),
                spread(plain),
                median(delta) / median(plain));
    }

    private void growth(int refreshes) throws Exception {
        star.execute("VACUUM FULL " + star.shape().view().sql());
        long[] before = star.bytes();
        for (int i = 0; i < refreshes; i++) {
            star.change(0.01);
            star.delta(SyncKind.INCREMENTAL);
            star.quiet();
        }
        long[] after = star.bytes();
        out.printf(
                Locale.ROOT,
                "%s, %d refreshes of 1 %%: rows %.1f MB x%.3f, indexes %.1f MB x%.3f%n",
                star.shape(),
                refreshes,
                before[0] / 1e6,
                (double) after[0] / before[0],
                before[1] / 1e6,
                (double) after[1] / before[1]);
    }

    private static double millis(Work work) throws Exception {
        long start = System.nanoTime();
        work.call();
        return (System.nanoTime() - start) / 1e6;
    }

    static double median(List<Double> times) {
        double[] sorted =
                times.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return sorted.length % 2 == 1
                ? sorted[sorted.length / 2]
                : (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;
    }

    static String spread(List<Double> times) {
        double[] range =
                times.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return String.format(
                Locale.ROOT,
                "%.2f (%.2f to %.2f)",
                median(times),
                Arrays.stream(range).min().orElse(Double.NaN),
                Arrays.stream(range).max().orElse(Double.NaN));
    }
}
