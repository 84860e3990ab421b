package io.olapsync;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Finds one short cycle in each knot of a graph, a knot being a set of nodes that all lead to each other. */
final class Cycles {

    private static final int NONE = -1;

    private final Graph graph;
    private final int[] number;
    private final int[] lowest;
    private final int[] knot;
    private final int[] nextEdge;
    private final ArrayDeque<Integer> path = new ArrayDeque<>();
    private final ArrayDeque<Integer> open = new ArrayDeque<>();
    private final List<int[]> knots = new ArrayList<>();
    private int visited;

    private Cycles(Graph graph) {
        this.graph = graph;
        this.number = filled(graph.size());
        this.knot = filled(graph.size());
        this.lowest = new int[graph.size()];
        this.nextEdge = new int[graph.size()];
    }

    /**
     * One cycle per knot: the shortest through the lowest of its nodes, from that node along the edges, without coming
     * back to it. Edges from a node to itself must not be there.
     */
    static List<int[]> of(Graph graph) {
        Cycles cycles = new Cycles(graph);
        for (int node = 0; node < graph.size(); node++) {
            if (cycles.number[node] == NONE) {
                cycles.explore(node);
            }
        }
        return cycles.knots.stream()
                .map(cycles::shortest)
                .sorted(Comparator.comparingInt(cycle -> cycle[0]))
                .toList();
    }

    /** Tarjan's algorithm for strongly connected components, with a stack of its own in place of recursion. */
    private void explore(int root) {
        enter(root);
        while (!path.isEmpty()) {
            int node = path.getLast();
            int[] edges = graph.downstreams(node);
            if (nextEdge[node] < edges.length) {
                int next = edges[nextEdge[node]++];
                if (number[next] == NONE) {
                    enter(next);
                } else if (knot[next] == NONE) {
                    lowest[node] = Math.min(lowest[node], number[next]);
                }
            } else {
                leave(node);
            }
        }
    }

    private void enter(int node) {
        number[node] = visited;
        lowest[node] = visited++;
        path.addLast(node);
        open.addLast(node);
    }

    private void leave(int node) {
        path.removeLast();
        if (!path.isEmpty()) {
            int parent = path.getLast();
            lowest[parent] = Math.min(lowest[parent], lowest[node]);
        }
        if (lowest[node] == number[node]) {
            close(node);
        }
    }

    private void close(int first) {
        List<Integer> members = new ArrayList<>();
        int member;
        do {
            member = open.removeLast();
            knot[member] = first;
            members.add(member);
        } while (member != first);
        if (members.size() > 1) {
            knots.add(members.stream().mapToInt(Integer::intValue).sorted().toArray());
        }
    }

    private int[] shortest(int[] members) {
        int start = members[0];
        int[] cameFrom = new int[members.length];
        Arrays.fill(cameFrom, NONE);
        ArrayDeque<Integer> queue = new ArrayDeque<>(List.of(start));
        while (true) {
            int node = queue.removeFirst();
            for (int next : graph.downstreams(node)) {
                if (next == start) {
                    return wayTo(node, start, members, cameFrom);
                }
                if (knot[next] == knot[start]) {
                    int place = Arrays.binarySearch(members, next);
                    if (cameFrom[place] == NONE) {
                        cameFrom[place] = node;
                        queue.addLast(next);
                    }
                }
            }
        }
    }

    private static int[] wayTo(int end, int start, int[] members, int[] cameFrom) {
        ArrayDeque<Integer> way = new ArrayDeque<>();
        for (int node = end; node != start; node = cameFrom[Arrays.binarySearch(members, node)]) {
            way.addFirst(node);
        }
        way.addFirst(start);
        return way.stream().mapToInt(Integer::intValue).toArray();
    }

    private static int[] filled(int size) {
        int[] array = new int[size];
        Arrays.fill(array, NONE);
        return array;
    }
}
