package io.olapsync.benchmarks;

import io.olapsync.benchmarks.report.Answer;
import io.olapsync.benchmarks.report.Comparison;
import io.olapsync.benchmarks.report.Samples;
import io.olapsync.benchmarks.report.Verdict;
import io.olapsync.examples.star.StarSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** How near a full sync comes to the least time that its statements need. */
final class SyncQuestion implements Question {

    private static final double OF_BOUND = 1.03;

    @Override
    public String name() {
        return "full-sync";
    }

    @Override
    public String title() {
        return "How long does a full sync take?";
    }

    @Override
    public String text() {
        return """
                The whole full run of the star (`FullSyncBenchmark.olapSync`: preparation, locks, states, history, invalidation in Redis, report) against its six
                `REFRESH … CONCURRENTLY` statements on connections kept open: stage by stage, as a scheduler of stages starts them (`stageByStage`), but
                without the seconds that such a scheduler itself takes to notice that a stage has ended; and one after the other (`oneAfterTheOther`).
                Before each, rows of one case in a hundred change in both facts' sources, and nothing else is at work. At most four at once.

                **Lower bound**: no schedule is faster than the longest chain of statements that wait for each other, nor than all work shared out evenly over
                the processors. The work of a statement is the time it takes alone, turn by turn, in `oneAfterTheOther`. So that this is the work of one
                processor, no statement may use parallel workers (`max_parallel_workers_per_gather = 0`, for all ways). The bound knows nothing of contention:
                two statements beside each other share the caches, the memory bus, the WAL and the disk, which each has to itself when it is alone. What that costs is in
                `stageByStage` too, which does nothing but run the statements; so the library's own part is the difference to that.
                The star's dimensions take milliseconds, so a barrier between them and the facts costs nothing, and stage by stage is as good a schedule as there is.

                So the library can be above it only by what it adds, and cannot be below: of a warm run of six small views 4 ms before the first refresh (what the states and the catalog say), 2 to 4 from the commit of a view to
                the start of one that reads it (its lock and a look at it), and 5 after the last commit (count, caches, history). The bare statements have nothing of this, and nobody to lock out, retry, count or tell.

                The bound itself is not had by the bare statements either: two beside each other take longer than each alone. A cold JVM compiles on the same two processors, which is what the few turns of the quick
                profile show.
                """;
    }

    @Override
    public void ask(Effort effort, Answer answer) throws Exception {
        for (Scale scale : effort.scales()) {
            answer.add(compare(scale, effort));
        }
    }

    private static Comparison compare(Scale scale, Effort effort) throws Exception {
        FullSyncBenchmark benchmark = new FullSyncBenchmark();
        benchmark.setUp(scale.stakeholders());
        List<Double> bounds = new ArrayList<>();
        try {
            if (effort.quick()) { // the statements are compiled elsewhere
                benchmark.change();
                benchmark.olapSync();
            }
            int turns = effort.turns(2, scale == Scale.S ? 30 : scale == Scale.M ? 9 : 4);
            List<Samples> ways = new ArrayList<>(Turns.of(turns, effort.turns(0, 2))
                    .before(() -> {
                        benchmark.change();
                        return scale;
                    })
                    .way("olapSync", benchmark::olapSync)
                    .way("stage by stage", benchmark::stageByStage)
                    .way("one after the other", () -> bounds.add(bound(benchmark.oneAfterTheOther())))
                    .run());
            Samples bound = new Samples("lower bound", bounds.subList(bounds.size() - turns, bounds.size()));
            ways.add(bound);
            Comparison compared = Comparison.of("scale " + scale, "ms", ways);
            return compared.with(Verdict.atMost("of stage by stage", compared.ratio(), 1))
                    .with(Verdict.atMost("of the lower bound", ways.get(0).median() / bound.median(), OF_BOUND));
        } finally {
            benchmark.tearDown();
        }
    }

    private static double bound(Map<String, Double> took) {
        double path = longest(took, StarSchema.DIMENSIONS) + longest(took, StarSchema.FACTS);
        double work = took.values().stream().mapToDouble(Double::doubleValue).sum();
        int processors = Math.min(StarRuns.PARALLELISM, Runtime.getRuntime().availableProcessors());
        return Math.max(path, work / processors);
    }

    private static double longest(Map<String, Double> took, List<String> views) {
        return took.entrySet().stream()
                .filter(view -> views.contains(view.getKey()))
                .mapToDouble(Map.Entry::getValue)
                .max()
                .orElseThrow();
    }
}
