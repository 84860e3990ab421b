package io.olapsync.benchmarks;

import io.olapsync.benchmarks.ReadersBenchmark.Beside;
import io.olapsync.benchmarks.report.Answer;
import io.olapsync.benchmarks.report.Comparison;
import io.olapsync.benchmarks.report.Samples;
import io.olapsync.benchmarks.report.Verdict;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What readers notice of a refresh. */
final class ReadersQuestion implements Question {

    private static final double OF_IDLE = 1.2;
    private static final double JUDGED = 99.0;
    private static final List<Beside> STRATEGIES = List.of(Beside.EACH, Beside.TOGETHER, Beside.DELTA, Beside.PLAIN);

    /** And by what name. */
    private static final Map<Double, String> PERCENTILES =
            Map.of(50.0, "p50", 99.0, "p99", 99.9, "p99.9", 100.0, "longest");

    @Override
    public String name() {
        return "readers";
    }

    @Override
    public String title() {
        return "What do readers notice of a refresh?";
    }

    @Override
    public String text() {
        return """
                Four connections read the business fact of the star, 500 times a second together and at fixed times, whether the read before has been served or not (`Readers`): a read takes from when it was due
                until it has its sums of forty cases, about half a millisecond. Meanwhile the star's six views are refreshed by `EACH` or `TOGETHER`, or the fact alone as a delta table, or by a
                plain `REFRESH`, which nobody should do to a view that is read. Before each refresh rows of one case in a hundred change. *Idle*: nothing else
                happens. *Beside a query*: another connection computes what the fact shows, and writes nothing. A refresh takes one processor here (one at a time, no parallel
                workers), so that there is one for readers.

                **No reader waits for a lock**: readers set `lock_timeout` to a millisecond, and whoever is refused is counted, and asks again without. The plain refresh shows that the count works.

                **p99 is that of a machine with two processors.** Whatever else computes there makes some reads wait for a processor, 2 to 5 ms, a slice of the scheduler: a query that only reads does so as
                well. Of six kinds of work measured beside each other (p99; idle 1.2 ms): that query 4.8 ms, `REFRESH … CONCURRENTLY` alone 3.9, the same without waiting for the disk 3.8, a temporary table of the same rows 3.0, a
                refresh of *another* view 2.3, a full run 3.2. Neither disk, nor catalog, nor which view it is shows in that; and the median does not move. Nor did it help to bind the refresh to one
                processor and everything else to the other: 2.5 ms, the query so bound 2.0. So the goal against idle cannot be had on such a machine by anything that computes; against the
                query it can be judged.
                """;
    }

    @Override
    public void ask(Effort effort, Answer answer) throws Exception {
        ReadersBenchmark benchmark = new ReadersBenchmark();
        benchmark.setUp(effort.scale().stakeholders());
        try {
            Episodes episodes = new Episodes(benchmark, effort.turns(80, 2_000));
            int turns = effort.turns(1, 5);
            for (int turn = effort.turns(0, -1); turn < turns; turn++) {
                for (int i = 0; i < Beside.values().length; i++) {
                    int which = (turn + 1 + i) % Beside.values().length;
                    episodes.take(List.of(Beside.values()).get(which), turn >= 0);
                }
            }
            PERCENTILES.keySet().stream()
                    .sorted()
                    .filter(percent -> !effort.quick() || percent <= JUDGED)
                    .forEach(percent -> rows(episodes, percent, effort, answer));
            answer.note(notes(episodes));
        } finally {
            benchmark.tearDown();
        }
    }

    private static void rows(Episodes episodes, double percent, Effort effort, Answer answer) {
        for (Beside strategy : STRATEGIES) {
            Comparison row = Comparison.of(
                    strategy.label(),
                    "ms, " + PERCENTILES.get(percent),
                    episodes.samples(strategy, percent, "beside it"),
                    episodes.samples(Beside.NOTHING, percent, "idle"),
                    episodes.samples(Beside.QUERY, percent, "beside a query"));
            boolean judged = percent == JUDGED && strategy != Beside.PLAIN;
            answer.add(judged ? judged(row, episodes.lockWaits(strategy), effort) : row);
        }
    }

    /** Of a few hundred reads the slowest two or three say nothing. */
    private static Comparison judged(Comparison row, int lockWaits, Effort effort) {
        Comparison judged = row.with(Verdict.atMost("reads that waited for a lock", lockWaits, 0));
        if (effort.quick()) {
            return judged;
        }
        double ofQuery = row.ways().get(0).median() / row.ways().get(2).median();
        return judged.with(Verdict.atMost("p99 of idle", row.ratio(), OF_IDLE))
                .with(Verdict.atMost("p99 of that beside a query", ofQuery, OF_IDLE));
    }

    private static String notes(Episodes episodes) {
        return "Reads that waited for a lock for more than a millisecond, of all: "
                + episodes.times.entrySet().stream()
                        .map(each -> String.format(
                                Locale.ROOT,
                                "%s %d of %,d",
                                each.getKey().label(),
                                episodes.lockWaits(each.getKey()),
                                each.getValue().stream()
                                        .mapToInt(times -> times.millis().size())
                                        .sum()))
                        .collect(Collectors.joining(", "))
                + ". One run of it took, in the median: "
                + episodes.took.entrySet().stream()
                        .map(each -> String.format(
                                Locale.ROOT,
                                "%s %.0f ms",
                                each.getKey().label(),
                                new Samples("runs", each.getValue()).median()))
                        .collect(Collectors.joining(", "))
                + ".";
    }

    /** One after the other: something is done again and again until there were enough reads beside it. */
    private static final class Episodes {

        private final ReadersBenchmark benchmark;
        private final int reads;
        private final Map<Beside, List<ReaderTimes>> times = new EnumMap<>(Beside.class);
        private final Map<Beside, List<Double>> took = new EnumMap<>(Beside.class);

        Episodes(ReadersBenchmark benchmark, int reads) {
            this.benchmark = benchmark;
            this.reads = reads;
        }

        /** @param counts false: to warm up, a fourth of it */
        void take(Beside what, boolean counts) throws Exception {
            ReaderTimes all = ReaderTimes.NONE;
            List<Double> runs = new ArrayList<>();
            while (all.millis().size() < (counts ? reads : reads / 4)) {
                benchmark.prepare(what);
                all = all.and(benchmark.readers(what).during(() -> {
                    long start = System.nanoTime();
                    benchmark.run(what);
                    return runs.add((System.nanoTime() - start) / 1e6);
                }));
            }
            if (counts) {
                times.computeIfAbsent(what, w -> new ArrayList<>()).add(all);
                took.computeIfAbsent(what, w -> new ArrayList<>()).addAll(runs);
            }
        }

        int lockWaits(Beside what) {
            return times.getOrDefault(what, List.of()).stream()
                    .mapToInt(ReaderTimes::lockWaits)
                    .sum();
        }

        Samples samples(Beside what, double percent, String name) {
            return new Samples(
                    name,
                    times.getOrDefault(what, List.of()).stream()
                            .map(each -> each.percentile(percent))
                            .toList());
        }
    }
}
