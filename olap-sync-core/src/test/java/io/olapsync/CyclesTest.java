package io.olapsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.olapsync.spi.ViewName;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random graphs, with and without cycles, against the distances between all pairs of nodes. */
class CyclesTest {

    private static final int FAR = 1_000;

    static LongStream seeds() {
        return LongStream.range(0, 300);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void each_knot_is_shown_once_by_a_shortest_cycle_of_real_edges(long seed) {
        List<int[]> upstreams = randomGraph(new Random(seed));
        int[][] distance = distances(upstreams);
        Graph graph = new Graph(upstreams);

        List<int[]> cycles = Cycles.of(graph);

        for (int[] cycle : cycles) {
            for (int i = 0; i < cycle.length; i++) {
                int next = cycle[(i + 1) % cycle.length];
                assertThat(upstreams.get(next)).contains(cycle[i]);
            }
            assertThat(cycle.length).isEqualTo(distance[cycle[0]][cycle[0]]);
        }
        List<Integer> lowestOfKnots = IntStream.range(0, graph.size())
                .filter(node -> distance[node][node] < FAR)
                .filter(node -> IntStream.range(0, node)
                        .noneMatch(lower -> distance[node][lower] < FAR && distance[lower][node] < FAR))
                .boxed()
                .toList();
        assertThat(cycles.stream().map(cycle -> cycle[0])).containsExactlyElementsOf(lowestOfKnots);
        assertThat(graph.order().length == graph.size()).isEqualTo(cycles.isEmpty());
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void reach_is_what_has_a_distance(long seed) {
        Random random = new Random(seed);
        List<int[]> upstreams = randomGraph(random);
        int[][] distance = distances(upstreams);
        Graph graph = new Graph(upstreams);
        BitSet seeds = new BitSet();
        IntStream.range(0, graph.size()).filter(node -> random.nextInt(4) == 0).forEach(seeds::set);

        BitSet down = graph.reach(seeds, true);
        BitSet up = graph.reach(seeds, false);

        for (int node = 0; node < graph.size(); node++) {
            int other = node;
            assertThat(down.get(node)).isEqualTo(seeds.stream().anyMatch(seed1 -> distance[seed1][other] < FAR));
            assertThat(up.get(node)).isEqualTo(seeds.stream().anyMatch(seed1 -> distance[other][seed1] < FAR));
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void groups_are_refused_exactly_where_their_units_wait_for_each_other(long seed) {
        Random random = new Random(seed);
        int views = 2 + random.nextInt(10);
        int groups = 1 + random.nextInt(4);
        int[] unit = IntStream.range(0, views)
                .map(view -> random.nextBoolean() ? random.nextInt(groups) : groups + view)
                .toArray();
        List<int[]> unitEdges = new ArrayList<>();
        IntStream.range(0, groups + views).forEach(node -> unitEdges.add(new int[0]));
        SyncPlan.Builder builder = SyncPlan.named("seed " + seed);
        for (int i = 0; i < views; i++) {
            int view = i;
            int[] upstreams = IntStream.range(0, view)
                    .filter(j -> random.nextInt(views) < 2)
                    .toArray();
            unitEdges.set(
                    unit[view],
                    IntStream.concat(
                                    IntStream.of(unitEdges.get(unit[view])),
                                    IntStream.of(upstreams).map(upstream -> unit[upstream]))
                            .filter(other -> other != unit[view])
                            .toArray());
            builder.view("v" + view, v -> {
                IntStream.of(upstreams).forEach(upstream -> v.after(ViewName.parse("v" + upstream)));
                if (unit[view] < groups) {
                    v.together("g" + unit[view]);
                }
            });
        }
        int[][] distance = distances(unitEdges);
        boolean tangled = IntStream.range(0, groups + views).anyMatch(node -> distance[node][node] < FAR);

        InvalidPlanException refused = catchThrowableOfType(InvalidPlanException.class, builder::build);

        assertThat(refused != null).isEqualTo(tangled);
        if (refused != null) {
            assertThat(refused.problems()).allMatch(problem -> problem.matches("the group 'g\\d' cannot .* -> .*"));
        }
    }

    private static List<int[]> randomGraph(Random random) {
        int nodes = 1 + random.nextInt(25);
        double density = random.nextDouble() * 2.5 / nodes;
        return IntStream.range(0, nodes)
                .mapToObj(node -> IntStream.range(0, nodes)
                        .filter(other -> other != node && random.nextDouble() < density)
                        .toArray())
                .toList();
    }

    /** The fewest edges from one node to another, at least one; FAR where there is no way. */
    private static int[][] distances(List<int[]> upstreams) {
        int nodes = upstreams.size();
        int[][] distance = new int[nodes][nodes];
        for (int to = 0; to < nodes; to++) {
            for (int from = 0; from < nodes; from++) {
                int upstream = from;
                distance[from][to] = IntStream.of(upstreams.get(to)).anyMatch(node -> node == upstream) ? 1 : FAR;
            }
        }
        for (int middle = 0; middle < nodes; middle++) {
            for (int from = 0; from < nodes; from++) {
                for (int to = 0; to < nodes; to++) {
                    distance[from][to] = Math.min(distance[from][to], distance[from][middle] + distance[middle][to]);
                }
            }
        }
        return distance;
    }
}
