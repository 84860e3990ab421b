package io.olapsync.benchmarks.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The same work done in several ways, in turns: one row of a table. Those of one question that have the same ways and the
 * same unit are one table and one chart.
 *
 * @param what which work: "6 views"
 * @param unit of all values: "ms"
 * @param ways the library's first, then its peer, which a ratio is taken to, then others; at least one
 * @param verdicts on the goals this work has; may be empty
 */
public record Comparison(String what, String unit, List<Samples> ways, List<Verdict> verdicts) {

    /** Copies the lists. */
    public Comparison {
        if (what.isBlank() || ways.isEmpty()) {
            throw new IllegalArgumentException("nothing was compared in '" + what + "'");
        }
        ways = List.copyOf(ways);
        verdicts = List.copyOf(verdicts);
    }

    /** Without a goal. */
    public static Comparison of(String what, String unit, List<Samples> ways) {
        return new Comparison(what, unit, ways, List.of());
    }

    /** Without a goal. */
    public static Comparison of(String what, String unit, Samples... ways) {
        return of(what, unit, Arrays.asList(ways));
    }

    /** The same with one more goal. */
    public Comparison with(Verdict verdict) {
        List<Verdict> all = new ArrayList<>(verdicts);
        all.add(verdict);
        return new Comparison(what, unit, ways, all);
    }

    /** The library's median for each one of the peer's; NaN where there is no peer. */
    public double ratio() {
        return ways.size() < 2 ? Double.NaN : ways.get(0).median() / ways.get(1).median();
    }
}
