package io.olapsync.benchmarks;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/**
 * The same comparisons on a machine that is not quiet: library and peer take turns in one process, so that whatever else
 * runs there hits both, and the difference is taken turn by turn. JMH, which measures one after the other, is for a
 * quiet one.
 */
public final class AlternatingRuns {

    private static final int WARM_UP = 15;
    private static final int TURNS = 40;
    private static final int EVENT_TURNS = 6;

    private final String what;
    private final int count;
    private final String unit;
    private final Callable<?> before;
    private final Callable<?> library;
    private final Callable<?> peer;

    private AlternatingRuns(
            String what, int count, String unit, Callable<?> before, Callable<?> library, Callable<?> peer) {
        this.what = what;
        this.count = count;
        this.unit = unit;
        this.before = before;
        this.library = library;
        this.peer = peer;
    }

    /** Prints a line for each comparison, or with the argument {@code events} for those alone; takes about four minutes. */
    public static void main(String[] args) throws Exception {
        if (!List.of(args).contains("events")) {
            views();
        }
        events(true, EventThroughputBenchmark.EVENTS, EVENT_TURNS).print(System.out);
        events(false, EventThroughputBenchmark.REFRESHED_EVENTS, EVENT_TURNS).print(System.out);
    }

    private static void views() throws Exception {
        for (PlanShape shape : PlanShape.values()) {
            for (int views : new int[] {100, 1_000, 10_000}) {
                engine(shape, views, TURNS).print(System.out);
            }
        }
        for (int views : new int[] {6, 60}) {
            adapters(views, TURNS).print(System.out);
        }
    }

    /** What the turns of one comparison took, in milliseconds, sorted; the differences are those of single turns. */
    record Result(
            String what, int count, String unit, List<Double> library, List<Double> peer, List<Double> differences) {

        void print(PrintStream out) {
            out.printf(
                    Locale.ROOT,
                    "%s, %d %s: library %s ms, peer %s ms, ratio of medians %.3f, difference for each %s ms%n",
                    what,
                    count,
                    unit,
                    quartiles(library, 1),
                    quartiles(peer, 1),
                    at(library, 2) / at(peer, 2),
                    quartiles(differences, count));
        }

        private static String quartiles(List<Double> sorted, int divisor) {
            return String.format(
                    Locale.ROOT,
                    "%.4g (%.4g to %.4g)",
                    at(sorted, 2) / divisor,
                    at(sorted, 1) / divisor,
                    at(sorted, 3) / divisor);
        }

        private static double at(List<Double> sorted, int quarters) {
            return sorted.get((sorted.size() - 1) * quarters / 4);
        }
    }

    static Result engine(PlanShape shape, int views, int turns) throws Exception {
        EngineBenchmark benchmark = new EngineBenchmark();
        benchmark.shape = shape;
        benchmark.views = views;
        benchmark.setUp();
        try {
            return new AlternatingRuns(
                            "engine " + shape, views, "views", () -> null, benchmark::engine, benchmark::futures)
                    .run(turns);
        } finally {
            benchmark.tearDown();
        }
    }

    static Result adapters(int views, int turns) throws Exception {
        AdapterOverheadBenchmark benchmark = new AdapterOverheadBenchmark();
        benchmark.views = views;
        benchmark.setUp();
        Callable<?> change = () -> {
            benchmark.changeSource();
            return views;
        };
        try {
            return new AlternatingRuns(
                            "adapters", views, "views", change, benchmark::olapSync, benchmark::bareStatements)
                    .run(turns);
        } finally {
            benchmark.tearDown();
        }
    }

    static Result events(boolean covered, int events, int turns) throws Exception {
        EventThroughputBenchmark benchmark = new EventThroughputBenchmark();
        benchmark.setUp();
        benchmark.fill(events);
        Callable<?> refill = () -> {
            benchmark.closeEngine();
            benchmark.fill(events);
            return events;
        };
        try {
            return new AlternatingRuns(
                            covered ? "events, covered" : "events, refreshed",
                            events,
                            "events",
                            refill,
                            covered ? benchmark::covered : benchmark::refreshed,
                            benchmark::bareLoop)
                    .run(turns);
        } finally {
            benchmark.closeEngine();
            benchmark.tearDown();
        }
    }

    private Result run(int turns) throws Exception {
        for (int i = 0; i < Math.min(turns, WARM_UP); i++) {
            millis(library);
            millis(peer);
        }
        double[] ours = new double[turns];
        double[] theirs = new double[turns];
        double[] differences = new double[turns];
        for (int i = 0; i < turns; i++) {
            boolean libraryFirst = i % 2 == 0;
            if (libraryFirst) {
                ours[i] = millis(library);
            }
            theirs[i] = millis(peer);
            if (!libraryFirst) {
                ours[i] = millis(library);
            }
            differences[i] = ours[i] - theirs[i];
        }
        return new Result(what, count, unit, sorted(ours), sorted(theirs), sorted(differences));
    }

    private static List<Double> sorted(double[] times) {
        return Arrays.stream(times).sorted().boxed().toList();
    }

    private double millis(Callable<?> run) throws Exception {
        before.call();
        long start = System.nanoTime();
        run.call();
        return (System.nanoTime() - start) / 1e6;
    }
}
