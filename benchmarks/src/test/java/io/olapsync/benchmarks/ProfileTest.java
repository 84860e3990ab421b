package io.olapsync.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.benchmarks.report.Answer;
import io.olapsync.benchmarks.report.Answered;
import io.olapsync.benchmarks.report.Comparison;
import io.olapsync.benchmarks.report.Page;
import io.olapsync.benchmarks.report.ResultFiles;
import io.olapsync.benchmarks.report.Results;
import io.olapsync.benchmarks.report.Samples;
import io.olapsync.benchmarks.report.Verdict;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of results, and which of them a profile asks for; measures nothing. */
class ProfileTest {

    @TempDir
    Path directory;

    private static Results results() {
        Answer answer = new Answer()
                .add(Comparison.of(
                                "6 views <&>",
                                "ms",
                                Samples.of("olapSync", 3, 1, 2, 5, 4),
                                Samples.of("bare statements", 1, 1, 2, 2, 2))
                        .with(Verdict.atMost("ratio", 1.5, 1.4))
                        .with(Verdict.atLeast("kept", 0.95, 0.9)))
                .add(Comparison.of("events", "a second", Samples.of("engine", 123_456)))
                .note("A *note*.");
        return new Results(
                "quick",
                Map.of("processors", "2"),
                List.of(Answered.of("engine", 1, answer), Answered.failed("locks", 2, "it took too long\nand more")));
    }

    @Test
    void page_has_every_question_with_its_tables_goals_and_charts() throws Exception {
        List<Page.Section> sections = Questions.ALL.stream()
                .map(question -> new Page.Section(question.name(), question.title(), question.text()))
                .toList();

        ResultFiles.writePage(new Page(Questions.HEAD, sections, results()), directory);

        String page = Files.readString(directory.resolve("benchmarks.md"));
        assertThat(sections).allSatisfy(section -> assertThat(page).contains("## " + section.title(), section.text()));
        assertThat(page)
                .contains(
                        "| 6 views <&> | 3.00 (2.00 to 4.00) | 2.00 (1.00 to 2.00) | 1.50 |",
                        "ratio at most 1.4: 1.50, **missed**; kept at least 0.9: 0.950, met",
                        "| events | 123,456 |",
                        "A *note*.",
                        "Could not be answered in this run: it took too long\n",
                        "(benchmarks/engine.svg)",
                        "(benchmarks/engine-2.svg)",
                        "Not asked in this run.");
        for (String chart : List.of("engine.svg", "engine-2.svg")) {
            var drawn = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(directory.resolve("benchmarks").resolve(chart).toFile());
            assertThat(drawn.getDocumentElement().getTagName()).isEqualTo("svg");
        }
    }

    @Test
    void results_are_read_as_they_were_written_and_jmh_has_an_entry_for_each_way() throws Exception {
        ResultFiles.write(results(), directory);

        assertThat(ResultFiles.read(directory.resolve("results.json"))).isEqualTo(results());
        assertThat(Files.readString(directory.resolve("jmh.json")))
                .contains("\"io.olapsync.benchmarks.engine.olapsync\"", "\"rawData\"", "\"ms/op\"")
                .containsOnlyOnce("\"io.olapsync.benchmarks.engine.bare_statements\"");
    }

    @Test
    void difference_is_taken_turn_by_turn_and_percentiles_between_values() {
        Samples ours = Samples.of("ours", 10, 20, 31);
        assertThat(ours.minus(Samples.of("theirs", 9, 18, 30)).values()).containsExactly(1.0, 2.0, 1.0);
        assertThat(ours.percentile(25)).isEqualTo(15);
        assertThat(ours.median()).isEqualTo(20);
    }

    @Test
    void each_way_takes_each_turn_and_another_begins_each() throws Exception {
        StringBuilder order = new StringBuilder();
        Turns.of(3, 1)
                .before(() -> order.append('.'))
                .way("a", () -> order.append('a'))
                .way("b", () -> order.append('b'))
                .run();
        assertThat(order).hasToString(".a.b.b.a.a.b.b.a");
    }

    @Test
    void options_pick_questions_scale_and_directories() {
        ProfileOptions options = ProfileOptions.parse(
                "full", List.of("--questions", "locks,engine", "--scale", "L", "--out", "there", "--commit", "abc"));

        assertThat(options.questions()).extracting(Question::name).containsExactly("locks", "engine");
        assertThat(options.effort()).isEqualTo(new Effort(false, Scale.L));
        assertThat(options.docs()).isEqualTo(Path.of("there"));
        for (List<String> wrong : List.of(
                List.of("--questions", "lock"),
                List.of("--scale", "XL"),
                List.of("--out"),
                List.of("--turns", "--turns"))) {
            assertThatThrownBy(() -> ProfileOptions.parse("quick", wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(wrong.get(wrong.size() - 1));
        }
    }

    @Test
    void server_of_the_users_that_does_not_answer_is_named_with_its_option() {
        ProfileOptions options = ProfileOptions.parse("quick", List.of("--redis-uri", "redis://127.0.0.1:1"));
        assertThatThrownBy(() -> ProfileServers.open(options))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("--redis-uri: ")
                .hasMessageContaining("127.0.0.1:1");
    }

    @Test
    void answers_that_were_not_asked_for_again_are_kept_where_they_are_of_the_same_machine() {
        Answered again = Answered.of("locks", 3, new Answer()).asked("later");
        Map<String, String> later = Map.of("processors", "2", "date", "tomorrow", "load before", "7");
        List<String> order = List.of("locks", "engine");
        assertThat(new Results("full", later, List.of(again)).since(results(), order))
                .isEqualTo(new Results(
                        "full", later, List.of(again, results().answers().get(0))));

        Results elsewhere = new Results("full", Map.of("processors", "8"), List.of(again));
        assertThat(elsewhere.since(results(), order)).isEqualTo(elsewhere);
    }
}
