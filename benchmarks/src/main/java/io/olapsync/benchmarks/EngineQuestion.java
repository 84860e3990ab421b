package io.olapsync.benchmarks;

import io.olapsync.benchmarks.report.Answer;
import io.olapsync.benchmarks.report.Comparison;
import io.olapsync.benchmarks.report.Verdict;
import java.util.Locale;

/** What the engine itself costs. */
final class EngineQuestion implements Question {

    private static final int HUNDRED = 100;
    private static final int[] VIEWS = {10, HUNDRED, 1_000, 10_000};
    private static final double RATIO = 1.5;

    @Override
    public String name() {
        return "engine";
    }

    @Override
    public String title() {
        return "What does the engine itself cost?";
    }

    @Override
    public String text() {
        return """
                A full run of views whose refresh takes no time, through the whole engine with one do-nothing adapter of each kind (`EngineBenchmark.engine`),
                against a hand-written graph of `CompletableFuture`s that calls the same refreshes in the same order on as many threads
                (`futures`). In a wide plan no view reads another; in a layered one each reads three of the layer before.

                The cost grows no faster than the views: what a view costs in a plan of 10,000 is compared with what it costs in one of 100. The other goal, at most 1.5 times the futures, is not
                met here: the graph does half a microsecond of work for a view, order and parallelism and nothing else. The engine's ten are, for each view: a lock asked for and given back, a deadline set and
                taken off, a cancellation that can reach it, two lines of history and an event for each listener at its beginning and its end, an attempt that can be retried, the caches, a line of
                the report with the critical path. Which of these costs how much has not been profiled. Beside the smallest refresh there is, 4 ms, ten microseconds
                are a quarter of a percent, and 10,000 views stay far below a second.
                """;
    }

    @Override
    public void ask(Effort effort, Answer answer) throws Exception {
        for (PlanShape shape : PlanShape.values()) {
            double hundred = Double.NaN;
            for (int views : VIEWS) {
                Comparison compared = compare(shape, views, effort);
                double each = compared.ways().get(0).median() / views;
                hundred = views == HUNDRED ? each : hundred;
                answer.add(
                        views > HUNDRED
                                ? compared.with(Verdict.atMost("each of what it is in 100 views", each / hundred, 1))
                                : compared);
            }
        }
    }

    private static Comparison compare(PlanShape shape, int views, Effort effort) throws Exception {
        EngineBenchmark benchmark = new EngineBenchmark();
        benchmark.shape = shape;
        benchmark.views = views;
        benchmark.setUp();
        try {
            boolean many = views > 1_000;
            Comparison compared = Comparison.of(
                    String.format(Locale.ROOT, "%s, %,d views", shape.name().toLowerCase(Locale.ROOT), views),
                    "ms",
                    Turns.of(effort.turns(many ? 5 : 20, 40), effort.turns(many ? 4 : 30, many ? 30 : 300))
                            .way("engine", benchmark::engine)
                            .way("futures", benchmark::futures)
                            .run());
            return compared.with(Verdict.atMost("ratio", compared.ratio(), RATIO));
        } finally {
            benchmark.tearDown();
        }
    }
}
