package io.olapsync.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.SyncHealth;
import io.olapsync.SyncPlan;
import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.Finding;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.RunId;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.StepStatus;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import java.io.StringReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** Pages of nothing, of something that has not ended, of very much, and of names that nobody should give. */
class StatusPageExtremesTest {

    private static final Instant NOW = Instant.parse("2026-03-02T09:30:00Z");
    private static final ViewName KOREAN = ViewName.of("public", "매".repeat(21)); // 63 bytes, the longest name there is

    private static SyncHealth health(SyncPlan plan, boolean known, String error) {
        List<SyncHealth.View> views = plan.views().stream()
                .map(view -> new SyncHealth.View(
                        view.name(),
                        known ? SyncHealth.Status.FAILING : SyncHealth.Status.STALE,
                        known ? Optional.of(1_000_000_000_000L) : Optional.empty(),
                        known ? Optional.of(NOW.minusSeconds(60)) : Optional.empty(),
                        known ? Optional.of(Duration.ofSeconds(2)) : Optional.empty(),
                        known ? Optional.of(new DataAsOf(NOW.minusSeconds(65), "1:1:")) : Optional.empty(),
                        known ? Optional.of(Duration.ofSeconds(65)) : Optional.empty(),
                        Optional.empty(),
                        known ? 1 : 0,
                        known ? Optional.of(error) : Optional.empty(),
                        Duration.ofHours(25),
                        view.targetLag(),
                        Optional.empty(),
                        0,
                        0,
                        false))
                .toList();
        SyncHealth.Status worst = known ? SyncHealth.Status.FAILING : SyncHealth.Status.STALE;
        return new SyncHealth(
                worst,
                Optional.of(NOW),
                Optional.empty(),
                Optional.empty(),
                views,
                List.of(),
                List.of(),
                List.of(),
                List.of());
    }

    private static HistoryEntry.Run run(RunId id, RunStatus status, Instant at, String said) {
        return new HistoryEntry.Run(
                id,
                "p",
                SyncKind.FULL,
                said,
                status,
                at,
                status == RunStatus.RUNNING ? Optional.empty() : Optional.of(at.plusSeconds(30)),
                said,
                status == RunStatus.FAILED ? Optional.of(said) : Optional.empty());
    }

    private static HistoryEntry.Step step(RunId run, ViewName view, StepStatus status, Instant at, String said) {
        boolean done = status == StepStatus.COMPLETED;
        return new HistoryEntry.Step(
                run,
                view.toString(),
                Optional.of(view),
                status,
                at,
                status == StepStatus.RUNNING ? Optional.empty() : Optional.of(at.plusSeconds(3)),
                done ? Optional.of(10L) : Optional.empty(),
                done ? Optional.of(new RowDelta(1, 2, 3)) : Optional.empty(),
                done ? Optional.of(Duration.ofSeconds(2)) : Optional.empty(),
                done ? Optional.of(new DataAsOf(at, "1:1:")) : Optional.empty(),
                status == StepStatus.SKIPPED ? 0 : 1,
                status == StepStatus.FAILED ? Optional.of("XX000") : Optional.empty(),
                done || status == StepStatus.RUNNING ? Optional.empty() : Optional.of(said));
    }

    private static Document parsed(String html) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(html.replace("<!DOCTYPE html>", ""))));
    }

    private static List<Element> withClass(Document page, String tag, String name) {
        NodeList nodes = page.getElementsByTagName(tag);
        return IntStream.range(0, nodes.getLength())
                .mapToObj(i -> (Element) nodes.item(i))
                .filter(element ->
                        List.of(element.getAttribute("class").split(" ")).contains(name))
                .toList();
    }

    @Test
    void plan_that_nothing_was_ever_done_with_has_a_page() throws Exception {
        SyncPlan plan =
                SyncPlan.named("new").view("a").view("b", v -> v.after("a")).build();

        String html = StatusPage.of(plan, health(plan, false, ""), NOW).html();

        Document page = parsed(html);
        assertThat(page.getDocumentElement().getTextContent())
                .contains("None is recorded.", "2 views: 2 stale.")
                .doesNotContain("null")
                .doesNotContain("Optional");
        assertThat(withClass(page, "g", "node")).hasSizeGreaterThanOrEqualTo(2);
        assertThat(html).doesNotContain("id=\"run0\"").doesNotContain("id=\"age0\"");
    }

    @Test
    void run_that_is_under_way_shows_what_runs_what_is_done_and_no_end() throws Exception {
        SyncPlan plan = SyncPlan.named("p")
                .view("a")
                .view("b", v -> v.after("a"))
                .view("c", v -> v.after("b"))
                .build();
        RunId id = new RunId(new UUID(0, 1));
        Instant began = NOW.minusSeconds(20);
        StatusPage.RecordedRun running = new StatusPage.RecordedRun(
                run(id, RunStatus.RUNNING, began, "schedule nightly"),
                List.of(
                        step(id, ViewName.parse("a"), StepStatus.COMPLETED, began, ""),
                        step(id, ViewName.parse("b"), StepStatus.RUNNING, began.plusSeconds(5), "")));
        StatusPage.RecordedRun begun = new StatusPage.RecordedRun(
                run(new RunId(new UUID(0, 2)), RunStatus.RUNNING, NOW.plusSeconds(2), "another clock"), List.of());

        Document page = parsed(
                new StatusPage(plan, health(plan, true, "e"), List.of(begun, running), Optional.empty(), List.of(), NOW)
                        .html());

        List<Element> steps = withClass(page, "g", "step");
        assertThat(steps).hasSize(2);
        assertThat(withClass(page, "rect", "work"))
                .as("the work is known of what has ended alone")
                .hasSize(1);
        assertThat(steps.get(1).getTextContent()).contains("b: running, 15 s");
        assertThat(page.getElementsByTagName("main").item(0).getTextContent())
                .contains("running full by schedule nightly", "20 s, 1 view refreshed")
                .contains("running full by another clock", "0 ms, 0 views refreshed");
    }

    @Test
    void run_of_which_all_is_skipped_has_no_drawing_and_says_why() throws Exception {
        SyncPlan plan = SyncPlan.named("p").view("a").build();
        RunId id = new RunId(new UUID(0, 1));
        StatusPage.RecordedRun skipped = new StatusPage.RecordedRun(
                run(id, RunStatus.COMPLETED, NOW.minusSeconds(60), "api"),
                List.of(step(id, ViewName.parse("a"), StepStatus.SKIPPED, NOW.minusSeconds(59), "too recent")));

        Document page =
                parsed(new StatusPage(plan, health(plan, true, "e"), List.of(skipped), Optional.empty(), List.of(), NOW)
                        .html());

        assertThat(page.getDocumentElement().getTextContent()).contains("Skipped, too recent: a.");
        assertThat(withClass(page, "g", "step")).isEmpty();
    }

    /** Thirty runs of two hundred views: what the largest plan that is still drawn leaves behind. */
    private static StatusPage large(int number) {
        SyncPlan.Builder building = SyncPlan.named("large");
        IntStream.range(0, number)
                .forEach(i -> building.view("mv_of_some_department_" + i, view -> {
                    if (i >= 10) {
                        view.after("mv_of_some_department_" + (i % 10), "mv_of_some_department_" + (i / 2));
                    }
                    view.targetLag(Duration.ofMinutes(i + 1L));
                }));
        SyncPlan plan = building.build();
        List<StatusPage.RecordedRun> runs = new ArrayList<>();
        for (int r = 0; r < StatusPage.RUNS; r++) {
            RunId id = new RunId(new UUID(1, r));
            Instant began = NOW.minusSeconds(600L * r + 60);
            runs.add(new StatusPage.RecordedRun(
                    run(id, RunStatus.COMPLETED, began, "schedule"),
                    plan.views().stream()
                            .map(view -> step(id, view.name(), StepStatus.COMPLETED, began.plusSeconds(1), ""))
                            .toList()));
        }
        return new StatusPage(
                plan,
                health(plan, true, "division by zero ".repeat(20)),
                runs,
                Optional.of(plan.views().stream()
                        .map(view ->
                                new Finding(Finding.Severity.WARNING, "null-churn", view.name(), "NULLs", "SELECT 1"))
                        .toList()),
                List.of(),
                NOW);
    }

    @Test
    void two_hundred_views_are_all_on_the_page_which_stays_small_and_is_soon_made() throws Exception {
        StatusPage status = large(200);
        String html = status.html(); // warm
        long began = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        assertThat(status.html()).isEqualTo(html);
        long nanos = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - began;

        Document page = parsed(html);
        assertThat(html.getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(2_500_000);
        assertThat(Duration.ofNanos(nanos)).isLessThan(Duration.ofSeconds(2));
        assertThat(withClass(page, "g", "node").stream()
                        .filter(node -> !node.getAttribute("data-view").isEmpty()))
                .hasSize(200);
        assertThat(page.getElementsByTagName("tbody").item(0).getChildNodes().getLength())
                .isGreaterThanOrEqualTo(200);
        assertThat(page.getDocumentElement().getTextContent())
                .contains("200 views: 200 failing.", "the " + RunTimeline.MOST_STEPS + " longest of 200 steps");
    }

    @Test
    void a_plan_that_makes_no_picture_is_a_table() throws Exception {
        Document page = parsed(large(301).html());

        assertThat(page.getDocumentElement().getTextContent()).contains("Not drawn: it has 301 views");
        assertThat(withClass(page, "g", "node")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "</title></style></svg><script>alert(1)</script>",
                "\" onmouseover=\"alert(1)\" x='",
                "]]><!--<![CDATA[-->",
                "&lt;script&gt;&amp;&#60;&#x3c;",
                "\u202Egnp.exe\u2066\u200F\u061C",
                "\u001b[2J\u001b]0;owned\u0007\u009b31m",
                "\u0000\u0001\b\f\r\n\t\u000b\u007f",
                "\uD800 half \uDC00",
                "매출 ㄱ 한국어 \uD83D\uDE00 \uFEFF\u200B",
                "javascript:alert(1)",
                "url(https://evil.example/x.png)",
                "-->{{constructor.constructor('alert(1)')()}}"
            })
    void whatever_is_said_is_text_wherever_it_stands(String said) throws Exception {
        String name = said.codePoints()
                .filter(c -> c != 0 && Character.getType(c) != Character.SURROGATE) // no name can hold these
                .limit(15)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        ViewName view = ViewName.of("public", name.isBlank() ? "x" + name : name);
        SyncPlan plan =
                SyncPlan.named("p").view(view).view(KOREAN, v -> v.after(view)).build();
        RunId id = new RunId(new UUID(0, 1));
        List<HistoryEntry.Step> steps = List.of(
                step(id, view, StepStatus.FAILED, NOW.minusSeconds(50), said),
                step(id, KOREAN, StepStatus.SKIPPED, NOW.minusSeconds(47), said));
        StatusPage status = new StatusPage(
                plan,
                health(plan, true, said),
                List.of(new StatusPage.RecordedRun(run(id, RunStatus.FAILED, NOW.minusSeconds(60), said), steps)),
                Optional.of(List.of(new Finding(Finding.Severity.ERROR, said, view, said, said))),
                List.of(said),
                NOW);

        String html = status.html();

        assertThat(html).doesNotContainPattern("[\\p{Cntrl}&&[^\\n]]|[\\u0080-\\u009f\\u2028-\\u202e\\u2066-\\u2069]");
        Document page = parsed(html);
        for (String tag : List.of("script", "img", "iframe", "object", "embed", "form", "base", "a")) {
            assertThat(page.getElementsByTagName(tag).getLength()).as(tag).isZero();
        }
        NodeList all = page.getElementsByTagName("*");
        for (int i = 0; i < all.getLength(); i++) {
            Element element = (Element) all.item(i);
            assertThat(element.getAttributes().getNamedItem("style")).isNull();
            assertThat(element.getAttributes().getNamedItem("onmouseover")).isNull();
        }
        assertThat(page.getDocumentElement().getTextContent())
                .contains(Escapes.visible(view.toString()), KOREAN.name());
    }
}
