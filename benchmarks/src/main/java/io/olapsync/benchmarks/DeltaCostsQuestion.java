package io.olapsync.benchmarks;

import io.olapsync.benchmarks.report.Answer;
import io.olapsync.benchmarks.report.Comparison;
import io.olapsync.benchmarks.report.Samples;
import io.olapsync.benchmarks.report.Verdict;
import io.olapsync.testkit.TestDatabase;
import java.util.ArrayList;
import java.util.List;

/** What a delta table costs others. */
final class DeltaCostsQuestion implements Question {

    private static final double LONGEST_MILLIS = 10;
    private static final double ROWS_GROWTH = 1.15;
    private static final double INDEX_GROWTH = 1.05;

    @Override
    public String name() {
        return "delta-costs";
    }

    @Override
    public String title() {
        return "What does a delta table cost writers, readers and disk?";
    }

    @Override
    public String text() {
        return """
                **Writers** (`DeltaWritersBenchmark`): four clients that insert or update single rows of `cash_flow_entries`, and one that updates 10,000, in turns with the triggers that capture changes for the
                aggregate, without any, and with triggers as one would write them oneself: for statements, appending the old and new rows to a table. Those cost most of it: a trigger that appends one row costs a
                statement of one row 6 µs, by whoever it is written, on a server where that statement takes 11 (insert) to 21 (update) with its commit and without its client (PostgreSQL 15). The library's cost three times that,
                as long as each statement looked at the size of what has been kept, which bounds it though nobody refreshes, and the function had a `search_path` of its own. Since one in sixteen looks and all is named with its schema, they cost twice as
                much as one's own: in a loop on the server 12 to 14 µs for an insert, one's own 5 to 6, before 36; 21 for an update, one's own 10 to 11, before 37, on a machine that was slower by then. So .9 of the single rows a second is near what any trigger can do on a server whose processors are busy; on one that waits for a disk at each commit that wait hides most of it.

                **Readers** (`DeltaReadersBenchmark`): one that reads 100 rows of the join fact again and again, while it is refreshed after a change of one case in a hundred, and beside nothing; the longest of each. No reader waits for a
                lock; all of them want the same processors.

                **Growth** (`DeltaGrowthBenchmark`): the bytes of the join fact's rows and indexes after refreshes of one case in a hundred each (50, in the quick profile 5), of those before. After 50 refreshes of the aggregate, each of which updates most of its groups, rows took 1.32 and
                indexes 1.30 of their bytes: a row that is updated in every refresh leaves a dead one each time, and what cleans up comes between refreshes.
                """;
    }

    @Override
    public void ask(Effort effort, Answer answer) throws Exception {
        try (TestDatabase database = LoadedStar.open(effort.scale().stakeholders())) {
            try (DeltaStar star = DeltaStar.open(database.jdbcUrl(), DeltaShape.AGGREGATE)) {
                new DeltaWriters(star, effort).measure(answer);
            }
            try (DeltaStar star = DeltaStar.open(database.jdbcUrl(), DeltaShape.JOIN_FACT)) {
                answer.add(readers(star, effort.turns(2, 10)));
                growth(star, effort.turns(5, 50), answer);
            }
        }
    }

    private static Comparison readers(DeltaStar star, int turns) throws Exception {
        DeltaReadersBenchmark benchmark = new DeltaReadersBenchmark();
        benchmark.use(star);
        List<Double> beside = new ArrayList<>();
        List<Double> idle = new ArrayList<>();
        for (int i = 0; i < turns; i++) {
            benchmark.change();
            beside.add(benchmark.besideRefresh());
            idle.add(benchmark.besideNothing());
        }
        Samples refreshed = new Samples("beside a refresh", beside);
        return Comparison.of("longest read of 100 rows", "ms", refreshed, new Samples("beside nothing", idle))
                .with(Verdict.atMost("ms", refreshed.median(), LONGEST_MILLIS));
    }

    private static void growth(DeltaStar star, int refreshes, Answer answer) throws Exception {
        DeltaGrowthBenchmark benchmark = new DeltaGrowthBenchmark();
        benchmark.use(star, refreshes);
        DeltaGrowthBenchmark.Bytes bytes = benchmark.growth();
        add(answer, "rows", refreshes, bytes.rowsBefore(), bytes.rowsAfter(), ROWS_GROWTH);
        add(answer, "indexes", refreshes, bytes.indexesBefore(), bytes.indexesAfter(), INDEX_GROWTH);
    }

    private static void add(Answer answer, String what, int refreshes, long before, long after, double limit) {
        answer.add(Comparison.of(
                        what + " after " + refreshes + " refreshes",
                        "MB",
                        Samples.of("then", after / 1e6),
                        Samples.of("before", before / 1e6))
                .with(Verdict.atMost("times its bytes", (double) after / before, limit)));
    }
}
