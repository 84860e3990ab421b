package io.olapsync.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.olapsync.RandomPlans;
import io.olapsync.SyncHealth;
import io.olapsync.SyncPlan;
import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.Finding;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RunId;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.StepStatus;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class StatusPageTest {

    private static final Instant NOW = Instant.parse("2026-03-02T09:30:00Z");
    private static final String HOSTILE = "</style></script><img src=x onerror=alert(1)> \"'&\u202E\u2028\u0007<b";

    private static SyncPlan plan() {
        return SyncPlan.named("별 </title><img src=x onerror=alert(1)> \"'&")
                .view("dim")
                .view("fact", v -> v.after("dim"))
                .view("wide", v -> v.after("dim"))
                .view(ViewName.of("public", HOSTILE), v -> v.after("fact"))
                .build();
    }

    private static SyncHealth health(SyncPlan plan) {
        List<SyncHealth.View> views = plan.views().stream()
                .map(view -> new SyncHealth.View(
                        view.name(),
                        SyncHealth.Status.FAILING,
                        Optional.of(10L),
                        Optional.of(NOW.minusSeconds(60)),
                        Optional.of(Duration.ofSeconds(2)),
                        Optional.of(new DataAsOf(NOW.minusSeconds(65), "1:1:")),
                        Optional.of(Duration.ofSeconds(65)),
                        Optional.empty(),
                        1,
                        Optional.of(HOSTILE),
                        Duration.ofHours(25),
                        Optional.empty(),
                        Optional.empty(),
                        0,
                        0,
                        false))
                .toList();
        return new SyncHealth(
                SyncHealth.Status.FAILING,
                Optional.of(NOW),
                Optional.empty(),
                Optional.empty(),
                views,
                List.of(ViewName.of("public", HOSTILE)),
                List.of(new SyncHealth.Source(HOSTILE, Optional.of(HOSTILE), 1, 2, 3, 4)),
                List.of(new SyncHealth.Schedule(
                        HOSTILE, HOSTILE, Optional.empty(), Optional.empty(), Optional.of(HOSTILE))),
                List.of(HOSTILE));
    }

    /** dim 0 to 2 s, wide 2 to 3 s, fact ready at 2 s, begun at 3 s, done at 9 s after a pause, its reader 9 to 10 s. */
    private static StatusPage.RecordedRun run(int number, Instant at) {
        RunId run = new RunId(new UUID(0, number));
        return new StatusPage.RecordedRun(
                new HistoryEntry.Run(
                        run,
                        plan().name(),
                        SyncKind.FULL,
                        HOSTILE,
                        RunStatus.COMPLETED,
                        at,
                        Optional.of(at.plusSeconds(10)),
                        HOSTILE,
                        Optional.of(HOSTILE)),
                List.of(
                        step(run, "dim", at, 0, 2, 2),
                        step(run, "wide", at, 2, 3, 1),
                        step(run, "fact", at, 3, 9, 4),
                        step(run, HOSTILE, at, 9, 10, 1)));
    }

    private static HistoryEntry.Step step(RunId run, String view, Instant at, int from, int to, int took) {
        return new HistoryEntry.Step(
                run,
                view,
                Optional.of(ViewName.of("public", view)),
                StepStatus.COMPLETED,
                at.plusSeconds(from),
                Optional.of(at.plusSeconds(to)),
                Optional.of(10L),
                Optional.empty(),
                Optional.of(Duration.ofSeconds(took)),
                Optional.of(new DataAsOf(at.plusSeconds(to - took), "1:1:")),
                2,
                Optional.empty(),
                Optional.of(HOSTILE),
                view.equals("fact")
                        ? Optional.of(new DeltaRefresh(DeltaRefresh.Way.FULL, HOSTILE, 1_250, 3))
                        : view.equals("wide")
                                ? Optional.of(new DeltaRefresh(DeltaRefresh.Way.KEYS, HOSTILE, 25, 0))
                                : Optional.empty());
    }

    private static StatusPage page() {
        List<StatusPage.RecordedRun> runs = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            runs.add(run(i, NOW.minusSeconds(70 + 300L * i)));
        }
        return new StatusPage(
                plan(),
                health(plan()),
                runs,
                Optional.of(List.of(new Finding(
                        Finding.Severity.ERROR, HOSTILE, ViewName.of("public", HOSTILE), HOSTILE, "a\nb " + HOSTILE))),
                List.of(HOSTILE),
                NOW);
    }

    /** It is well-formed XML, too, so that what is where can be asked without a browser. */
    private static Document parsed(String html) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(html.replace("<!DOCTYPE html>", ""))));
    }

    private static List<Element> elements(Document page, String tag) {
        NodeList nodes = page.getElementsByTagName(tag);
        List<Element> elements = new ArrayList<>();
        for (int i = 0; i < nodes.getLength(); i++) {
            elements.add((Element) nodes.item(i));
        }
        return elements;
    }

    private static Element byId(Document page, String id) {
        return elements(page, "*").stream()
                .filter(element -> element.getAttribute("id").equals(id))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no element has the id " + id));
    }

    @Test
    void sections_stand_in_their_order_each_with_a_heading() throws Exception {
        Document page = parsed(page().html());

        assertThat(elements(page, "section"))
                .extracting(section -> section.getAttribute("id"))
                .containsExactly("attention", "plan", "views", "staleness", "runs", "schedules", "sources", "doctor");
        assertThat(elements(page, "section"))
                .allSatisfy(section -> assertThat(byId(page, section.getAttribute("aria-labelledby"))
                                .getTagName())
                        .isEqualTo("h2"));
        assertThat(elements(page, "h1")).hasSize(1);
    }

    @Test
    void nothing_that_names_hold_becomes_markup() throws Exception {
        String html = page().html();
        Document page = parsed(html);

        assertThat(elements(page, "*"))
                .extracting(Element::getTagName)
                .doesNotContain("img", "script", "b<")
                .allMatch(tag -> tag.matches("[a-zA-Z0-9]+"));
        assertThat(elements(page, "style")).hasSize(1);
        assertThat(html).doesNotContain("\u202E", "\u2028", "\u0007").contains("\\u202e", "\\u2028", "\\u0007");
        assertThat(byId(page, "doctor").getElementsByTagName("code").item(0).getTextContent())
                .as("the lines of a remedy stay lines")
                .startsWith("a\nb </style>");
    }

    @Test
    void every_drawing_says_what_it_shows_and_ids_are_unique() throws Exception {
        Document page = parsed(page().html());

        List<Element> drawings = elements(page, "svg").stream()
                .filter(svg -> !svg.getAttribute("aria-hidden").equals("true"))
                .toList();
        assertThat(drawings).extracting(svg -> svg.getAttribute("id")).contains("dag", "run0", "age0");
        assertThat(drawings).allSatisfy(svg -> {
            assertThat(svg.getAttribute("role")).isEqualTo("img");
            for (String id : svg.getAttribute("aria-labelledby").split(" ")) {
                assertThat(byId(page, id).getTextContent()).isNotBlank();
            }
        });
        assertThat(elements(page, "*").stream()
                        .map(element -> element.getAttribute("id"))
                        .filter(id -> !id.isEmpty()))
                .doesNotHaveDuplicates();
    }

    @Test
    void timeline_shows_waiting_pauses_and_the_critical_path() throws Exception {
        Document page = parsed(page().html());
        NodeList steps = byId(page, "run0").getElementsByTagName("g");

        assertThat(steps.getLength()).isEqualTo(4);
        Element wide = (Element) steps.item(1);
        Element fact = (Element) steps.item(2);
        assertThat(wide.getAttribute("class")).doesNotContain("critical");
        assertThat(fact.getAttribute("class")).contains("critical");
        // 470 pixels are 10 s from 200 on: ready at 2 s, begun at 3, at work from 5 to 9
        assertThat(part(fact, "queued", "x1")).isEqualTo("294");
        assertThat(part(fact, "queued", "x2")).isEqualTo("341");
        assertThat(part(fact, "whole", "width")).isEqualTo("282");
        assertThat(part(fact, "work", "x")).isEqualTo("435");
        assertThat(byId(page, "runs").getTextContent())
                .contains("Critical path: dim \u2192 fact \u2192 " + Escapes.visible(HOSTILE)
                        + ". Of 10 s it worked for 7.0 s and waited for 3.0 s.");
    }

    @Test
    void delta_tables_say_how_they_were_refreshed_and_what_drifted() throws Exception {
        Document page = parsed(page().html());

        NodeList steps = byId(page, "run0").getElementsByTagName("g");
        assertThat(steps.item(0).getTextContent()).doesNotContain("keys");
        assertThat(steps.item(1).getTextContent()).contains(", keys (25)").doesNotContain("drift");
        assertThat(steps.item(2).getTextContent()).contains("\u26A0 drift 3, full (1,250)");
        assertThat(byId(page, "runs").getTextContent()).contains("fact had drifted", "3 rows differed");
        assertThat(byId(page, "runs").getTextContent()).doesNotContain("wide had drifted");
        List<Element> cells = elements(page, "td").stream()
                .filter(cell -> cell.getTextContent().contains("(25)")
                        || cell.getTextContent().contains("(1,250)"))
                .toList();
        assertThat(cells).hasSize(2);
        assertThat(cells)
                .extracting(cell -> cell.getAttribute("class"))
                .containsExactlyInAnyOrder("number", "number warn");
    }

    private static String part(Element group, String type, String attribute) {
        NodeList parts = group.getElementsByTagName("*");
        for (int i = 0; i < parts.getLength(); i++) {
            Element part = (Element) parts.item(i);
            if (part.getAttribute("class").equals(type)) {
                return part.getAttribute(attribute);
            }
        }
        throw new AssertionError("no part " + type);
    }

    @Test
    void age_grows_until_each_refresh_and_falls_to_that_of_its_snapshot() {
        SyncHealth.View view = health(plan()).views().get(0);
        Instant from = NOW.minusSeconds(1_000);
        StalenessChart chart = new StalenessChart(
                view,
                List.of(
                        new StalenessChart.Refresh(NOW.minusSeconds(600), NOW.minusSeconds(620)),
                        new StalenessChart.Refresh(from, from.minusSeconds(10))),
                from,
                NOW);
        Markup markup = new Markup();
        chart.draw(markup, "c");

        // the refresh that health knows of, 60 s ago, is the third: worst is just before it, 620 - 60
        assertThat(chart.summary()).isEqualTo("now 65 s, worst 9 min 20 s, limit 25 h");
        String saw = markup.toString().replaceAll("(?s).* d=\"([^\"]*)\" class=\"saw\".*", "$1");
        assertThat(saw.chars().filter(c -> c == 'L' || c == 'M').count()).isEqualTo(6);
    }

    @Test
    void page_satisfies_the_policy_that_it_names() throws Exception {
        String html = page().html();
        String style = html.substring(html.indexOf("<style>") + 7, html.indexOf("</style>"));
        String hash = Base64.getEncoder()
                .encodeToString(MessageDigest.getInstance("SHA-256").digest(style.getBytes(StandardCharsets.UTF_8)));

        assertThat(StatusPage.contentSecurityPolicy())
                .contains("default-src 'none'", "style-src 'sha256-" + hash + "'", "frame-ancestors 'none'");
        assertThat(elements(parsed(html), "*"))
                .as("style attributes would need 'unsafe-inline'")
                .noneMatch(element -> element.hasAttribute("style") || element.hasAttribute("onclick"));
        assertThat(elements(parsed(html), "*"))
                .allSatisfy(element -> assertThat(element.getAttribute("src") + element.getAttribute("href"))
                        .matches("|data:.*"));
        assertThat(html).doesNotContain("@import", "<script").doesNotContainPattern("url\\((?!#)");
    }

    @Test
    void same_value_gives_the_same_page() {
        assertThat(page().html()).isEqualTo(page().html());
    }

    @Test
    void history_that_cannot_be_read_is_said_on_the_page() throws Exception {
        StatusPage page = StatusPage.of(plan(), health(plan()), NOW).withHistory(new BrokenHistory());

        assertThat(byId(parsed(page.html()), "attention").getTextContent())
                .contains("the history could not be read: gone");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void no_two_views_of_a_random_plan_share_a_place(long seed) {
        SyncPlan plan = new RandomPlans(seed).plan();
        DagLayout layout = new DagLayout(plan);

        List<List<Integer>> places = new ArrayList<>();
        layout.columns().forEach(column -> column.forEach(spot -> places.add(List.of(spot.column, spot.row))));
        assertThat(places).as("seed %d", seed).doesNotHaveDuplicates();
        assertThat(layout.edges()).allSatisfy(edge -> {
            for (int i = 1; i < edge.spots().size(); i++) {
                assertThat(edge.spots().get(i).column).isEqualTo(edge.spots().get(i - 1).column + 1);
            }
        });
        assertThat(layout.columns().stream()
                        .flatMap(List::stream)
                        .filter(spot -> spot.view.isPresent())
                        .count())
                .isEqualTo(plan.views().size());
    }

    @Test
    void markup_that_is_not_closed_is_no_page() {
        assertThatIllegalStateException()
                .isThrownBy(() -> new Markup().open("p").toString())
                .withMessage("not closed: [p]");
    }
}
