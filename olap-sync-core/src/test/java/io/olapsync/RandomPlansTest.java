package io.olapsync;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.report.PlanJson;
import io.olapsync.spi.ViewName;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RandomPlansTest {

    static LongStream seeds() {
        return LongStream.range(0, 60);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void every_view_stands_once_and_after_its_upstreams(long seed) {
        RandomPlans random = new RandomPlans(seed);
        Set<ViewName> before = new HashSet<>();

        for (PlannedView view : random.plan().views()) {
            assertThat(view.upstreams()).isEqualTo(random.edges().get(view.name()));
            assertThat(before).containsAll(view.upstreams());
            assertThat(before.add(view.name())).isTrue();
        }
        assertThat(before).isEqualTo(random.edges().keySet());
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void whatever_could_go_next_goes_in_the_order_of_declaration(long seed) {
        RandomPlans random = new RandomPlans(seed);
        Set<ViewName> done = new HashSet<>();

        for (PlannedView view : random.plan().views()) {
            ViewName first = random.declared().stream()
                    .filter(name -> !done.contains(name)
                            && done.containsAll(random.edges().get(name)))
                    .findFirst()
                    .orElseThrow();
            assertThat(view.name()).isEqualTo(first);
            done.add(first);
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void ancestors_and_descendants_are_what_brute_force_finds(long seed) {
        RandomPlans random = new RandomPlans(seed);
        Map<ViewName, Set<ViewName>> closure = closure(random);
        SyncPlan plan = random.plan();
        List<ViewName> order = plan.views().stream().map(PlannedView::name).toList();

        for (ViewName view : order) {
            assertThat(plan.ancestors(view))
                    .containsExactlyElementsOf(
                            order.stream().filter(closure.get(view)::contains).toList());
            assertThat(plan.descendants(view))
                    .containsExactlyElementsOf(order.stream()
                            .filter(other -> closure.get(other).contains(view))
                            .toList());
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void stages_hold_every_step_once_each_view_right_behind_its_last_upstream(long seed) {
        RandomPlans random = new RandomPlans(seed);
        SyncPlan plan = random.plan();
        Map<String, Integer> stageOf = new HashMap<>();
        for (int stage = 0; stage < plan.stages().size(); stage++) {
            for (String step : plan.stages().get(stage)) {
                assertThat(stageOf.put(step, stage)).isNull();
            }
        }

        int first = plan.checks().isEmpty() ? 0 : 1;
        for (PlannedView view : plan.views()) {
            int expected = view.upstreams().stream()
                    .mapToInt(upstream -> stageOf.get(upstream.toString()) + 1)
                    .max()
                    .orElse(first);
            assertThat(stageOf.get(view.name().toString())).isEqualTo(expected);
        }
        assertThat(stageOf).hasSize(plan.checks().size() + plan.views().size() + 2);
        assertThat(plan.stages().get(plan.stages().size() - 1)).containsExactly(plan.completionStep());
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void json_holds_the_whole_plan(long seed) {
        SyncPlan plan = new RandomPlans(seed).plan();
        String json = PlanJson.write(plan);

        assertThat(PlanJson.parse(json)).isEqualTo(plan);
        assertThat(PlanJson.write(PlanJson.parse(json))).isEqualTo(json);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void a_selection_written_as_text_selects_the_same(long seed) {
        RandomPlans random = new RandomPlans(seed);
        SyncPlan plan = random.plan();
        Map<ViewName, Set<ViewName>> closure = closure(random);

        for (ViewName view : random.declared()) {
            Set<ViewName> expected = new HashSet<>(closure.get(view));
            expected.add(view);
            Selection selection = Selection.parse("+" + view);
            assertThat(selection.in(plan)).isEqualTo(expected);
            assertThat(Selection.parse(selection.toString())).isEqualTo(selection);
        }
    }

    /** For each view its ancestors, by repeating until nothing changes. */
    private static Map<ViewName, Set<ViewName>> closure(RandomPlans random) {
        Map<ViewName, Set<ViewName>> closure = new HashMap<>();
        random.edges().forEach((view, upstreams) -> closure.put(view, new HashSet<>(upstreams)));
        boolean changed = true;
        while (changed) {
            changed = false;
            for (Set<ViewName> ancestors : closure.values()) {
                Set<ViewName> more = new HashSet<>();
                ancestors.forEach(ancestor -> more.addAll(closure.get(ancestor)));
                changed |= ancestors.addAll(more);
            }
        }
        return closure;
    }
}
