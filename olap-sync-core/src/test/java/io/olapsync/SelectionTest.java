package io.olapsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.olapsync.spi.ViewName;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SelectionTest {

    /** a and "my view" -> b -> c; d alone. */
    private static final SyncPlan PLAN = SyncPlan.named("p")
            .view("a", v -> v.tags("nightly"))
            .view("my view", v -> v.tags("밤 늦게"))
            .view("b", v -> v.after("a", "my view"))
            .view("c", v -> v.after("b"))
            .view("d", v -> v.tags("nightly", "x\"y"))
            .build();

    private static List<String> select(String... expressions) {
        return Selection.parse(expressions).in(PLAN).stream()
                .map(ViewName::name)
                .toList();
    }

    @Test
    void a_name_selects_itself_and_plus_its_ancestors_or_descendants() {
        assertThat(select("b")).containsExactly("b");
        assertThat(select("+b")).containsExactly("a", "my view", "b");
        assertThat(select("b+")).containsExactly("b", "c");
        assertThat(select("+b+")).containsExactly("a", "my view", "b", "c");
    }

    @Test
    void a_tag_selects_its_views_and_plus_what_is_around_them() {
        assertThat(select("tag:nightly")).containsExactly("a", "d");
        assertThat(select("tag:nightly+")).containsExactly("a", "b", "c", "d");
        assertThat(select("+tag:nightly")).containsExactly("a", "d");
        assertThat(select("tag:\"밤 늦게\"+")).containsExactly("my view", "b", "c");
        assertThat(select("tag:\"x\"\"y\"")).containsExactly("d");
    }

    @Test
    void several_terms_select_what_any_of_them_does_in_plan_order() {
        assertThat(select("d, a")).containsExactly("a", "d");
        assertThat(select(" d\tc,,a ")).containsExactly("a", "c", "d");
        assertThat(select("d", "+b")).containsExactly("a", "my view", "b", "d");
    }

    @Test
    void a_plus_belongs_to_its_own_term_alone() {
        assertThat(select("+b, c")).containsExactly("a", "my view", "b", "c");
        assertThat(select("+a, b+")).containsExactly("a", "b", "c");
    }

    @Test
    void quotes_keep_spaces_and_commas_within_a_name() {
        assertThat(select("+\"my view\"+")).containsExactly("my view", "b", "c");
        assertThat(select("public.\"my view\"")).containsExactly("my view");
        SyncPlan odd = SyncPlan.named("odd")
                .view("a,b +c")
                .view("\"tag:x\"")
                .view("\"*\"")
                .build();
        assertThat(Selection.parse("\"a,b +c\"").in(odd)).containsExactly(ViewName.of("public", "a,b +c"));
        assertThat(Selection.parse("\"tag:x\"", "\"*\"").in(odd)).hasSize(2);
    }

    @Test
    void a_star_selects_all() {
        assertThat(select("*")).hasSize(5);
        assertThat(Selection.all().in(PLAN)).hasSize(5);
        assertThat(Selection.all()).hasToString("*").isEqualTo(Selection.parse("*"));
    }

    @Test
    void names_given_as_values_are_taken_as_they_are() {
        Selection selection = Selection.of(ViewName.of("public", "my view"), ViewName.parse("a"));

        assertThat(selection.in(PLAN)).extracting(ViewName::name).containsExactly("a", "my view");
        assertThat(selection).hasToString("\"my view\" a");
        assertThatIllegalArgumentException().isThrownBy(Selection::of).withMessageContaining("at least one");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "+a",
                "a+",
                "+a+",
                "*",
                "tag:x",
                "+tag:x",
                "tag:x+",
                "+\"my view\"+",
                "tag:\"a b\"",
                "tag:\"a\"\"b\"+",
                "olap.\"a.b\" +매출 *"
            })
    void text_reads_back(String expression) {
        assertThat(Selection.parse(expression)).hasToString(expression);
        assertThat(Selection.parse(Selection.parse(expression).toString())).isEqualTo(Selection.parse(expression));
    }

    @Test
    void unknown_views_and_tags_are_named_together_with_the_nearest() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> select("+\"my veiw\", tag:nihgtly, a"))
                .withMessageContaining("the plan 'p'")
                .withMessageContaining("no view \"my veiw\" (did you mean \"my view\"?)")
                .withMessageContaining("no tag 'nihgtly' (did you mean nightly?)");
    }

    @Test
    void a_tag_in_a_plan_without_tags_says_so() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Selection.parse("tag:x")
                        .in(SyncPlan.named("p").view("a").build()))
                .withMessageContaining("no tag 'x' (there is none)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " , ",
                "+",
                "++",
                "++a",
                "a++",
                "a+b",
                "2+a",
                "a*",
                "+*",
                "*+",
                "tag:",
                "+tag:+",
                "tags:x",
                "@a",
                "a.b.c",
                "\"a",
                "tag:\"a",
                "tag:\"\"",
                "tag:\" \"",
                "tag:\"a\"b",
                "a/b",
                "\"\"",
                "a\"b\""
            })
    void what_cannot_be_read_is_refused_with_the_text(String expression) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Selection.parse("a", expression))
                .withMessageContaining("'" + expression + "'");
    }

    @Test
    void no_expression_is_not_everything() {
        assertThatIllegalArgumentException().isThrownBy(Selection::parse).withMessageContaining("*");
    }
}
