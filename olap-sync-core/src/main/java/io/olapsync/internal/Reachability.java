package io.olapsync.internal;

import io.olapsync.spi.ViewName;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Answers whether a view reads another, directly or through others, for any number of pairs.
 *
 * <p>Takes cycles too: a database lets a plain view be replaced by one that reads its own readers. Not thread-safe. The
 * first question about a pair without a direct edge numbers all views, upstream first. Where that order does not answer
 * it, one more pass over all edges, with one bit per pair of views, answers all that follow.
 */
final class Reachability {

    private final Map<ViewName, Set<ViewName>> direct;
    private @Nullable Indirect indirect;

    /** @param upstreams for each view those that it reads directly; a view without an entry reads none */
    Reachability(Map<ViewName, Set<ViewName>> upstreams) {
        this.direct = upstreams;
    }

    boolean readsDirectly(ViewName reader, ViewName source) {
        return direct.getOrDefault(reader, Set.of()).contains(source);
    }

    boolean reads(ViewName reader, ViewName source) {
        if (readsDirectly(reader, source)) {
            return true;
        }
        Indirect known = indirect;
        if (known == null) {
            known = new Indirect(direct);
            indirect = known;
        }
        return known.reads(reader, source);
    }

    /** The views by number, and what can be reached from each. */
    private static final class Indirect {

        private final Map<ViewName, Integer> numbers = new HashMap<>();
        private final List<int[]> upstreams = new ArrayList<>();
        private final int[] order;
        private final int[] positions;

        /** The views before this position are neither in a cycle nor behind one: each reads only views before it. */
        private int ordered;

        private BitSet @Nullable [] closures;

        Indirect(Map<ViewName, Set<ViewName>> direct) {
            direct.forEach((view, sources) -> {
                int number = number(view);
                int[] edges = sources.stream().mapToInt(this::number).toArray();
                upstreams.set(number, edges);
            });
            order = upstreamFirst();
            positions = new int[order.length];
            IntStream.range(0, order.length).forEach(position -> positions[order[position]] = position);
        }

        boolean reads(ViewName reader, ViewName source) {
            Integer from = numbers.get(reader);
            Integer to = numbers.get(source);
            if (from == null || to == null) {
                return false;
            }
            if (positions[from] < ordered && positions[to] >= positions[from]) {
                return false;
            }
            return closures()[from].get(to);
        }

        private int number(ViewName view) {
            Integer known = numbers.putIfAbsent(view, upstreams.size());
            if (known != null) {
                return known;
            }
            upstreams.add(new int[0]);
            return upstreams.size() - 1;
        }

        private BitSet[] closures() {
            BitSet[] known = closures;
            if (known == null) {
                known = IntStream.range(0, upstreams.size())
                        .mapToObj(view -> new BitSet())
                        .toArray(BitSet[]::new);
                boolean changed = true;
                while (changed) {
                    changed = pass(order, known);
                }
                closures = known;
            }
            return known;
        }

        /** One pass is enough for the views outside of cycles, which come first; the others go on until nothing changes. */
        private boolean pass(int[] order, BitSet[] closures) {
            boolean changed = false;
            for (int view : order) {
                int before = closures[view].cardinality();
                for (int upstream : upstreams.get(view)) {
                    closures[view].or(closures[upstream]);
                    closures[view].set(upstream);
                }
                changed |= closures[view].cardinality() != before;
            }
            return changed;
        }

        private int[] upstreamFirst() {
            int size = upstreams.size();
            int[] waiting = upstreams.stream().mapToInt(edges -> edges.length).toArray();
            List<List<Integer>> downstreams = new ArrayList<>();
            IntStream.range(0, size).forEach(view -> downstreams.add(new ArrayList<>()));
            for (int view = 0; view < size; view++) {
                for (int upstream : upstreams.get(view)) {
                    downstreams.get(upstream).add(view);
                }
            }
            int[] order = new int[size];
            int count = 0;
            ArrayDeque<Integer> ready = new ArrayDeque<>();
            IntStream.range(0, size).filter(view -> waiting[view] == 0).forEach(ready::add);
            for (Integer view = ready.poll(); view != null; view = ready.poll()) {
                order[count++] = view;
                for (int downstream : downstreams.get(view)) {
                    if (--waiting[downstream] == 0) {
                        ready.add(downstream);
                    }
                }
            }
            ordered = count;
            int[] behindCycles =
                    IntStream.range(0, size).filter(view -> waiting[view] > 0).toArray();
            System.arraycopy(behindCycles, 0, order, ordered, behindCycles.length);
            return order;
        }
    }
}
