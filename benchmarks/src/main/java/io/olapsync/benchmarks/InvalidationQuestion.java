package io.olapsync.benchmarks;

import io.olapsync.benchmarks.report.Answer;
import io.olapsync.benchmarks.report.Comparison;
import io.olapsync.benchmarks.report.Samples;
import io.olapsync.benchmarks.report.Verdict;
import java.util.List;
import java.util.Locale;

/** What an invalidation costs. */
final class InvalidationQuestion implements Question {

    private static final double VERSION_MILLIS = 1;
    private static final double OF_THE_LOOP = 0.95;
    private static final int FEW = 10_000;
    private static final int MANY = 1_000_000;

    @Override
    public String name() {
        return "invalidation";
    }

    @Override
    public String title() {
        return "What does an invalidation cost?";
    }

    @Override
    public String text() {
        return """
                A tenth of the keys in the database are cached results of the view that was refreshed (`InvalidationBenchmark`). By *version* one script raises one number, beside a bare INCR of a number on a
                connection of its own: what both take is the round trip and the disk, since with `appendfsync always` Redis answers when it is written. By *pattern* the view's keys are looked
                for and deleted, beside the fastest loop of SCAN and UNLINK that we know how to write for the same client: it asks for the next page before it does anything with this
                one, deletes a thousand keys at once, waits for no deletion before the end, and never makes a string of a key. Both look at 1,000 keys with each SCAN. With 5,000 the loop is up to a fifth faster on a
                small database, and the server deaf for 5 ms at a time: `scanCount` is for who wants that.
                """;
    }

    @Override
    public void ask(Effort effort, Answer answer) throws Exception {
        for (int keys : new int[] {FEW, effort.turns(10 * FEW, MANY)}) {
            InvalidationBenchmark benchmark = new InvalidationBenchmark();
            benchmark.keys = keys;
            benchmark.setUp();
            try {
                ask(benchmark, effort, answer);
            } finally {
                benchmark.tearDown();
            }
        }
    }

    private static void ask(InvalidationBenchmark benchmark, Effort effort, Answer answer) throws Exception {
        String keys = String.format(Locale.ROOT, "%,d keys", benchmark.keys);
        List<Samples> once = Turns.of(effort.turns(30, 100), 30)
                .way("version", () -> {
                    benchmark.version();
                    return keys;
                })
                .way("bare INCR", benchmark::bareIncrement)
                .run();
        answer.add(Comparison.of(keys + ", by version", "ms", once)
                .with(Verdict.atMost("ms", once.get(0).median(), VERSION_MILLIS)));
        boolean many = benchmark.keys > FEW;
        List<Samples> walks = Turns.of(effort.turns(many ? 5 : 20, many ? 9 : 40), many ? 2 : 20)
                .before(() -> {
                    benchmark.fill();
                    return keys;
                })
                .way("pattern", () -> {
                    benchmark.pattern();
                    return keys;
                })
                .way("loop of SCAN and UNLINK", benchmark::bareLoop)
                .run();
        double speed = walks.get(1).median() / walks.get(0).median();
        answer.add(Comparison.of(keys + ", by pattern", "ms", walks)
                .with(Verdict.atLeast("of the loop's speed", speed, OF_THE_LOOP)));
    }
}
