package io.olapsync.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.olapsync.spi.Alert;
import io.olapsync.spi.Incident;
import io.olapsync.spi.IncidentCause;
import io.olapsync.spi.IncidentKey;
import io.olapsync.spi.IncidentKey.Topic;
import io.olapsync.spi.NotificationException;
import io.olapsync.spi.Notifier;
import io.olapsync.spi.RunId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link Notifier} promises. */
@Timeout(90)
public abstract class NotifierContract {

    /** The moment of every message here. */
    protected static final Instant AT = Instant.parse("2026-03-01T03:20:00Z");

    private static final RunId RUN = RunId.random();

    /** The notifier, with secrets where it can have any, and patient for a second or so. */
    protected abstract Notifier notifier();

    /** The messages that its receiver took so far, oldest first, as people read them. */
    protected abstract List<String> received();

    /** From now on its receiver cannot be reached, or is not able to take anything for now. */
    protected abstract void away();

    /** From now on its receiver refuses, and will go on doing so until somebody mends something. */
    protected abstract void refusing();

    /** From now on its receiver takes connections and does not answer. */
    protected abstract void hanging();

    /** From now on its receiver takes messages again. */
    protected abstract void back();

    /** What must not be shown to anybody. */
    protected abstract List<String> secrets();

    @Test
    void message_of_a_failure_says_what_failed_and_what_to_do() throws Exception {
        notifier().send(opened("mv_umsatz", "division by zero"));
        assertThat(received())
                .singleElement()
                .satisfies(text -> assertThat(text)
                        .contains("vision-olap", "mv_umsatz", "division by zero", "22012", "mend the definition")
                        .contains(
                                RUN.toString(),
                                "4 attempts",
                                "3 times",
                                "2026-03-01T03:00:00Z",
                                "2026-02-28T03:00:00Z"));
    }

    @Test
    void message_of_a_recovery_says_how_long_it_failed() throws Exception {
        Incident failed = incident("mv_umsatz", "division by zero");
        Incident over = new Incident(
                1, failed.key(), failed.cause(), failed.openedAt(), failed.lastAt(), Optional.of(AT), failed.times());
        notifier().send(new Alert(Alert.Kind.RECOVERED, "vision-olap", List.of(item(over)), "1@host", AT));
        assertThat(received())
                .singleElement()
                .satisfies(text -> assertThat(text).contains("RECOVERED", "mv_umsatz", "20 min", "3 times"));
    }

    @Test
    void summary_of_a_flood_is_one_message_with_the_number() throws Exception {
        List<Alert.Item> items = IntStream.range(0, 1_000)
                .mapToObj(i -> item(incident("mv_" + i, "No space left on device")))
                .toList();
        notifier().send(new Alert(Alert.Kind.SUMMARY, "vision-olap", items, "1@host", AT));
        assertThat(received())
                .singleElement()
                .satisfies(text -> assertThat(text)
                        .contains("1000 FAILED", "mv_0", "No space left on device")
                        .hasSizeLessThan(6_000));
    }

    @Test
    void names_and_errors_are_text_whatever_they_contain() throws Exception {
        String name = "\"매출\r\nBcc: thief@example.org\r\n\r\n<!channel> & <https://evil.example|x>\u202e\u200f\u061c\"";
        notifier().send(opened(name, "first\nsecond\u0000 <b> \"quoted\" \\ 한국어 \ud83d\ude00"));
        notifier().send(opened("mv_next", "next"));
        assertThat(received()).hasSize(2);
        assertThat(received().get(0))
                .contains("매출", "한국어", "first", "second", "\ud83d\ude00", "<!channel> & <https://evil.example|x>")
                .doesNotContain("\nBcc", "\u202e", "\u200f", "\u061c", "\u0000");
        assertThat(received().get(1)).contains("mv_next");
    }

    @Test
    void error_of_any_length_is_cut_and_sent() throws Exception {
        notifier().send(opened("mv_long".repeat(1_000), "<&>\ud83d\ude00".repeat(300_000)));
        assertThat(received())
                .singleElement()
                .satisfies(text -> assertThat(text).contains("mv_long", "<&>").hasSizeLessThan(10_000));
    }

    @Test
    void receiver_that_is_away_is_told_later() throws Exception {
        away();
        NotificationException failure = failure();
        assertThat(failure.mayBeRetried()).isTrue();
        back();
        notifier().send(opened("mv_umsatz", "later"));
        assertThat(received()).last().asString().contains("later");
    }

    @Test
    void receiver_that_refuses_need_not_be_asked_again() throws Exception {
        refusing();
        NotificationException failure = failure();
        assertThat(failure.mayBeRetried()).isFalse();
        back();
        notifier().send(opened("mv_umsatz", "mended"));
        assertThat(received()).last().asString().contains("mended");
    }

    @Test
    void receiver_that_does_not_answer_is_waited_for_so_long_only() throws Exception {
        hanging();
        long began = System.nanoTime();
        assertThat(failure().mayBeRetried()).isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(60));
        back();
        notifier().send(opened("mv_umsatz", "awake"));
        assertThat(received()).last().asString().contains("awake");
    }

    @Test
    void secrets_are_shown_nowhere() {
        away();
        String shown = notifier() + "\n" + notifier().name() + "\n" + everything(failure());
        refusing();
        shown += everything(failure());
        hanging();
        shown += everything(failure());
        assertThat(shown).doesNotContain(secrets());
    }

    @Test
    void its_name_is_always_the_same() {
        assertThat(notifier().name()).isNotBlank().hasSizeLessThanOrEqualTo(100);
        assertThat(notifier().name()).isEqualTo(notifier().name());
    }

    @Test
    void many_threads_send_at_once() throws Exception {
        Threads.together(8, () -> {
            notifier().send(opened("mv_umsatz", "from many"));
            return true;
        });
        assertThat(received()).hasSize(8).allSatisfy(text -> assertThat(text).contains("from many"));
    }

    private NotificationException failure() {
        NotificationException failure = catchThrowableOfType(
                NotificationException.class, () -> notifier().send(opened("mv_umsatz", "not taken")));
        assertThat(failure).as("the message must not count as sent").isNotNull();
        return failure;
    }

    private static String everything(Throwable failure) {
        StringBuilder text = new StringBuilder();
        for (Throwable next = failure; next != null; next = next.getCause()) {
            text.append(next).append('\n');
            for (Throwable suppressed : next.getSuppressed()) {
                text.append(suppressed).append('\n');
            }
        }
        return text.toString();
    }

    /** A message that a view cannot be refreshed. */
    protected static Alert opened(String view, String error) {
        return new Alert(Alert.Kind.OPENED, "vision-olap", List.of(item(incident(view, error))), "1@host", AT);
    }

    private static Alert.Item item(Incident incident) {
        return new Alert.Item(incident, Optional.of(Instant.parse("2026-02-28T03:00:00Z")));
    }

    private static Incident incident(String view, String error) {
        IncidentCause cause = new IncidentCause(
                Optional.of(RUN), 4, error, Optional.of("22012"), Optional.of("mend the definition"), "2@other");
        Instant since = Instant.parse("2026-03-01T03:00:00Z");
        IncidentKey key = new IncidentKey("vision-olap", Topic.REFRESH, view);
        return new Incident(1, key, cause, since, since.plusSeconds(600), Optional.empty(), 3);
    }
}
