package io.olapsync.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.olapsync.report.StatusPage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The status page in a real browser. Skipped where none is installed. */
class StatusPageBrowserTest {

    private static final Path SHOTS = Path.of("target", "status-page");

    @SuppressWarnings("NullAway.Init")
    private static Chromium browser;

    @SuppressWarnings("NullAway.Init")
    private static Path file;

    @BeforeAll
    static void open() throws Exception {
        Optional<Path> installed = Chromium.installed();
        assumeTrue(
                installed.isPresent(),
                "skipped: no Chromium on this machine (looked for chromium, chromium-browser, google-chrome on the PATH,"
                        + " for Playwright's, and at -D" + Chromium.PROPERTY + ")");
        Files.createDirectories(SHOTS);
        file = SHOTS.resolve("status.html").toAbsolutePath();
        Files.writeString(file, SamplePages.page().html());
        browser = Chromium.start(installed.get());
    }

    @AfterAll
    static void shut() throws Exception {
        if (browser != null) {
            browser.close();
        }
    }

    private static BrowserTab tab(int width, String scheme) throws Exception {
        return browser.newTab().as(width, 900, scheme).open(file);
    }

    @Test
    void drawings_are_visible_and_nothing_else_is_loaded_or_complained_of() throws Exception {
        BrowserTab tab = tab(1280, "light");

        for (String drawing : new String[] {"#dag", "#run0", "#age4"}) {
            JsonNode box = tab.eval(
                    "(b => [b.width, b.height])(document.querySelector('" + drawing + "').getBoundingClientRect())");
            assertThat(box.get(0).asDouble()).as(drawing).isGreaterThan(200);
            assertThat(box.get(1).asDouble()).as(drawing).isGreaterThan(60);
        }
        assertThat(tab.eval("document.querySelectorAll('#dag .node[data-view]').length")
                        .asInt())
                .isEqualTo(SamplePages.plan().views().size());
        assertThat(tab.eval("[...document.querySelectorAll('#dag .node')].every(n =>"
                                + " { const b = n.getBBox(); return b.width > 100 && b.height > 30 })")
                        .asBoolean())
                .isTrue();
        assertThat(tab.eval("[...document.querySelectorAll('#run0 .work')].every(n => n.getBBox().width > 1)")
                        .asBoolean())
                .isTrue();
        assertThat(tab.eval("getComputedStyle(document.querySelector('#dag .bad .stripe')).fill")
                        .asString())
                .as("the style sheet holds under its own policy")
                .isEqualTo("rgb(184, 35, 42)");
        tab.screenshot(SHOTS.resolve("desktop.png"));
        assertThat(tab.complaints()).isEmpty();
        assertThat(tab.requests()).containsExactly(file.toUri().toString());
    }

    @Test
    void views_do_not_cover_each_other_in_the_drawing() throws Exception {
        assertThat(tab(1280, "light").eval(APART).asBoolean()).isTrue();
    }

    @Test
    void two_hundred_views_with_the_longest_names_can_be_read_on_a_phone() throws Exception {
        Path large = SHOTS.resolve("large.html").toAbsolutePath();
        Files.writeString(large, SamplePages.large(200).html());

        BrowserTab tab = browser.newTab().as(390, 900, "light").open(large);

        assertThat(tab.eval("document.documentElement.scrollWidth").asInt()).isLessThanOrEqualTo(390);
        assertThat(tab.eval("document.querySelectorAll('#dag .node[data-view]').length")
                        .asInt())
                .isEqualTo(200);
        assertThat(tab.eval(APART).asBoolean()).as("no view covers another").isTrue();
        assertThat(tab.eval("[...document.querySelectorAll('#dag .node[data-view]')].every(n => { const box ="
                                + " n.querySelector('.box').getBoundingClientRect(); return [...n.querySelectorAll('text')]"
                                + ".every(t => t.getBoundingClientRect().right <= box.right + 1) })")
                        .asBoolean())
                .as("each name stays in its box")
                .isTrue();
        assertThat(tab.eval("document.querySelectorAll('#run0 .step').length").asInt())
                .isEqualTo(60);
        assertThat(tab.complaints()).isEmpty();
        tab.screenshot(SHOTS.resolve("large.png"));
    }

    @Test
    void hostile_names_are_text() throws Exception {
        BrowserTab tab = tab(1280, "light");

        assertThat(tab.eval("document.querySelectorAll('img, script, iframe').length")
                        .asInt())
                .isZero();
        assertThat(tab.eval("[...document.querySelectorAll('#views tbody th bdi')].map(n => n.textContent)")
                        .valueStream()
                        .map(JsonNode::asString))
                .contains("\"</script><img src=x onerror=alert(1)> \"\"'\\u202egnp\"", "월별_매출_요약");
        assertThat(tab.eval("document.body.innerText.includes('\\u202e')").asBoolean())
                .isFalse();
        assertThat(tab.complaints()).isEmpty();
    }

    @Test
    void phone_needs_no_scrolling_sideways() throws Exception {
        BrowserTab tab = tab(390, "light");

        assertThat(tab.eval("document.documentElement.scrollWidth").asInt()).isLessThanOrEqualTo(390);
        assertThat(tab.eval("[...document.querySelectorAll('body *')].filter(n => !n.closest('.wide, pre') &&"
                                + " n.getBoundingClientRect().right > 390.5).map(n => n.tagName + '.' + n.className)")
                        .valueStream()
                        .map(JsonNode::asString))
                .isEmpty();
        assertThat(tab.eval("(w => w.scrollWidth > w.clientWidth)(document.querySelector('#plan .wide'))")
                        .asBoolean())
                .as("the drawing scrolls in its own box")
                .isTrue();
        tab.screenshot(SHOTS.resolve("phone.png"));
    }

    @Test
    void dark_mode_is_dark_and_can_be_read() throws Exception {
        BrowserTab tab = tab(1280, "dark");

        assertThat(contrast(tab, "body")).isGreaterThan(7);
        for (String part :
                Stream.of(".note", "td.bad", "td.warn", "td.good", ".status").toList()) {
            assertThat(contrast(tab, part)).as(part).isGreaterThan(4.5);
        }
        assertThat(tab.eval(LUMINANCE + "lum(getComputedStyle(document.body).backgroundColor)")
                        .asDouble())
                .isLessThan(0.05);
        tab.screenshot(SHOTS.resolve("dark.png"));
    }

    @Test
    void light_mode_can_be_read() throws Exception {
        BrowserTab tab = tab(1280, "light");

        for (String part : Stream.of("body", ".note", "td.bad", "td.warn", "td.good", ".status", "thead th")
                .toList()) {
            assertThat(contrast(tab, part)).as(part).isGreaterThan(4.5);
        }
    }

    @Test
    void page_with_nothing_on_it_is_a_page() throws Exception {
        StatusPage full = SamplePages.page();
        Path empty = SHOTS.resolve("empty.html").toAbsolutePath();
        Files.writeString(
                empty, StatusPage.of(full.plan(), full.health(), full.at()).html());

        BrowserTab tab = browser.newTab().as(390, 900, "light").open(empty);

        assertThat(tab.eval("document.querySelector('#runs').innerText").asString())
                .contains("None is recorded.");
        assertThat(tab.complaints()).isEmpty();
    }

    private static final String APART =
            "(boxes => boxes.every((a, i) => boxes.every((b, j) => i === j || a.right <= b.left ||"
                    + " b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top)))"
                    + "([...document.querySelectorAll('#dag .box')].map(n => n.getBoundingClientRect()))";

    private static final String LUMINANCE = "var lum = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(Number)"
            + ".map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);"
            + " return 0.2126 * r + 0.7152 * g + 0.0722 * b; };";

    /** By the formula of WCAG 2. */
    private static double contrast(BrowserTab tab, String selector) {
        return tab.eval(LUMINANCE
                        + "(n => { let p = n; while (p.parentElement && getComputedStyle(p).backgroundColor ==="
                        + " 'rgba(0, 0, 0, 0)') p = p.parentElement;"
                        + " const [a, b] = [lum(getComputedStyle(n).color), lum(getComputedStyle(p).backgroundColor)]"
                        + ".sort((x, y) => y - x); return (a + 0.05) / (b + 0.05); })(document.querySelector('"
                        + selector + "'))")
                .asDouble();
    }
}
