package io.olapsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.olapsync.spi.CheckSpec;
import io.olapsync.spi.DeltaSpec;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InvalidPlanTest {

    private static final CheckSpec SPEC = CheckSpec.of("type");

    private static List<String> problems(SyncPlan.Builder builder) {
        InvalidPlanException e = catchThrowableOfType(InvalidPlanException.class, builder::build);
        assertThat(e).as("the plan was accepted").isNotNull();
        assertThat(e.getMessage()).contains(e.problems());
        return e.problems();
    }

    private static String problem(SyncPlan.Builder builder) {
        List<String> problems = problems(builder);
        assertThat(problems).hasSize(1);
        return problems.get(0);
    }

    private static SyncPlan.Builder plan() {
        return SyncPlan.named("p");
    }

    @Test
    void a_circle_is_printed_as_its_path() {
        assertThat(problem(plan().view("a", v -> v.after("b")).view("b", v -> v.after("a"))))
                .contains("a -> b -> a");
    }

    @Test
    void the_shortest_circle_is_shown_not_what_hangs_on_it() {
        SyncPlan.Builder builder = plan().view("start")
                .view("a", v -> v.after("start", "c", "long3"))
                .view("b", v -> v.after("a"))
                .view("c", v -> v.after("b"))
                .view("long1", v -> v.after("c"))
                .view("long2", v -> v.after("long1"))
                .view("long3", v -> v.after("long2"))
                .view("behind", v -> v.after("c"));

        assertThat(problem(builder)).contains(": a -> b -> c -> a,");
    }

    @Test
    void separate_circles_are_all_reported_even_where_one_leads_to_the_other() {
        SyncPlan.Builder builder = plan().view("a", v -> v.after("b"))
                .view("b", v -> v.after("a"))
                .view("c", v -> v.after("a", "d"))
                .view("d", v -> v.after("c"));

        assertThat(problems(builder))
                .satisfiesExactly(
                        first -> assertThat(first).contains("a -> b -> a"),
                        second -> assertThat(second).contains("c -> d -> c"));
    }

    @Test
    void a_very_long_circle_is_shown_by_its_ends() {
        SyncPlan.Builder builder = plan().view("v0", v -> v.after("v4999"));
        for (int i = 1; i < 5_000; i++) {
            String upstream = "v" + (i - 1);
            builder.view("v" + i, v -> v.after(upstream));
        }

        assertThat(problem(builder))
                .contains("v0 -> v1 -> ", " more) -> ", " -> v4999 -> v0")
                .hasSizeLessThan(600);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\0b", "a\nb", "a\r\nb", "a\tb", "a\u001b[2Jb", "a\u0085b", "a\u2028b", "a\ud800b"})
    void names_and_tags_are_one_line_of_text(String text) {
        for (SyncPlan.Builder builder :
                List.of(SyncPlan.named(text).view("a"), plan().view("a", v -> v.tags("fine", text)))) {
            InvalidPlanException refused = catchThrowableOfType(InvalidPlanException.class, builder::build);
            assertThat(refused.problems()).singleElement().asString().contains("control character U+");
            assertThat(refused.getMessage()).doesNotContain(text);
        }
    }

    @Test
    void names_and_tags_are_at_most_200_characters_of_any_kind() {
        String longest = "\ud83d\ude80".repeat(200);
        String longer = longest + "x";

        assertThat(SyncPlan.named(longest)
                        .view("a", v -> v.tags(longest))
                        .build()
                        .name())
                .isEqualTo(longest);
        assertThat(problem(SyncPlan.named(longer).view("a")))
                .isEqualTo("the plan's name has 201 characters: give it at most 200");
        assertThat(problem(plan().view("a", v -> v.tags(longer))))
                .startsWith("view a has the tag '")
                .endsWith("…', which has 201 characters: give it at most 200");
    }

    @Test
    void a_view_after_itself_is_a_circle_of_one() {
        assertThat(problem(plan().view("a", v -> v.after("a")))).contains("a -> a");
    }

    @Test
    void an_unknown_upstream_comes_with_the_nearest_name() {
        assertThat(problem(plan().view("dim_org").view("fact", v -> v.after("dim_Orgs"))))
                .contains("fact", "dim_Orgs", "did you mean dim_org?");
    }

    @Test
    void an_unknown_upstream_that_resembles_nothing_comes_with_what_there_is() {
        assertThat(problem(plan().view("dim_org").view("fact", v -> v.after("매출"))))
                .contains("매출", "known are dim_org, fact.");
    }

    @Test
    void a_view_declared_twice_is_refused_also_in_another_spelling() {
        assertThat(problem(plan().view("a").view("public.\"a\"").view("a"))).contains("view a", "more than once");
    }

    @Test
    void steps_need_names_of_their_own() {
        assertThat(problem(plan().view("a").check("a", SPEC))).contains("the name a", "a view", "a check");
        assertThat(problem(plan().view("a").check("c", SPEC).check("c", SPEC)))
                .contains("the name c", "more than one check");
        assertThat(problem(plan().view("a").check("invalidate_caches", SPEC))).contains("invalidate_caches");
        assertThat(problem(plan().view("record_sync_completion"))).contains("record_sync_completion", "a view");
        assertThat(problem(plan().view("a").completionStep("invalidate_caches")))
                .contains("the invalidation step");
        assertThat(problem(plan().view("olap.a").check("olap.a", SPEC))).contains("olap.a");
    }

    @Test
    void an_empty_plan_is_refused() {
        assertThat(problem(plan())).contains("no view");
        assertThat(problem(plan().check("c", SPEC))).contains("no view");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a.b.c", "\"a", "x\0"})
    void a_text_that_is_no_name_is_refused_wherever_it_stands(String text) {
        assertThat(problem(plan().view(text))).contains("'" + text + "'");
        assertThat(problem(plan().view("v", v -> v.after(text)))).contains("view v", "'" + text + "'");
        assertThat(problem(plan().view("v").onEvent("e", text))).contains("the event 'e'", "'" + text + "'");
    }

    @Test
    void a_name_of_more_than_63_bytes_says_so() {
        assertThat(problem(plan().view("매".repeat(22)))).contains("66 bytes", "63");
    }

    @Test
    void an_event_needs_known_views() {
        assertThat(problem(plan().view("dim_org").onEvent("e", "dim_orgg"))).contains("'e'", "did you mean dim_org?");
        assertThat(problem(plan().view("a").onEvent("e"))).contains("'e'", "no view");
    }

    @Test
    void blank_words_are_refused() {
        assertThat(problem(SyncPlan.named(" ").view("a"))).contains("plan's name");
        assertThat(problem(plan().view("a", v -> v.together("")))).contains("view a", "group");
        assertThat(problem(plan().view("a", v -> v.tags("x", "\t")))).contains("view a", "tag");
        assertThat(problem(plan().view("a").onEvent("", "a"))).contains("event");
        assertThat(problem(plan().view("a").check(" ", SPEC))).contains("check");
        assertThat(problem(plan().view("a").invalidationStep(""))).contains("invalidation step");
        assertThat(problem(plan().view("a").completionStep(" "))).contains("completion step");
    }

    @Test
    void a_deadline_must_be_positive() {
        assertThat(problem(plan().view("a", v -> v.deadline(Duration.ZERO)))).contains("view a", "PT0S");
        assertThat(problem(plan().view("a", v -> v.deadline(Duration.ofSeconds(-1)))))
                .contains("PT-1S");
    }

    @Test
    void a_view_between_two_of_a_group_is_shown_with_its_path() {
        SyncPlan.Builder builder = plan().view("a", v -> v.together("g"))
                .view("b", v -> v.after("a"))
                .view("c", v -> v.after("b").together("g"));

        assertThat(problem(builder)).contains("group 'g'", "a (in 'g') -> b -> c (in 'g')");
    }

    @Test
    void groups_that_wait_for_each_other_are_shown_with_the_views_that_do() {
        SyncPlan.Builder builder = plan().view("a", v -> v.together("g"))
                .view("b", v -> v.after("a").together("h"))
                .view("c", v -> v.together("h"))
                .view("d", v -> v.after("c").together("g"));

        assertThat(problem(builder)).contains("a (in 'g') -> b (in 'h') with c (in 'h') -> d (in 'g')");
    }

    @Test
    void a_group_with_inner_edges_and_neighbours_is_accepted() {
        SyncPlan built = plan().view("before")
                .view("a", v -> v.after("before").together("g"))
                .view("b", v -> v.after("a").together("g"))
                .view("alone", v -> v.together("h"))
                .view("behind", v -> v.after("a", "b", "alone"))
                .build();

        assertThat(built.views()).hasSize(5);
    }

    @Test
    void a_delta_table_needs_a_source() {
        assertThat(problem(plan().view("a", v -> v.delta(DeltaSpec.key("id")))))
                .isEqualTo("view a is a delta table without a source: name every table that its definition reads, with"
                        + " .source(…), .lookup(…) or .whole(…)");
    }

    @Test
    void a_source_that_is_a_view_of_the_plan_must_be_refreshed_before() {
        DeltaSpec reading = DeltaSpec.key("id").whole("cases").whole("s.\"my dim\"");

        assertThat(problem(plan().view("s.\"my dim\"").view("a", v -> v.delta(reading))))
                .startsWith("view a is a delta table with the source s.\"my dim\", which nothing in the plan refreshes")
                .endsWith("add .after(\"s.\\\"my dim\\\"\") to a");
        assertThat(problem(plan().view("a", v -> v.delta(reading)).view("s.\"my dim\"", v -> v.after("a"))))
                .contains("which the plan refreshes after it", "turn that order round");
        assertThat(problem(plan().view("a", v -> v.delta(DeltaSpec.key("id").whole("a")))))
                .contains("which is itself");
        assertThat(problem(plan().view("s.\"my dim\"", v -> v.after("a"))
                        .view("a", v -> v.after("s.\"my dim\"").delta(reading))))
                .as("a circle is told once")
                .contains("in a circle");
    }

    @Test
    void everything_that_is_wrong_is_said_at_once() {
        SyncPlan.Builder builder = SyncPlan.named("")
                .view("a.b.c")
                .view("a", v -> v.after("b", "nowhere").tags("").deadline(Duration.ZERO))
                .view("b", v -> v.after("a"))
                .view("b")
                .check("a", SPEC)
                .onEvent("e", "gone");

        assertThat(problems(builder)).hasSize(9).doesNotHaveDuplicates();
    }
}
