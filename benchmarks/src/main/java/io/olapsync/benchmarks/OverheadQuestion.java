package io.olapsync.benchmarks;

import io.olapsync.benchmarks.report.Answer;
import io.olapsync.benchmarks.report.Comparison;
import io.olapsync.benchmarks.report.Samples;
import io.olapsync.benchmarks.report.Verdict;
import java.util.ArrayList;
import java.util.List;

/** What the library adds to the SQL. */
final class OverheadQuestion implements Question {

    private static final double ADDED_MILLIS = 3;
    private static final double ADDED_BY_A_RUN_MILLIS = 5;
    private static final int ROUND_TRIPS = 4;

    @Override
    public String name() {
        return "overhead";
    }

    @Override
    public String title() {
        return "What does the library add to a refresh?";
    }

    @Override
    public String text() {
        return """
                **One refresh** (`RefreshOverheadBenchmark`): lock, look at the view, refresh, count of the changed rows, state row, invalidation to be done, commit, against the bare
                `REFRESH MATERIALIZED VIEW CONCURRENTLY`, both on a connection of the same pool, on a view of 100 rows one of which has changed. Each has a view of its own with
                the same definition, also below: after somebody else's refresh the library counts the rows anew. What is added is the same whatever the view's size. Round trips are counted by a proxy. History is written beside the work, several lines in one transaction
                that does not wait for the disk, so it is in no view's way; the runs below contain it.

                **Whole runs** (`AdapterOverheadBenchmark`): a full run over stars of six such views, on four connections, with Redis, against the same statements in two stages on
                as many. Before each, a source row changes, so that every view changes and every cache is invalidated. What is added includes
                preparation, history, invalidation and report; for each view it is the difference of one turn, divided by the views. Before its first refresh a run makes
                two round trips, on two connections at once, and after its last commit Redis and one line of the history are what it waits for: a fixed part, which six small views share.
                """;
    }

    @Override
    public void ask(Effort effort, Answer answer) throws Exception {
        one(effort, answer);
        for (int views : new int[] {6, 60}) {
            answer.add(run(views, effort));
        }
    }

    private static void one(Effort effort, Answer answer) throws Exception {
        RefreshOverheadBenchmark benchmark = new RefreshOverheadBenchmark();
        benchmark.setUp();
        try {
            List<Samples> ways = new ArrayList<>(Turns.of(effort.turns(25, 600), effort.turns(20, 300))
                    .before(() -> {
                        benchmark.changeSource();
                        return benchmark;
                    })
                    .way("library", benchmark::adapters)
                    .way("bare statements", benchmark::bareStatement)
                    .run());
            Samples added = ways.get(0).minus(ways.get(1)).times(1, "added for each view");
            ways.add(added);
            answer.add(Comparison.of("one refresh", "ms", ways)
                    .with(Verdict.atMost("ms added", added.median(), ADDED_MILLIS)));
            long[] trips = benchmark.roundTrips();
            answer.add(Comparison.of(
                            "one refresh",
                            "round trips",
                            Samples.of("library", (double) trips[0]),
                            Samples.of("bare statements", (double) trips[1]))
                    .with(Verdict.atMost("round trips added", (double) (trips[0] - trips[1]), ROUND_TRIPS)));
        } finally {
            benchmark.tearDown();
        }
    }

    private static Comparison run(int views, Effort effort) throws Exception {
        AdapterOverheadBenchmark benchmark = new AdapterOverheadBenchmark();
        benchmark.views = views;
        benchmark.setUp();
        try {
            List<Samples> ways =
                    new ArrayList<>(Turns.of(effort.turns(views > 6 ? 2 : 7, 40), effort.turns(views > 6 ? 1 : 3, 15))
                            .before(() -> {
                                benchmark.changeSource();
                                return views;
                            })
                            .way("library", benchmark::olapSync)
                            .way("bare statements", benchmark::bareStatements)
                            .run());
            Samples added = ways.get(0).minus(ways.get(1)).times(1.0 / views, "added for each view");
            ways.add(added);
            return Comparison.of("whole run, " + views + " views", "ms", ways)
                    .with(Verdict.atMost("ms added for each view", added.median(), ADDED_BY_A_RUN_MILLIS));
        } finally {
            benchmark.tearDown();
        }
    }
}
