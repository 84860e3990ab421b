package io.olapsync.benchmarks;

import io.olapsync.benchmarks.report.Answer;
import io.olapsync.benchmarks.report.Comparison;
import io.olapsync.benchmarks.report.Verdict;

/** What a run costs in which nothing has changed. */
final class NothingChangedQuestion implements Question {

    @Override
    public String name() {
        return "nothing-changed";
    }

    @Override
    public String title() {
        return "What does a run cost in which nothing has changed?";
    }

    @Override
    public String text() {
        return """
                An incremental sync of all views of small stars (`NothingChangedBenchmark.olapSync`), from the call until each view has its answer, after nothing was written since the last;
                against the bare `REFRESH … CONCURRENTLY` statements, which compute every view to find no difference. The views have 100 rows; for larger ones
                the statements take longer, and the library as long as here. It is the second run after a refresh; the first reads the definitions, too.

                [What has not changed](postgresql.md#nothing-changed) is found out by one statement for all views. A run is two round trips, one after the other, whatever the number of views:
                all that is to be asked, and the history; and one beside it, the first line of the history. The statement grows with the transactions since the refresh, by half a millisecond for a thousand.
                When each view was asked under its lock, 6 views took 17 ms and 60 took 117 in the same turns; when it was seven round trips, 4 and 15.
                After the statements that each turn writes in between, a turn finds colder caches than a loop of such runs alone.
                """;
    }

    @Override
    public void ask(Effort effort, Answer answer) throws Exception {
        answer.add(compare(6, 3, effort.turns(7, 150), effort.turns(120, 1_500), answer));
        answer.add(compare(60, 10, effort.turns(2, 40), effort.turns(30, 400), answer));
    }

    private static Comparison compare(int views, double limitMillis, int turns, int warmUp, Answer answer)
            throws Exception {
        NothingChangedBenchmark benchmark = new NothingChangedBenchmark();
        benchmark.views = views;
        benchmark.setUp();
        try {
            for (int i = 0; i < warmUp; i++) { // alone: after the statements everything would be refreshed
                benchmark.olapSync();
            }
            Comparison compared = Comparison.of(
                    views + " views",
                    "ms",
                    Turns.of(turns, 1)
                            .before(benchmark::settle)
                            .way("olapSync", benchmark::olapSync)
                            .way("bare statements", benchmark::bareStatements)
                            .run());
            if (benchmark.refreshed() > 0) {
                answer.note("With " + views + " views, " + benchmark.refreshed()
                        + " were refreshed all the same in those runs: the server itself had written something.");
            }
            return compared.with(
                    Verdict.atMost("ms of a run", compared.ways().get(0).median(), limitMillis));
        } finally {
            benchmark.tearDown();
        }
    }
}
