package io.olapsync;

import io.olapsync.spi.ViewName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** One term of a {@link Selection}. */
sealed interface SelectionTerm {

    /** What the term names, before its ancestors and descendants. Empty, and noted, where the plan lacks it. */
    Set<ViewName> base(Lookup lookup);

    default boolean ancestors() {
        return false;
    }

    default boolean descendants() {
        return false;
    }

    /** All views. */
    record All() implements SelectionTerm {
        @Override
        public Set<ViewName> base(Lookup lookup) {
            return lookup.all();
        }

        @Override
        public String toString() {
            return "*";
        }
    }

    /** A view by its name. */
    record Named(ViewName view, boolean ancestors, boolean descendants) implements SelectionTerm {
        @Override
        public Set<ViewName> base(Lookup lookup) {
            return lookup.named(view);
        }

        @Override
        public String toString() {
            return signed(view.toString(), ancestors, descendants);
        }
    }

    /** The views with a tag. */
    record Tagged(String tag, boolean ancestors, boolean descendants) implements SelectionTerm {
        @Override
        public Set<ViewName> base(Lookup lookup) {
            return lookup.tagged(tag);
        }

        @Override
        public String toString() {
            boolean bare = tag.codePoints().allMatch(SelectionParser::isBare);
            String quoted = bare ? tag : '"' + tag.replace("\"", "\"\"") + '"';
            return signed("tag:" + quoted, ancestors, descendants);
        }
    }

    /** The terms of an expression. */
    static List<SelectionTerm> parse(String expression) {
        return new SelectionParser(expression).terms();
    }

    private static String signed(String body, boolean ancestors, boolean descendants) {
        return (ancestors ? "+" : "") + body + (descendants ? "+" : "");
    }

    /** Finds views in a plan and remembers what it did not find. */
    final class Lookup {

        private static final int MOST_HINTS = 20;

        private final SyncPlan plan;
        private final Map<String, Set<ViewName>> byTag = new LinkedHashMap<>();
        private final List<String> unknown = new ArrayList<>();

        Lookup(SyncPlan plan) {
            this.plan = plan;
            for (PlannedView view : plan.views()) {
                view.tags()
                        .forEach(tag -> byTag.computeIfAbsent(tag, t -> new LinkedHashSet<>())
                                .add(view.name()));
            }
        }

        Set<ViewName> all() {
            Set<ViewName> all = new LinkedHashSet<>();
            plan.views().forEach(view -> all.add(view.name()));
            return all;
        }

        Set<ViewName> named(ViewName view) {
            if (plan.contains(view)) {
                return Set.of(view);
            }
            unknown.add("no view " + view + hint(() -> NearestName.hint(view, all())));
            return Set.of();
        }

        Set<ViewName> tagged(String tag) {
            Set<ViewName> tagged = byTag.get(tag);
            if (tagged == null) {
                unknown.add("no tag '" + tag + "'" + hint(() -> NearestName.hint(tag, byTag.keySet())));
                return Set.of();
            }
            return tagged;
        }

        private String hint(Supplier<String> nearest) {
            return unknown.size() < MOST_HINTS ? " (" + nearest.get() + ")" : "";
        }

        void throwIfUnknown(Selection selection) {
            if (!unknown.isEmpty()) {
                throw new IllegalArgumentException("the selection '" + selection + "' does not fit the plan '"
                        + plan.name() + "', which has " + String.join(", ", unknown));
            }
        }
    }
}
