package io.olapsync;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.stream.IntStream;

/** A directed graph whose nodes are numbered from 0. Immutable; nothing here recurses, so that depth costs no stack. */
final class Graph {

    private final int[][] up;
    private final int[][] down;

    /** @param upstreams for each node the nodes that go before it, without duplicates */
    Graph(List<int[]> upstreams) {
        up = upstreams.toArray(int[][]::new);
        int[] sizes = new int[up.length];
        for (int[] edges : up) {
            for (int upstream : edges) {
                sizes[upstream]++;
            }
        }
        down = new int[up.length][];
        Arrays.setAll(down, node -> new int[sizes[node]]);
        for (int node = up.length - 1; node >= 0; node--) {
            for (int upstream : up[node]) {
                down[upstream][--sizes[upstream]] = node;
            }
        }
    }

    int size() {
        return up.length;
    }

    int[] upstreams(int node) {
        return up[node];
    }

    int[] downstreams(int node) {
        return down[node];
    }

    /** The nodes, upstream first, the lowest number where several could go; those in or behind a cycle are missing. */
    int[] order() {
        int[] waiting = Arrays.stream(up).mapToInt(edges -> edges.length).toArray();
        PriorityQueue<Integer> ready = new PriorityQueue<>();
        IntStream.range(0, up.length).filter(node -> waiting[node] == 0).forEach(ready::add);
        int[] order = new int[up.length];
        int count = 0;
        for (Integer node = ready.poll(); node != null; node = ready.poll()) {
            order[count++] = node;
            for (int downstream : down[node]) {
                if (--waiting[downstream] == 0) {
                    ready.add(downstream);
                }
            }
        }
        return Arrays.copyOf(order, count);
    }

    /** For each node the edges on the longest way to it. The nodes must be numbered upstream first. */
    int[] depths() {
        int[] depths = new int[up.length];
        for (int node = 0; node < up.length; node++) {
            for (int upstream : up[node]) {
                depths[node] = Math.max(depths[node], depths[upstream] + 1);
            }
        }
        return depths;
    }

    /** What is at the other end of one or more edges, the seeds included only where an edge leads to them. */
    BitSet reach(BitSet seeds, boolean downstream) {
        int[][] edges = downstream ? down : up;
        BitSet reached = new BitSet(up.length);
        int[] queue = Arrays.copyOf(seeds.stream().toArray(), up.length + seeds.cardinality());
        int end = seeds.cardinality();
        for (int at = 0; at < end; at++) {
            for (int next : edges[queue[at]]) {
                if (!reached.get(next)) {
                    reached.set(next);
                    queue[end++] = next;
                }
            }
        }
        return reached;
    }
}
