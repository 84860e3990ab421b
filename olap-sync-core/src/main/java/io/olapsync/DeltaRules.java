package io.olapsync;

import io.olapsync.spi.DeltaSource;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.ViewName;
import java.util.BitSet;
import java.util.List;
import java.util.Map;

/** Finds delta tables that could not know what of them to recompute. */
final class DeltaRules {

    private final List<ViewDraft> views;
    private final List<ViewName> names;
    private final Map<ViewName, Integer> numbers;
    private final Graph graph;

    DeltaRules(List<ViewDraft> views, List<ViewName> names, Map<ViewName, Integer> numbers, Graph graph) {
        this.views = views;
        this.names = names;
        this.numbers = numbers;
        this.graph = graph;
    }

    void check(List<String> problems) {
        for (int view = 0; view < views.size(); view++) {
            DeltaSpec spec = views.get(view).delta;
            if (spec == null) {
                continue;
            }
            if (spec.sources().isEmpty()) {
                problems.add("view " + names.get(view) + " is a delta table without a source: name every table that its"
                        + " definition reads, with .source(…), .lookup(…) or .whole(…)");
            }
            for (DeltaSource source : spec.sources()) {
                Integer upstream = numbers.get(source.table());
                if (upstream != null) {
                    checkSource(view, upstream, problems);
                }
            }
        }
    }

    /** What a delta table reads of the plan must be there before it takes its log of changes. */
    private void checkSource(int view, int upstream, List<String> problems) {
        String reads = "view " + names.get(view) + " is a delta table with the source " + names.get(upstream);
        if (view == upstream) {
            problems.add(reads + ", which is itself: name the tables that its definition reads");
        } else if (reaches(view, upstream)) {
            return;
        } else if (reaches(upstream, view)) {
            problems.add(reads + ", which the plan refreshes after it: turn that order round, or take the source out");
        } else {
            problems.add(reads + ", which nothing in the plan refreshes before it: add .after(" + literal(upstream)
                    + ") to " + names.get(view));
        }
    }

    private String literal(int view) {
        return '"' + names.get(view).toString().replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private boolean reaches(int view, int upstream) {
        BitSet seed = new BitSet(graph.size());
        seed.set(view);
        return graph.reach(seed, false).get(upstream);
    }
}
