package io.olapsync.benchmarks;

import io.olapsync.benchmarks.report.Answer;
import io.olapsync.benchmarks.report.Comparison;
import io.olapsync.benchmarks.report.Verdict;
import java.util.Locale;

/** What the engine itself costs. */
final class EngineQuestion implements Question {

    private static final int[] VIEWS = {10, 100, 1_000, 10_000};
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
                """;
    }

    @Override
    public void ask(Effort effort, Answer answer) throws Exception {
        for (PlanShape shape : PlanShape.values()) {
            for (int views : VIEWS) {
                answer.add(compare(shape, views, effort));
            }
        }
    }

    private static Comparison compare(PlanShape shape, int views, Effort effort) throws Exception {
        EngineBenchmark benchmark = new EngineBenchmark();
        benchmark.shape = shape;
        benchmark.views = views;
        benchmark.setUp();
        try {
            Comparison compared = Comparison.of(
                    String.format(Locale.ROOT, "%s, %,d views", shape.name().toLowerCase(Locale.ROOT), views),
                    "ms",
                    Turns.of(effort.turns(10, 40), effort.turns(10, 30))
                            .way("engine", benchmark::engine)
                            .way("futures", benchmark::futures)
                            .run());
            return compared.with(Verdict.atMost("ratio", compared.ratio(), RATIO));
        } finally {
            benchmark.tearDown();
        }
    }
}
