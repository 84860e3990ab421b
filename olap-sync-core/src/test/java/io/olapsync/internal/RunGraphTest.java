package io.olapsync.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.Publication;
import io.olapsync.Selection;
import io.olapsync.SyncPlan;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RunGraphTest {

    private static final SyncPlan PLAN = SyncPlan.named("p")
            .view("a")
            .view("b", v -> v.after("a"))
            .view("c", v -> v.after("b"))
            .view("x")
            .build();

    @Test
    void priority_is_the_longest_remaining_path_in_recorded_seconds() {
        RunGraph graph = graph(
                "*",
                Publication.EACH,
                Map.of(view("a"), seconds(1), view("b"), seconds(2), view("c"), seconds(4), view("x"), seconds(6)));

        assertThat(unit(graph, "a").priority()).isEqualTo(7);
        assertThat(unit(graph, "b").priority()).isEqualTo(6);
        assertThat(unit(graph, "c").priority()).isEqualTo(4);
        assertThat(unit(graph, "x").priority()).isEqualTo(6);
    }

    @Test
    void unknown_duration_counts_as_the_median_of_the_known_ones() {
        RunGraph graph = graph(
                "*", Publication.EACH, Map.of(view("a"), seconds(1), view("b"), seconds(9), view("c"), seconds(3)));

        assertThat(unit(graph, "x").priority()).isEqualTo(3);
    }

    @Test
    void path_through_a_view_that_is_not_selected_still_orders() {
        RunGraph graph = graph("a c", Publication.EACH, Map.of());

        assertThat(unit(graph, "a").downstream()).containsExactly(unit(graph, "c"));
        assertThat(unit(graph, "c").upstreams()).isEqualTo(1);
    }

    @Test
    void together_is_one_unit_in_the_order_of_the_plan() {
        RunGraph graph = graph("*", Publication.TOGETHER, Map.of());

        assertThat(graph.units()).hasSize(1);
        assertThat(graph.units().get(0).views()).containsSubsequence(List.of(view("a"), view("b"), view("c")));
        assertThat(graph.units().get(0).upstreams()).isZero();
    }

    @Test
    void group_waits_for_what_any_of_its_views_reads() {
        SyncPlan plan = SyncPlan.named("p")
                .view("dim")
                .view("f1", v -> v.after("dim").together("g"))
                .view("f2", v -> v.together("g"))
                .view("end", v -> v.after("f2"))
                .build();
        RunGraph graph = RunGraph.of(plan, Selection.all().in(plan), Publication.EACH, Map.of());

        assertThat(unit(graph, "f2")).isSameAs(unit(graph, "f1"));
        assertThat(unit(graph, "f1").upstreams()).isEqualTo(1);
        assertThat(unit(graph, "f1").downstream()).containsExactly(unit(graph, "end"));
    }

    private static RunGraph graph(String selection, Publication publication, Map<ViewName, Duration> durations) {
        return RunGraph.of(PLAN, Selection.parse(selection).in(PLAN), publication, durations);
    }

    private static RunGraph.Unit unit(RunGraph graph, String view) {
        return graph.units().stream()
                .filter(unit -> unit.views().contains(view(view)))
                .findFirst()
                .orElseThrow();
    }

    private static ViewName view(String name) {
        return ViewName.parse(name);
    }

    private static Duration seconds(int seconds) {
        return Duration.ofSeconds(seconds);
    }
}
