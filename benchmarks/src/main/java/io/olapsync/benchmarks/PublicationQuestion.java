package io.olapsync.benchmarks;

import io.olapsync.benchmarks.report.Answer;
import io.olapsync.benchmarks.report.Comparison;
import io.olapsync.benchmarks.report.Samples;
import java.util.List;

/** What it costs to publish all views at once. */
final class PublicationQuestion implements Question {

    @Override
    public String name() {
        return "publication";
    }

    @Override
    public String title() {
        return "What does it cost to publish all views at once?";
    }

    @Override
    public String text() {
        return """
                A full run of the star with `TOGETHER`, all views in one transaction on one snapshot, and with `EACH`, every view on its own
                (`PublicationBenchmark`), each against the same statements: in one REPEATABLE READ transaction on one connection, or stage by stage on four.
                One transaction has one connection, so nothing of it runs beside anything else: `TOGETHER` costs the parallelism of the run, which is what the
                rows differ by, and the library adds as little to it as to `EACH`. Before each, rows of one case in a hundred change; no parallel workers.
                """;
    }

    @Override
    public void ask(Effort effort, Answer answer) throws Exception {
        for (Scale scale : effort.scales()) {
            PublicationBenchmark benchmark = new PublicationBenchmark();
            benchmark.setUp(scale.stakeholders());
            try {
                List<Samples> ways = Turns.of(
                                effort.turns(2, scale == Scale.S ? 20 : scale == Scale.M ? 6 : 3), effort.turns(0, 2))
                        .before(() -> {
                            benchmark.change();
                            return scale;
                        })
                        .way("olapSync", benchmark::together)
                        .way("bare statements", benchmark::bareTransaction)
                        .way("olapSync", benchmark::each)
                        .way("bare statements", benchmark::bareStages)
                        .run();
                answer.add(Comparison.of("TOGETHER, scale " + scale, "ms", ways.subList(0, 2)));
                answer.add(Comparison.of("EACH, scale " + scale, "ms", ways.subList(2, 4)));
            } finally {
                benchmark.tearDown();
            }
        }
    }
}
