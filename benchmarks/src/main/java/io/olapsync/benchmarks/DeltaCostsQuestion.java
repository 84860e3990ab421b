package io.olapsync.benchmarks;

import io.olapsync.benchmarks.report.Answer;
import io.olapsync.benchmarks.report.Comparison;
import io.olapsync.benchmarks.report.Samples;
import io.olapsync.benchmarks.report.Verdict;
import io.olapsync.spi.SyncKind;
import io.olapsync.testkit.TestDatabase;

/** What a delta table costs others. */
final class DeltaCostsQuestion implements Question {

    private static final double SHARE = 0.01;
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
                aggregate, and with those disabled. On a server that waits for a disk at each commit, that wait hides most of what capture costs; where commits cost nothing it was .88 and .83 of the single rows
                a second, and 1.15 of the time of 10,000 rows.

                **Readers**: one that reads 100 rows of the join fact again and again, while it is refreshed after a change of one case in a hundred, and beside nothing; the longest of each. No reader waits for a
                lock; all of them want the same processors.

                **Growth**: the bytes of the join fact's rows and indexes after refreshes of one case in a hundred each (50, in the quick profile 5), of those before. After 50 refreshes of the aggregate, each of which updates most of its groups, rows took 1.32 and
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
                new DeltaReaders(star, effort).measure(answer);
                growth(star, effort.turns(5, 50), answer);
            }
        }
    }

    private static void growth(DeltaStar star, int refreshes, Answer answer) throws Exception {
        star.execute("VACUUM FULL " + star.shape().view().sql());
        long[] before = star.bytes();
        for (int i = 0; i < refreshes; i++) {
            star.change(SHARE);
            star.delta(SyncKind.INCREMENTAL);
            star.quiet();
        }
        long[] after = star.bytes();
        add(answer, "rows", refreshes, before[0], after[0], ROWS_GROWTH);
        add(answer, "indexes", refreshes, before[1], after[1], INDEX_GROWTH);
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
