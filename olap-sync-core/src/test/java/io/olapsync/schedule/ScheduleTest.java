package io.olapsync.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.Selection;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScheduleTest {

    private static final Instant TICK = Instant.parse("2026-03-01T03:00:00Z");

    @Test
    void schedule_is_for_all_views_in_utc_and_skips_what_it_missed() {
        Schedule nightly = Schedule.of("nightly", "0 3 * * *");
        assertThat(nightly.zone()).isEqualTo(ZoneOffset.UTC);
        assertThat(nightly.selection()).isEqualTo(Selection.all());
        assertThat(nightly.misfire()).isEqualTo(Misfire.SKIP);
        assertThat(nightly.grace()).isEqualTo(Duration.ofMinutes(5));
        assertThat(nightly.next(TICK)).isEqualTo("2026-03-02T03:00:00Z");
        assertThat(nightly.startOf(TICK, "p")).isEqualTo(TICK);
        assertThat(nightly.text()).isEqualTo("0 3 * * * UTC");
    }

    @Test
    void text_says_what_differs() {
        assertThat(Schedule.of("n", "0 3 * * *")
                        .in("Europe/Berlin")
                        .selecting("+fact")
                        .withJitter(Duration.ofMinutes(2))
                        .onMisfire(Misfire.RUN_ONCE)
                        .text())
                .isEqualTo("0 3 * * * Europe/Berlin, +fact, jitter 2m, missed: run once");
    }

    @Test
    void jitter_is_the_same_each_time_bounded_and_differs_between_ticks_and_plans() {
        Schedule nightly = Schedule.of("nightly", "0 3 * * *").withJitter(Duration.ofMinutes(10));
        Set<Duration> drawn = new HashSet<>();
        Instant tick = TICK;
        for (int i = 0; i < 200; i++, tick = nightly.next(tick)) {
            Duration offset = Duration.between(tick, nightly.startOf(tick, "p"));
            assertThat(offset).isBetween(Duration.ZERO, Duration.ofMinutes(10));
            assertThat(nightly.startOf(tick, "p")).isEqualTo(tick.plus(offset));
            drawn.add(offset.truncatedTo(java.time.temporal.ChronoUnit.MINUTES));
        }
        assertThat(drawn).as("spread over all of it").hasSizeGreaterThanOrEqualTo(10);
        assertThat(nightly.startOf(TICK, "p")).isNotEqualTo(nightly.startOf(TICK, "another"));
    }

    @Test
    void jitter_never_reaches_the_next_tick() {
        Schedule minutely = Schedule.of("m", "* * * * *").withJitter(Duration.ofHours(1));
        Instant tick = TICK;
        for (int i = 0; i < 200; i++, tick = minutely.next(tick)) {
            assertThat(minutely.startOf(tick, "p")).isBetween(tick, tick.plusSeconds(30));
        }
    }

    @Test
    void what_cannot_be_is_refused_with_the_rule() {
        Schedule nightly = Schedule.of("nightly", "0 3 * * *");
        assertThatThrownBy(() -> Schedule.of(" ", "0 3 * * *")).hasMessageContaining("1 to 100 characters");
        assertThatThrownBy(() -> Schedule.of("a\nb", "0 3 * * *")).hasMessageContaining("control character");
        assertThatThrownBy(() -> Schedule.of("target lag of x", "0 3 * * *")).hasMessageContaining("the engine's own");
        assertThatThrownBy(() -> Schedule.of("x", "0 3 * *")).hasMessageContaining("4 fields");
        assertThatThrownBy(() -> nightly.withJitter(Duration.ofMillis(-1)))
                .hasMessage("schedule 'nightly': the jitter must be between 0 and 366 days, not PT-0.001S");
        assertThatThrownBy(() -> nightly.withGrace(Duration.ZERO)).hasMessageContaining("grace");
        assertThatThrownBy(() -> nightly.in("Mars/Base")).hasMessageContaining("Mars/Base");
        assertThatThrownBy(() -> nightly.selecting("tag:")).isInstanceOf(IllegalArgumentException.class);
    }
}
