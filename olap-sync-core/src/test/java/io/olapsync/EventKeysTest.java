package io.olapsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.olapsync.report.PlanJson;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.EventKeys;
import io.olapsync.spi.ViewName;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventKeysTest {

    private static final DeltaSpec FED = DeltaSpec.key("id")
            .source("cases", "case_id")
            .source("notes", "case_id")
            .fed("cases");

    private static List<String> problems(UnaryOperator<SyncPlan.Builder> plan) {
        SyncPlan.Builder builder =
                SyncPlan.named("p").view("fact", v -> v.delta(FED)).view("other");
        InvalidPlanException e = catchThrowableOfType(
                InvalidPlanException.class, () -> plan.apply(builder).build());
        return e.problems();
    }

    @Test
    void keys_of_events_are_written_and_read_as_json() {
        SyncPlan plan = SyncPlan.named("p")
                .view("fact", v -> v.delta(FED))
                .onEvent("changed", "fact")
                .eventKeys("changed", "cases", Map.of("case_id", "/case/id"))
                .onEvent("imported", "fact")
                .eventKeys("imported", "cases", Map.of())
                .build();

        assertThat(plan.eventKeys().get("changed"))
                .containsExactly(new EventKeys(ViewName.parse("cases"), Map.of("case_id", "/case/id")));
        assertThat(PlanJson.write(plan))
                .contains("\"fed\" : true")
                .containsIgnoringWhitespaces(
                        "\"eventKeys\":{\"changed\":[{\"table\":\"cases\",\"columns\":{\"case_id\":\"/case/id\"}}],"
                                + "\"imported\":[{\"table\":\"cases\"}]}");
        assertThat(PlanJson.parse(PlanJson.write(plan))).isEqualTo(plan);
    }

    @Test
    void fed_source_needs_an_event_that_says_what_changed_and_makes_the_view_stale() {
        assertThat(problems(plan -> plan))
                .singleElement()
                .satisfies(problem -> assertThat(problem)
                        .contains(
                                "view fact",
                                "changes of cases",
                                "no event says anything",
                                ".eventKeys(type, \"cases\""));
        assertThat(problems(plan -> plan.onEvent("e", "other").eventKeys("e", "cases", Map.of("case_id", "/id"))))
                .singleElement()
                .satisfies(problem ->
                        assertThat(problem).contains("'e' carries without making it stale", ".onEvent(\"e\""));
        assertThat(problems(plan -> plan.onEvent("e", "fact").eventKeys("e", "cases", Map.of("number", "/id"))))
                .singleElement()
                .satisfies(problem -> assertThat(problem).contains("columns [case_id]", "carries [number]"));
    }

    @Test
    void keys_that_no_delta_table_is_fed_with_are_refused() {
        assertThat(problems(plan -> plan.onEvent("e", "fact")
                        .eventKeys("e", "cases", Map.of("case_id", "/id"))
                        .eventKeys("e", "notes", Map.of("case_id", "/id"))))
                .singleElement()
                .satisfies(problem -> assertThat(problem).contains("keys of notes", ".fed(\"notes\")"));
    }

    @Test
    void view_that_is_fed_by_events_alone_hears_of_nothing_from_one_without_keys() {
        DeltaSpec fed = DeltaSpec.key("id").source("cases", "case_id").fed("cases");
        InvalidPlanException e = catchThrowableOfType(
                InvalidPlanException.class,
                () -> SyncPlan.named("p")
                        .view("fact", v -> v.delta(fed))
                        .onEvent("changed", "fact")
                        .onEvent("purged", "fact")
                        .eventKeys("changed", "cases", Map.of("case_id", "/id"))
                        .build());

        assertThat(e.problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem).contains("'purged'", "view fact", ".eventKeys(\"purged\""));
    }

    @Test
    void view_of_the_plan_tells_by_itself() {
        assertThat(problems(plan ->
                        plan.view("cases").onEvent("e", "fact").eventKeys("e", "cases", Map.of("case_id", "/id"))))
                .anySatisfy(problem -> assertThat(problem).contains("is a view of the plan", "take it out of .fed"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"case_id", "/a~2b", "/a~", "#/a"})
    void what_is_no_pointer_is_refused(String pointer) {
        assertThatThrownBy(() -> new EventKeys(ViewName.parse("t"), Map.of("c", pointer)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no JSON pointer")
                .hasMessageContaining("column c of t");
    }

    @Test
    void only_a_source_can_be_fed() {
        assertThatThrownBy(() -> DeltaSpec.key("id").source("cases", "id").fed("cases", "notes"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[notes]")
                .hasMessageContaining("name it as a source first");
    }
}
