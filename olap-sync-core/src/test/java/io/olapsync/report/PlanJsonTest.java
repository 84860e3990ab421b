package io.olapsync.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.olapsync.InvalidPlanException;
import io.olapsync.Publication;
import io.olapsync.SyncPlan;
import io.olapsync.spi.CheckSpec;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.Fuse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlanJsonTest {

    private static final String FULL = """
        {
          "name" : "sales",
          "publication" : "together",
          "checks" : [ {
            "name" : "sources_readable",
            "type" : "postgres.tables-readable",
            "arguments" : [ "orders", "주문" ]
          } ],
          "views" : [ {
            "name" : "dim_org"
          }, {
            "name" : "olap.\\"my view\\"",
            "after" : [ "dim_org" ],
            "tags" : [ "nightly" ],
            "together" : "star",
            "deadline" : "PT5M",
            "fuse" : {
              "maxChangedShare" : 0.5,
              "mayBecomeEmpty" : true
            },
            "delta" : {
              "key" : [ "case_id", "no" ],
              "sources" : [ {
                "table" : "cases",
                "columns" : [ "case_id", "number" ]
              }, {
                "table" : "olap.dim_region",
                "columns" : [ "region_id" ],
                "lookup" : "SELECT case_id, no FROM changed JOIN public.cases USING (region_id)"
              }, {
                "table" : "dim_org"
              } ],
              "aging" : "due_on >= current_date - 2"
            }
          } ],
          "events" : {
            "order_created" : [ "olap.\\"my view\\"" ]
          },
          "invalidationStep" : "clear",
          "completionStep" : "done"
        }
        """;

    private static SyncPlan full() {
        return SyncPlan.named("sales")
                .publication(Publication.TOGETHER)
                .check("sources_readable", CheckSpec.of("postgres.tables-readable", "orders", "주문"))
                .view("dim_org")
                .view(
                        "olap.\"my view\"",
                        v -> v.after("dim_org")
                                .tags("nightly")
                                .together("star")
                                .deadline(Duration.ofMinutes(5))
                                .fuse(new Fuse(0.5, true))
                                .delta(DeltaSpec.key("case_id", "no")
                                        .source("cases", "case_id", "number")
                                        .lookup(
                                                "olap.dim_region",
                                                "SELECT case_id, no FROM changed JOIN public.cases USING (region_id)",
                                                "region_id")
                                        .whole("dim_org")
                                        .aging("due_on >= current_date - 2")))
                .onEvent("order_created", "olap.\"my view\"")
                .invalidationStep("clear")
                .completionStep("done")
                .build();
    }

    private static List<String> problems(String json) {
        InvalidPlanException e = catchThrowableOfType(InvalidPlanException.class, () -> PlanJson.parse(json));
        assertThat(e).as("the text was accepted: %s", json).isNotNull();
        return e.problems();
    }

    private static String problem(String json) {
        assertThat(problems(json)).hasSize(1);
        return problems(json).get(0);
    }

    @Test
    void everything_a_plan_has_is_written_and_read() {
        assertThat(PlanJson.write(full())).isEqualTo(FULL);
        assertThat(PlanJson.parse(FULL)).isEqualTo(full());
    }

    @Test
    void defaults_are_left_out() {
        SyncPlan plan = SyncPlan.named("p")
                .publication(Publication.EACH)
                .view("a", v -> v.fuse(Fuse.ofChangedShare(1)))
                .invalidationStep("invalidate_caches")
                .build();

        assertThat(PlanJson.write(plan))
                .isEqualToIgnoringWhitespace(
                        "{\"name\":\"p\",\"views\":[{\"name\":\"a\",\"fuse\":{\"maxChangedShare\":1.0}}]}");
    }

    @Test
    void a_view_may_stand_before_its_upstreams() {
        SyncPlan plan = PlanJson.parse("""
            {"name":"p","views":[{"name":"b","after":["a"]},{"name":"a"}]}\
            """);

        assertThat(plan.views()).extracting(view -> view.name().name()).containsExactly("a", "b");
    }

    @Test
    void an_unknown_field_is_refused_with_its_place_and_the_known_ones() {
        assertThat(problem("{\"name\":\"p\",\n\"views\":[{\"name\":\"a\"},\n{\"name\":\"b\",\n\"afer\":[\"a\"]}]}"))
                .contains(
                        "views[1].afer (line 4)",
                        "unknown field 'afer'",
                        "name, after, tags, together, deadline, minInterval, staleAfter, targetLag, fuse, delta");
        assertThat(problem("{\"name\":\"p\",\"views\":[{\"name\":\"a\"}],\"시간\":1}"))
                .contains("unknown field '시간'");
        assertThat(problem("{\"name\":\"p\",\"views\":[{\"name\":\"a\",\"fuse\":{\"maxChangedShare\":1,\"max\":2}}]}"))
                .contains("views[0].fuse.max");
        assertThat(
                        problem(
                                "{\"name\":\"p\",\"checks\":[{\"name\":\"c\",\"type\":\"t\",\"args\":[]}],\"views\":[{\"name\":\"a\"}]}"))
                .contains("checks[0].args", "name, type, arguments");
    }

    @Test
    void a_field_that_stands_twice_is_refused_at_any_depth() {
        assertThat(problem("{\"name\":\"p\",\n\"name\":\"q\",\"views\":[{\"name\":\"a\"}]}"))
                .contains("name (line 2)", "twice", "line 1");
        assertThat(problem("{\"name\":\"p\",\"views\":[{\"name\":\"a\"}],\"events\":{\"e\":[\"a\"],\"e\":[\"a\"]}}"))
                .contains("events.e");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"name\":1,\"views\":[{\"name\":\"a\"}]}                        | name (line 1)            | a text,"
                        + " not a number",
                "{\"name\":\"p\",\"views\":{\"name\":\"a\"}}                      | views (line 1)           | an"
                        + " array, not an object",
                "{\"name\":\"p\",\"views\":[\"a\"]}                               | views[0] (line 1)        | an"
                        + " object, not a text",
                "{\"name\":\"p\",\"views\":[{\"name\":null}]}                     | views[0].name (line 1)   | a text,"
                        + " not null",
                "{\"name\":\"p\",\"views\":[{\"name\":\"a\",\"tags\":[true]}]}    | views[0].tags[0] (line 1)| a text,"
                        + " not true or false",
                "{\"name\":\"p\",\"views\":[{\"name\":\"a\",\"tags\":\"x\"}]}     | views[0].tags (line 1)   | an"
                        + " array, not a text",
                "{\"name\":\"p\",\"views\":[{\"name\":\"a\",\"deadline\":5}]}     | views[0].deadline        | a text,"
                        + " not a number",
                "{\"name\":\"p\",\"views\":[{\"name\":\"a\",\"deadline\":\"5m\"}]}| views[0].deadline        |"
                        + " \"PT5M\"",
                "{\"name\":\"p\",\"views\":[{\"name\":\"a\",\"fuse\":0.5}]}       | views[0].fuse            | an"
                        + " object, not a number",
                "{\"name\":\"p\",\"views\":[{\"name\":\"a\",\"fuse\":{}}]}        | views[0].fuse            |"
                        + " 'maxChangedShare' is missing",
                "{\"name\":\"p\",\"views\":[{\"name\":\"a\",\"fuse\":{\"maxChangedShare\":0}}]}     | views[0].fuse |"
                        + " above 0",
                "{\"name\":\"p\",\"views\":[{\"name\":\"a\",\"fuse\":{\"maxChangedShare\":1e999}}]} | views[0].fuse |"
                        + " finite",
                "{\"name\":\"p\",\"views\":[{\"name\":\"a\",\"fuse\":{\"maxChangedShare\":\"1\"}}]} |"
                        + " views[0].fuse.maxChangedShare | a number, not a text",
                "{\"name\":\"p\",\"views\":[{\"name\":\"a\",\"fuse\":{\"maxChangedShare\":1,\"mayBecomeEmpty\":0}}]} |"
                        + " mayBecomeEmpty | true or false",
                "{\"name\":\"p\",\"views\":[{\"name\":\"a\"}],\"publication\":\"EACH\"}  | publication (line 1) |"
                        + " \"each\" or \"together\"",
                "{\"name\":\"p\",\"views\":[{\"name\":\"a\"}],\"events\":[]}             | events (line 1)      | an"
                        + " object, not an array",
                "{\"name\":\"p\",\"views\":[{\"name\":\"a\"}],\"events\":{\"e\":\"a\"}}  | events.e (line 1)    | an"
                        + " array, not a text",
                "{\"name\":\"p\",\"views\":[{\"name\":\"a\"}],\"checks\":[{\"name\":\"c\",\"type\":\" \"}]} |"
                        + " checks[0].type | blank",
                "{\"name\":\"p\",\"views\":[{\"name\":\"a\"}],\"checks\":[{\"name\":\"c\"}]}                |"
                        + " checks[0] (line 1) | 'type' is missing",
                "{\"views\":[{\"name\":\"a\"}]}                                   | line 1                   | 'name'"
                        + " is missing",
                "{\"name\":\"p\",\"views\":[{}]}                                  | views[0] (line 1)        | 'name'"
                        + " is missing",
                "[]                                                               | line 1                   | an"
                        + " object, not an array",
                "null                                                             | line 1                   | an"
                        + " object, not null",
            })
    void a_value_that_does_not_fit_is_refused_with_field_and_line(String json, String place, String what) {
        assertThat(problem(json)).contains(place, what);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[]                                                       | delta (line 2)      | must be an object",
                "{'sources':[{'table':'t'}]}                              | delta (line 2)      | 'key' is missing",
                "{'key':['k']}                                            | delta (line 2)      | 'sources' is missing",
                "{'key':['k'],'sources':[]}                               | view a              | without a source",
                "{'key':[],'sources':[{'table':'t'}]}                     | delta (line 2)      | at least one key",
                "{'key':['k','k'],'sources':[{'table':'t'}]}              | delta (line 2)      | twice",
                "{'key':[1],'sources':[{'table':'t'}]}                    | delta.key[0]        | must be a text",
                "{'key':['k'],'sources':['t']}                            | delta.sources[0]    | must be an object",
                "{'key':['k'],'sources':[{}]}                             | delta.sources[0]    | 'table' is missing",
                "{'key':['k'],'sources':[{'table':'a.b.c'}]}              | sources[0].table    | a.b.c",
                "{'key':['k'],'sources':[{'table':'t'},{'table':'t'}]}    | delta (line 2)      | the source t stands",
                "{'key':['k'],'sources':[{'table':'t','columns':'k'}]}    | sources[0].columns  | must be an array",
                "{'key':['k'],'sources':[{'table':'t','columns':['a','b']}]}  | delta (line 2)  | 2 columns [a, b]",
                "{'key':['k'],'sources':[{'table':'t','columns':['a','a']}]}  | delta.sources[0] | a column twice",
                "{'key':['k'],'sources':[{'table':'t','lookup':'SELECT'}]}    | delta.sources[0] | has no columns",
                "{'key':['k'],'sources':[{'table':'t','query':'SELECT'}]}     | sources[0].query | table, columns, lookup",
                "{'key':['k'],'sources':[{'table':'t'}],'aging':' '}          | delta (line 2)   | blank",
                "{'key':['k'],'sources':[{'table':'t'}],'aged':'x'}           | delta.aged       | key, sources, aging",
            })
    void a_delta_table_that_does_not_fit_is_refused_with_field_and_line(String delta, String place, String what) {
        String json = "{'name':'p','views':[{'name':'a',\n'delta':" + delta + "}]}";

        assertThat(problem(json.replace('\'', '"'))).contains(place, what);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "{\"name\":\"p\"",
                "{\"name\":\"p\",}",
                "{'name':'p'}",
                "{name:1}",
                "nope",
                "{\"name\":\"p\\x\"}",
                "{\"name\":\"p\",\"views\":[1,]}",
                "{\"name\":NaN}",
                "/* c */ {}"
            })
    void a_text_that_is_not_json_is_refused_with_its_line(String json) {
        assertThat(problem("\n" + json)).startsWith("line ").contains("not JSON");
    }

    @Test
    void an_empty_text_is_refused() {
        assertThat(problem("")).contains("empty");
        assertThat(problem(" \n ")).contains("empty");
    }

    @Test
    void whatever_follows_the_plan_is_refused() {
        assertThat(problem("{\"name\":\"p\",\"views\":[{\"name\":\"a\"}]}\n{}")).contains("line 2", "follows");
        assertThat(problem("{\"name\":\"p\",\"views\":[{\"name\":\"a\"}]}]")).contains("line 1");
    }

    @Test
    void nesting_without_end_is_refused_and_not_a_stack_overflow() {
        assertThat(problem("[".repeat(100_000))).contains("depth");
        assertThat(problem("{\"name\":\"p\",\"x\":" + "{\"a\":".repeat(100_000)))
                .contains("depth");
    }

    @Test
    void all_that_does_not_fit_is_said_at_once() {
        assertThat(problems("{\"views\":[{\"name\":1,\"tag\":[]},{\"deadline\":\"x\"}],\"publication\":true}"))
                .hasSize(6);
    }

    @Test
    void the_rules_of_plans_hold_for_json_too() {
        assertThat(
                        problem(
                                "{\"name\":\"p\",\"views\":[{\"name\":\"a\",\"after\":[\"b\"]},{\"name\":\"b\",\"after\":[\"a\"]}]}"))
                .contains("a -> b -> a");
        assertThat(problem("{\"name\":\"p\",\"views\":[]}")).contains("no view");
        assertThat(problem("{\"name\":\"p\"}")).contains("no view");
        assertThat(problem("{\"name\":\"p\",\"views\":[{\"name\":\"a\"},{\"name\":\"a\"}]}"))
                .contains("more than once");
    }

    @Test
    void a_file_is_read_as_utf_8_with_or_without_a_byte_order_mark(@TempDir Path directory) throws IOException {
        Path plain = Files.writeString(directory.resolve("plan.json"), FULL);
        Path marked = Files.writeString(directory.resolve("marked.json"), "\uFEFF" + FULL);

        assertThat(PlanJson.read(plain)).isEqualTo(full());
        assertThat(PlanJson.read(marked)).isEqualTo(full());
    }

    @Test
    void what_is_wrong_with_a_file_names_the_file(@TempDir Path directory) throws IOException {
        Path latin =
                Files.write(directory.resolve("latin.json"), "{\"name\":\"é\"}".getBytes(StandardCharsets.ISO_8859_1));
        Path broken = Files.writeString(directory.resolve("broken.json"), "{");
        Path empty = Files.writeString(directory.resolve("empty.json"), "{\"name\":\"p\"}");
        Path missing = directory.resolve("missing.json");

        for (Path file : List.of(latin, broken, empty)) {
            assertThatExceptionOfType(InvalidPlanException.class)
                    .isThrownBy(() -> PlanJson.read(file))
                    .withMessageContaining(file.toString());
        }
        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> PlanJson.read(missing))
                .withMessageContaining("missing.json");
    }
}
