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
                against two graphs written by hand that call the same refreshes in the same order on as many threads. *Futures*: `CompletableFuture`s, order and parallelism and
                nothing else. *Futures with duties* (`HandWrittenGraph`, 150 lines): some of what the engine does as well, for each view a deadline, two calls of a listener, a result with its times, the longest remaining path
                first, and a failure that stops only what reads the view. In a wide plan no view reads another; in a layered one each reads three of the layer before.

                The first goal, at most 1.5 times the futures, cannot be had: those do a quarter of a microsecond to one of work for a view. Of the engine's processor time for a view in a
                wide plan of 1,000, 5.6 µs by `perf` (in a layered one of 10,000, 10.1; what the compiler has inlined counts for its caller):

                | µs for | wide | layered |
                |---|---|---|
                | waking threads: for the first views, and where a view becomes ready while a thread has nothing to do | 1.1 | 2.0 |
                | the attempt: lock, conditions, deadline, cancellation, what log lines say of it, the outcome and its line of the report | 1.7 | 2.4 |
                | before the first view: selection, steps, graph, priorities, what the catalog says against them; and the critical path | 1.2 | 3.3 |
                | the run's turn, one task after the other, and what has become ready | 0.6 | 0.8 |
                | events for listeners, lines of history | 0.6 | 0.5 |
                | the queue by priority | 0.2 | 0.3 |
                | garbage collection, JIT and the rest | 0.3 | 0.6 |

                Until threads went on with the next view themselves, waking them was 13 of 19 µs, a wrapper for retries of each attempt 0.7, and in layered plans the comparison of an unchanged catalog with the plan 1.4.
                No part grows faster than the views. What a view costs more in a large layered plan is memory: three edges for each, in tables by name that are larger than the processors' caches. Beside the smallest refresh there is, 4 ms,
                all of it is a seventh of a percent, and 10,000 views stay far below a second.
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
                            .way("futures with duties", benchmark::handWritten)
                            .run());
            return compared.with(Verdict.atMost("ratio", compared.ratio(), RATIO));
        } finally {
            benchmark.tearDown();
        }
    }
}
