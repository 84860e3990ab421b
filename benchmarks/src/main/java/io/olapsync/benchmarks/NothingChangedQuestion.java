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
                the statements take longer, and the library as long as here.
                """;
    }

    @Override
    public void ask(Effort effort, Answer answer) throws Exception {
        answer.add(compare(6, 3, effort.turns(50, 300), effort.turns(60, 200), answer));
        answer.add(compare(60, 10, effort.turns(12, 60), effort.turns(15, 60), answer));
    }

    private static Comparison compare(int views, double limitMillis, int turns, int warmUp, Answer answer)
            throws Exception {
        NothingChangedBenchmark benchmark = new NothingChangedBenchmark();
        benchmark.views = views;
        benchmark.setUp();
        try {
            Comparison compared = Comparison.of(
                    views + " views",
                    "ms",
                    Turns.of(turns, warmUp)
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
