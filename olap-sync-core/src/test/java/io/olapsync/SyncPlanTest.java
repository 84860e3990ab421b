package io.olapsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.olapsync.spi.CheckSpec;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.Fuse;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SyncPlanTest {

    private static final String[] DIMENSIONS = {"dim_case_type", "dim_org", "dim_time", "dim_stakeholder_type"};

    private static SyncPlan star() {
        return SyncPlan.named("vision-olap")
                .view(
                        "mv_business_fact",
                        v -> v.after(DIMENSIONS).tags("fact", "nightly").deadline(Duration.ofMinutes(5)))
                .check("validate_source_data", CheckSpec.of("postgres.tables-readable", "cases"))
                .view("dim_case_type")
                .view("dim_org", v -> v.together("dims").fuse(Fuse.ofChangedShare(0.5)))
                .view("dim_time")
                .view("dim_stakeholder_type")
                .view("mv_cashflow_fact", v -> v.after(DIMENSIONS))
                .onEvent("case_created", "mv_business_fact")
                .onEvent("performance_recorded", "mv_business_fact", "mv_cashflow_fact")
                .invalidationStep("invalidate_redis_cache")
                .build();
    }

    @Test
    void views_go_upstream_first_whatever_the_order_of_declaration() {
        assertThat(star().views().stream().map(view -> view.name().toString()))
                .containsExactly(
                        "dim_case_type",
                        "dim_org",
                        "dim_time",
                        "dim_stakeholder_type",
                        "mv_business_fact",
                        "mv_cashflow_fact");
    }

    @Test
    void stages_are_checks_then_views_by_depth_then_the_closing_steps() {
        assertThat(star().stages())
                .containsExactly(
                        List.of("validate_source_data"),
                        List.of("dim_case_type", "dim_org", "dim_time", "dim_stakeholder_type"),
                        List.of("mv_business_fact", "mv_cashflow_fact"),
                        List.of("invalidate_redis_cache"),
                        List.of("record_sync_completion"));
    }

    @Test
    void a_plan_without_checks_has_no_stage_for_them_and_the_default_steps() {
        SyncPlan plan = SyncPlan.named("p").view("a").build();

        assertThat(plan.stages())
                .containsExactly(List.of("a"), List.of("invalidate_caches"), List.of("record_sync_completion"));
        assertThat(plan.publication()).isEqualTo(Publication.EACH);
        assertThat(plan.checks()).isEmpty();
        assertThat(plan.events()).isEmpty();
    }

    @Test
    void a_view_keeps_what_was_said_of_it() {
        PlannedView fact = star().view(ViewName.parse("mv_business_fact"));

        assertThat(fact.upstreams().stream().map(ViewName::name)).containsExactly(DIMENSIONS);
        assertThat(fact.tags()).containsExactly("fact", "nightly");
        assertThat(fact.deadline()).contains(Duration.ofMinutes(5));
        assertThat(fact.group()).isEmpty();
        PlannedView org = star().view(ViewName.parse("dim_org"));
        assertThat(org.group()).contains("dims");
        assertThat(org.fuse()).contains(Fuse.ofChangedShare(0.5));
    }

    @Test
    void a_delta_table_keeps_its_last_declaration() {
        DeltaSpec spec = DeltaSpec.key("case_id").source("cases", "case_id").whole("dim_org");
        SyncPlan plan = SyncPlan.named("p")
                .view("dim_org")
                .view("dim_type", v -> v.after("dim_org"))
                .view(
                        "fact",
                        v -> v.after("dim_type")
                                .delta(DeltaSpec.key("id").whole("cases"))
                                .delta(spec))
                .build();

        assertThat(plan.view(ViewName.parse("fact")).delta()).contains(spec);
        assertThat(plan.view(ViewName.parse("dim_org")).delta()).isEmpty();
    }

    @Test
    void events_of_one_type_add_up() {
        SyncPlan plan = SyncPlan.named("p")
                .view("a")
                .view("b")
                .onEvent("e", "b")
                .onEvent("e", "a", "b")
                .build();

        assertThat(plan.events()).containsOnlyKeys("e");
        assertThat(plan.events().get("e")).containsExactly(ViewName.parse("b"), ViewName.parse("a"));
    }

    @Test
    void a_builder_that_goes_on_does_not_change_the_plan_it_built() {
        SyncPlan.Builder builder = SyncPlan.named("p").view("a").onEvent("e", "a");
        SyncPlan plan = builder.build();
        builder.view("b").onEvent("e", "b").check("c", CheckSpec.of("t"));

        assertThat(plan.views()).hasSize(1);
        assertThat(plan.checks()).isEmpty();
        assertThat(plan.events().get("e")).hasSize(1);
        assertThat(builder.build().views()).hasSize(2);
    }

    @Test
    void collections_of_a_plan_cannot_be_changed() {
        SyncPlan plan = star();
        ViewName view = ViewName.parse("dim_org");

        for (Set<?> set : List.<Set<?>>of(
                plan.ancestors(view),
                plan.descendants(view),
                plan.view(view).tags(),
                plan.view(view).upstreams(),
                plan.events().keySet(),
                plan.events().get("case_created"),
                Selection.all().in(plan))) {
            assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(set::clear);
        }
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> plan.views().clear());
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> plan.stages().get(0).clear());
    }

    @Test
    void an_unknown_view_is_answered_with_the_nearest_name() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> star().view(ViewName.parse("dim_ogr")))
                .withMessageContaining("vision-olap")
                .withMessageContaining("dim_ogr")
                .withMessageContaining("did you mean dim_org?");
        assertThatIllegalArgumentException().isThrownBy(() -> star().ancestors(ViewName.parse("x")));
        assertThatIllegalArgumentException().isThrownBy(() -> star().descendants(ViewName.parse("x")));
        assertThat(star().contains(ViewName.parse("dim_ogr"))).isFalse();
    }

    @Test
    void the_same_name_in_another_schema_is_nearer_than_a_similar_one() {
        SyncPlan plan = SyncPlan.named("p").view("warehouse.a").view("b").build();

        assertThatIllegalArgumentException()
                .isThrownBy(() -> plan.view(ViewName.parse("a")))
                .withMessageContaining("did you mean warehouse.a?");
    }

    @Test
    void equal_content_makes_equal_plans() {
        assertThat(star()).isEqualTo(star()).hasSameHashCodeAs(star());
        assertThat(star())
                .isNotEqualTo(SyncPlan.named("vision-olap").view("dim_org").build());
        assertThat(delta("id")).isEqualTo(delta("id")).hasSameHashCodeAs(delta("id"));
        assertThat(delta("id")).isNotEqualTo(delta("name"));
    }

    private static SyncPlan delta(String key) {
        return SyncPlan.named("p")
                .view("a", v -> v.delta(DeltaSpec.key(key).whole("t")))
                .build();
    }

    @Test
    @Timeout(value = 20, unit = TimeUnit.SECONDS)
    void ten_thousand_views_in_one_chain_build_without_recursion() {
        SyncPlan.Builder builder = SyncPlan.named("deep");
        for (int i = 9_999; i >= 1; i--) {
            int upstream = i - 1;
            builder.view("v" + i, v -> v.after("v" + upstream).together("all"));
        }
        SyncPlan plan = builder.view("v0", v -> v.together("all")).build();

        assertThat(plan.views().get(0).name().name()).isEqualTo("v0");
        assertThat(plan.ancestors(ViewName.parse("v9999"))).hasSize(9_999);
        assertThat(plan.stages()).hasSize(10_002);
    }

    @Test
    @Timeout(value = 20, unit = TimeUnit.SECONDS)
    void ten_thousand_mistakes_are_found_without_comparing_each_with_each() {
        SyncPlan.Builder builder = SyncPlan.named("wrong");
        for (int i = 0; i < 10_000; i += 2) {
            String even = "view_" + i;
            String odd = "view_" + (i + 1);
            builder.view(even, v -> v.after(odd, "unknown_of_" + even));
            builder.view(odd, v -> v.after(even));
        }

        assertThatExceptionOfType(InvalidPlanException.class)
                .isThrownBy(builder::build)
                .satisfies(e -> {
                    assertThat(e.problems()).hasSize(10_000);
                    assertThat(e.getMessage()).contains("10000 problems", "and 9900 more");
                });
    }
}
