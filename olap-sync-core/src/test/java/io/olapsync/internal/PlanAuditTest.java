package io.olapsync.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.RandomPlans;
import io.olapsync.SyncPlan;
import io.olapsync.spi.Finding;
import io.olapsync.spi.Finding.Severity;
import io.olapsync.spi.ViewName;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlanAuditTest {

    private final Map<ViewName, Set<ViewName>> real = new HashMap<>();

    private static ViewName view(String text) {
        return ViewName.parse(text);
    }

    private PlanAuditTest reads(String view, String... upstreams) {
        real.put(view(view), Stream.of(upstreams).map(ViewName::parse).collect(Collectors.toSet()));
        return this;
    }

    private List<Finding> compare(SyncPlan.Builder builder) {
        return PlanAudit.compare(builder.build(), real);
    }

    private Finding only(SyncPlan.Builder builder) {
        List<Finding> findings = compare(builder);
        assertThat(findings).hasSize(1);
        return findings.get(0);
    }

    private static SyncPlan.Builder plan() {
        return SyncPlan.named("p");
    }

    @Test
    void a_plan_that_says_what_is_real_has_no_findings() {
        reads("a").reads("b", "a").reads("c", "b", "a");

        assertThat(compare(plan().view("a").view("b", v -> v.after("a")).view("c", v -> v.after("b"))))
                .isEmpty();
    }

    @Test
    void an_edge_the_wrong_way_round_is_an_error_with_both_named() {
        reads("a", "b").reads("b");

        Finding finding = only(plan().view("a").view("b", v -> v.after("a")));
        assertThat(finding.severity()).isEqualTo(Severity.ERROR);
        assertThat(finding.code()).isEqualTo("edge-contradicted");
        assertThat(finding.view()).isEqualTo(view("b"));
        assertThat(finding.problem()).contains("a before b", "a reads b");
        assertThat(finding.remedy()).contains("take .after(\"a\") out of b", "add .after(\"b\") to a");
    }

    @Test
    void an_edge_is_contradicted_through_other_views_too() {
        reads("a", "between").reads("between", "b").reads("b");

        assertThat(compare(plan().view("a").view("b", v -> v.after("a")).view("between")))
                .extracting(Finding::code)
                .containsExactly("edge-contradicted", "edge-missing", "edge-missing");
    }

    @Test
    void a_chain_of_edges_against_a_real_one_is_an_error() {
        reads("a", "c").reads("b").reads("c");

        List<Finding> findings =
                compare(plan().view("a").view("b", v -> v.after("a")).view("c", v -> v.after("b")));
        assertThat(findings.get(0).code()).isEqualTo("edge-contradicted");
        assertThat(findings.get(0).problem()).contains("a before c (by way of b)", "a reads c");
        assertThat(findings).filteredOn(Finding::isError).hasSize(1);
    }

    @Test
    void a_real_edge_that_nothing_implies_is_a_warning_with_the_line_to_add() {
        reads("\"my \"\"dim\"\"\"").reads("fact", "\"my \"\"dim\"\"\"");

        Finding finding = only(plan().view(ViewName.of("public", "my \"dim\"")).view("fact"));
        assertThat(finding.severity()).isEqualTo(Severity.WARNING);
        assertThat(finding.code()).isEqualTo("edge-missing");
        assertThat(finding.view()).isEqualTo(view("fact"));
        assertThat(finding.remedy()).contains(".after(\"\\\"my \\\"\\\"dim\\\"\\\"\\\"\")");
    }

    @Test
    void an_upstream_that_the_plan_lacks_is_a_warning() {
        reads("fact", "olap.dim");

        Finding finding = only(plan().view("fact"));
        assertThat(finding.severity()).isEqualTo(Severity.WARNING);
        assertThat(finding.code()).isEqualTo("upstream-not-in-plan");
        assertThat(finding.problem()).contains("fact reads olap.dim");
    }

    @Test
    void an_edge_that_the_database_does_not_show_is_worth_knowing() {
        reads("a").reads("b");

        Finding finding = only(plan().view("a").view("b", v -> v.after("a")));
        assertThat(finding.severity()).isEqualTo(Severity.INFO);
        assertThat(finding.code()).isEqualTo("edge-unconfirmed");
        assertThat(finding.view()).isEqualTo(view("b"));
    }

    @Test
    void an_edge_is_confirmed_through_views_outside_of_the_plan() {
        reads("a").reads("b", "outside").reads("outside", "a");

        assertThat(only(plan().view("a").view("b", v -> v.after("a"))).code()).isEqualTo("upstream-not-in-plan");
    }

    @Test
    void nothing_is_said_of_a_view_that_the_database_does_not_have() {
        reads("a");

        assertThat(compare(plan().view("a").view("gone", v -> v.after("a")))).isEmpty();
    }

    @Test
    void real_circles_are_survived_and_contradict_the_plan() {
        reads("a", "b", "a").reads("b", "a").reads("c", "b");

        assertThat(compare(plan().view("a").view("b", v -> v.after("a")).view("c", v -> v.after("a"))))
                .extracting(Finding::code)
                .containsExactly("edge-contradicted", "edge-missing");
    }

    @Test
    void the_worst_comes_first() {
        reads("a", "d").reads("b").reads("c", "outside").reads("d");

        assertThat(compare(
                        plan().view("a").view("b", v -> v.after("a")).view("c").view("d", v -> v.after("a"))))
                .extracting(Finding::severity)
                .containsExactly(Severity.ERROR, Severity.WARNING, Severity.INFO);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void a_random_plan_fits_a_database_with_its_own_edges_and_their_shortcuts(long seed) {
        RandomPlans random = new RandomPlans(seed);
        Map<ViewName, Set<ViewName>> closed = new HashMap<>();
        random.edges().keySet().forEach(view -> closed.put(view, random.plan().ancestors(view)));

        assertThat(PlanAudit.compare(random.plan(), random.edges()))
                .as("seed %d", seed)
                .isEmpty();
        assertThat(PlanAudit.compare(random.plan(), closed)).as("seed %d", seed).isEmpty();
    }

    @Test
    @Timeout(value = 20, unit = TimeUnit.SECONDS)
    void ten_thousand_views_in_a_chain_that_is_really_reversed_are_compared_quickly() {
        SyncPlan.Builder builder = plan().view("v0");
        reads("v9999");
        for (int i = 1; i < 10_000; i++) {
            String upstream = "v" + (i - 1);
            builder.view("v" + i, v -> v.after(upstream));
            reads(upstream, "v" + i);
        }

        assertThat(compare(builder)).hasSize(9_999).allMatch(Finding::isError);
    }

    @Test
    @Timeout(value = 20, unit = TimeUnit.SECONDS)
    void ten_thousand_views_that_all_need_an_indirect_answer_are_compared_quickly() {
        SyncPlan.Builder builder = plan().view("v0").view("v1", v -> v.after("v0"));
        reads("v0").reads("v1", "v0");
        for (int i = 2; i < 10_000; i++) {
            String upstream = "v" + (i - 1);
            builder.view("v" + i, v -> v.after(upstream));
            reads("v" + i, upstream, "v" + i / 2);
        }

        assertThat(compare(builder)).isEmpty();
    }
}
