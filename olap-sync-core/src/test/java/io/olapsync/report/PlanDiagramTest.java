package io.olapsync.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.Publication;
import io.olapsync.RandomPlans;
import io.olapsync.SyncPlan;
import io.olapsync.spi.CheckSpec;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.ViewName;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlanDiagramTest {

    private static final Pattern LABEL = Pattern.compile("\"([\\p{L}\\p{N} _.\\-]|#\\d+;)*\"");
    private static final Pattern LINE = Pattern.compile("flowchart LR"
            + "|\\s+subgraph (checks|g\\d+)\\[L]"
            + "|\\s+end"
            + "|\\s+v\\d+\\[(L|\\(L\\))]"
            + "|\\s+c\\d+\\{\\{L}}"
            + "|\\s+(invalidation|completion)\\(\\[L]\\)"
            + "|\\s+(v\\d+|c0|checks|invalidation) --> (v\\d+|invalidation|completion)");

    private static SyncPlan star() {
        return SyncPlan.named("star")
                .check("sources", CheckSpec.of("postgres.tables-readable", "orders"))
                .view("dim_org", v -> v.together("dims"))
                .view("차원", v -> v.together("dims"))
                .view("fact", v -> v.after("dim_org", "차원").tags("nightly", "big"))
                .onEvent("order_created", "fact")
                .build();
    }

    @Test
    void text_shows_stages_with_what_each_view_comes_after() {
        assertThat(PlanDiagram.text(star())).isEqualTo("""
            plan star, 1 check, 3 views, each published on its own
              1  sources  check postgres.tables-readable
              2  dim_org  in group dims
                 차원  in group dims
              3  fact  <- dim_org, 차원  #nightly  #big
              4  invalidate_caches
              5  record_sync_completion
            on event order_created -> fact
            """);
    }

    @Test
    void a_delta_table_is_shown_by_its_key_and_as_a_cylinder() {
        SyncPlan plan = SyncPlan.named("p")
                .view("fact", v -> v.delta(DeltaSpec.key("case_id", "b\u001b").whole("cases")))
                .build();

        assertThat(PlanDiagram.text(plan)).contains("fact  delta table by case_id, b\\u001b\n");
        assertThat(PlanDiagram.mermaid(plan)).contains("v0[(\"fact\")]\n");
    }

    @Test
    void text_says_that_a_plan_is_published_together() {
        SyncPlan plan =
                SyncPlan.named("p").publication(Publication.TOGETHER).view("a").build();

        assertThat(PlanDiagram.text(plan)).startsWith("plan p, 0 checks, 1 view, published together\n");
    }

    @Test
    void text_disarms_what_a_terminal_would_obey() {
        SyncPlan plan = SyncPlan.named("p")
                .view(ViewName.of("public", "a\nb\u202Ec\u001b[31m"))
                .build();

        assertThat(PlanDiagram.text(plan))
                .contains("a\\u000ab\\u202ec\\u001b[31m")
                .doesNotContain("\u001b", "\u202e");
    }

    @Test
    void mermaid_draws_checks_views_groups_and_closing_steps() {
        assertThat(PlanDiagram.mermaid(star())).isEqualTo("""
            flowchart LR
                c0{{"sources"}}
                v2["fact"]
                subgraph g0["dims"]
                    v0["dim_org"]
                    v1["차원"]
                end
                invalidation(["invalidate_caches"])
                completion(["record_sync_completion"])
                c0 --> v0
                c0 --> v1
                v0 --> v2
                v1 --> v2
                v2 --> invalidation
                invalidation --> completion
            """);
    }

    @Test
    void mermaid_puts_several_checks_into_a_box_of_their_own() {
        SyncPlan plan = SyncPlan.named("p")
                .check("one", CheckSpec.of("t"))
                .check("two", CheckSpec.of("t"))
                .view("a")
                .build();

        assertThat(PlanDiagram.mermaid(plan)).contains("subgraph checks[\"checks\"]", "c1{{\"two\"}}", "checks --> v0");
    }

    @Test
    void mermaid_takes_no_name_for_a_command() {
        List<String> hostile = List.of(
                "a\"]; click v0 href \"javascript:alert(1)\"",
                "<script>alert(1)</script>",
                "end",
                "#quot;",
                "`**bold**`",
                "%%{init: {}}%%",
                "a\nb --> c",
                "style x fill:#f00;",
                "[({|}])\\/",
                "&lt;",
                "매출 요약",
                "😀");
        SyncPlan.Builder builder = SyncPlan.named("p").check(hostile.get(0), CheckSpec.of("t"));
        hostile.forEach(name -> builder.view(ViewName.of("public", name), v -> v.together(name)));
        String mermaid = PlanDiagram.mermaid(builder.invalidationStep("<b>").build());

        assertEveryLineIsMermaid(mermaid);
        assertThat(mermaid).contains("매출 요약").doesNotContain("<", "`", "%", "javascript:", "style x fill:");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void mermaid_of_any_plan_has_every_step_and_edge(long seed) {
        SyncPlan plan = new RandomPlans(seed).plan();
        String mermaid = PlanDiagram.mermaid(plan);

        assertEveryLineIsMermaid(mermaid);
        Set<String> nodes = new HashSet<>();
        Matcher node = Pattern.compile("(?m)^\\s+(v\\d+)\\[").matcher(mermaid);
        while (node.find()) {
            assertThat(nodes.add(node.group(1))).as("seed %d", seed).isTrue();
        }
        assertThat(nodes).as("seed %d", seed).hasSize(plan.views().size());
        long edges =
                plan.views().stream().mapToLong(view -> view.upstreams().size()).sum();
        assertThat(mermaid.lines().filter(line -> line.matches("\\s+v\\d+ --> v\\d+")))
                .as("seed %d", seed)
                .hasSize((int) edges);
    }

    private static void assertEveryLineIsMermaid(String mermaid) {
        assertThat(mermaid.lines())
                .allSatisfy(
                        line -> assertThat(LABEL.matcher(line).replaceAll("L")).matches(LINE));
    }
}
