package io.olapsync.benchmarks;

import io.olapsync.benchmarks.report.Answer;
import io.olapsync.benchmarks.report.Comparison;
import io.olapsync.benchmarks.report.Samples;
import io.olapsync.benchmarks.report.Verdict;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.testkit.TestDatabase;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a refresh costs when little has changed. */
final class DeltaTablesQuestion implements Question {

    private static final double FULL_OF_PLAIN = 1.1;
    private static final double NOTHING_MILLIS = 2;

    /** By shape and percent of the cases: how many times faster than CONCURRENTLY it is to be, at a million stakeholders. */
    private static final Map<String, Double> TIMES =
            Map.of("JOIN_FACT 0.1 %", 500.0, "JOIN_FACT 1 %", 60.0, "JOIN_FACT 10 %", 10.0, "WINDOW_FACT 1 %", 130.0);

    /** Less than any share is one. */
    private static final double ONE_CASE = 1e-6;

    /** At the same size: of a plain refresh. */
    private static final double AGGREGATE_OF_PLAIN = 0.06;

    @Override
    public String name() {
        return "delta-tables";
    }

    @Override
    public String title() {
        return "What does a refresh cost when little has changed?";
    }

    @Override
    public String text() {
        return """
                One definition three times (`DeltaTableBenchmark`): as a [delta table](delta-tables.md), and as two materialized views, one refreshed plainly, for which readers wait, and one concurrently. In each turn rows of so many
                random cases change in one statement, and then all three are refreshed after that one change. The join fact and the aggregate are the
                example's two facts; the window fact ranks the stakeholders of each case. The dimensions are tables, so that it is the refresh of one view. Times of the delta table
                include taking and giving back the lock. After each shape its rows are compared with its definition. The goals are for scale L, but for two: at no share slower than `CONCURRENTLY`, and under 2 ms
                where there is nothing to do.

                At scale L on a server that waits for its disk (`full --scale L`, 3 turns each; times faster than `CONCURRENTLY`): join fact 126 at 0.1 % (goal 500), 40 at 1 % (60), 7.4 at 10 % (10); window fact 232 at 0.1 %, 40 at
                1 % (130), 7.7 at 10 %; aggregate at 1 % .093 of a plain refresh (.06); all recomputed 1.13, 1.29 and 1.12 of a plain refresh (1.1). With all data in memory, in longer rows beside other work: join fact 330 to 450 at 0.1 %, 55
                to 58 at 1 %; window fact 51 to 90 at 1 %; aggregate .075 to .091. With room in its pages, 5 turns: join fact 386 at 0.1 %, 80 at 1 %; 94 of 100 updates touched no index (51 before, with changes of 10 % among them).

                A recomputation of all writes the rows, too, and compares them, which a plain refresh does not. Where the time goes at scale L and 1 %, by `auto_explain`, data in memory: of the 200 ms of the join fact's one statement 140 are the definition's rows for 2,500 cases, which whoever asks for these by hand pays, too (15 at 0.1 %, 1,500 at 10 %), 20 reading
                what is there, 10 comparing, 35 writing 7,000 rows. Of the window fact 35 are the definition, 59 where `random_page_cost` has all cases read, and 50 writing 10,000 rows with two index entries each: with these two alone 130 times
                would be just had. Of the aggregate's 710 ms 460 are the joins of 30,000 rows as they were and as they are, and 160 finding, comparing and writing 17,000 groups.
                But for that of all, they are computed in one process: in a statement of its own, which the server shares among two more, the sums took .46 to .88 s instead of 1.11, and a refresh a tenth less at the most, for both processors were busy then; the join's 10 % took as long as before. A recomputation
                of all is shared already. With more `work_mem` it took longer: the planner then takes a hash table for the 40,000 groups that it expects, and 950,000 come.
                """;
    }

    @Override
    public void ask(Effort effort, Answer answer) throws Exception {
        try (TestDatabase database = LoadedStar.open(effort.scale().stakeholders())) {
            for (DeltaShape shape : DeltaShape.values()) {
                try (DeltaStar star = DeltaStar.open(database.jdbcUrl(), shape)) {
                    new Shape(star, effort, answer).ask();
                }
            }
        }
    }

    private record Shape(DeltaStar star, Effort effort, Answer answer) {

        void ask() throws Exception {
            star.change(0.1); // of all rows the captures of a million would overflow
            star.delta(SyncKind.FULL);
            star.plain();
            star.concurrently();
            nothing();
            Map<String, String> ways = new LinkedHashMap<>();
            if (!effort.quick()) {
                ways.put("1 case", changed("1 case", ONE_CASE));
            }
            for (double percent : effort.quick() ? new double[] {1} : new double[] {0.01, 0.1, 1, 10}) {
                String text = String.format(Locale.ROOT, percent < 1 ? "%s %%" : "%.0f %%", percent);
                ways.put(text, changed(text, percent / 100));
            }
            if (!effort.quick()) {
                full();
            }
            answer.note(name() + ": refreshed by " + ways + "; rows that differ from the definition at the end: "
                    + star.differences() + ".");
        }

        private String name() {
            return star.shape().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }

        private void nothing() throws Exception {
            List<Samples> times = Turns.of(effort.turns(15, 60), effort.turns(15, 60))
                    .before(this::quiet)
                    .way("delta table", () -> star.delta(SyncKind.INCREMENTAL))
                    .run();
            answer.add(Comparison.of(name() + ", nothing changed", "ms", times)
                    .with(Verdict.atMost("ms", times.get(0).median(), NOTHING_MILLIS)));
        }

        private boolean quiet() throws Exception {
            star.quiet();
            return true;
        }

        /** The three take turns by hand: all after one change. Returns how the delta table was refreshed. */
        private String changed(String what, double share) throws Exception {
            List<List<Double>> times = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
            String how = "";
            for (int turn = 0; turn < effort.turns(1, 3); turn++) {
                star.change(share);
                List<Call> ways = List.of(() -> star.delta(SyncKind.INCREMENTAL), this::concurrently, this::plain);
                for (int i = 0; i < ways.size(); i++) {
                    int way = (turn + i) % ways.size();
                    star.quiet();
                    long start = System.nanoTime();
                    Object done = ways.get(way).call();
                    times.get(way).add((System.nanoTime() - start) / 1e6);
                    if (done instanceof ViewRefresh refresh) {
                        how = refresh.incremental()
                                .map(incremental -> String.valueOf(incremental.way()))
                                .orElse("");
                    }
                }
            }
            Comparison compared = Comparison.of(
                    name() + ", " + what,
                    "ms",
                    new Samples("delta table", times.get(0)),
                    new Samples("CONCURRENTLY", times.get(1)),
                    new Samples("plain", times.get(2)));
            answer.add(judged(compared, what));
            return how;
        }

        private Comparison judged(Comparison compared, String what) {
            Comparison judged = compared.with(Verdict.atMost("of CONCURRENTLY", compared.ratio(), 1));
            if (effort.scale() != Scale.L) {
                return judged;
            }
            Double times = TIMES.get(star.shape() + " " + what);
            if (times != null) {
                judged = judged.with(Verdict.atLeast("times faster than CONCURRENTLY", 1 / compared.ratio(), times));
            }
            if (star.shape() == DeltaShape.AGGREGATE && what.equals("1 %")) {
                double ofPlain =
                        compared.ways().get(0).median() / compared.ways().get(2).median();
                judged = judged.with(Verdict.atMost("of plain", ofPlain, AGGREGATE_OF_PLAIN));
            }
            return judged;
        }

        private void full() throws Exception {
            Comparison compared = Comparison.of(
                    name() + ", all recomputed",
                    "ms",
                    Turns.of(effort.turns(1, 2), 0)
                            .before(() -> {
                                star.change(0.001);
                                star.quiet();
                                return star;
                            })
                            .way("delta table", () -> star.delta(SyncKind.FULL))
                            .way("plain", this::plain)
                            .run());
            answer.add(
                    effort.scale() == Scale.L
                            ? compared.with(Verdict.atMost("of plain", compared.ratio(), FULL_OF_PLAIN))
                            : compared);
        }

        private boolean plain() throws Exception {
            star.plain();
            return true;
        }

        private boolean concurrently() throws Exception {
            star.concurrently();
            return true;
        }
    }

    private interface Call {
        Object call() throws Exception;
    }
}
