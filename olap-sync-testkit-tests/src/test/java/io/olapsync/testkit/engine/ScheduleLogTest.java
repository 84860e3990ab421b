package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.schedule.Schedule;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RunId;
import io.olapsync.spi.TickClaim;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** What the log says of schedules and target lags: each once. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ScheduleLogTest extends ScheduledEngines {

    private final Logger logger = (Logger) LoggerFactory.getLogger("io.olapsync.internal");
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void listen() {
        lines.start();
        logger.setLevel(Level.INFO);
        logger.addAppender(lines);
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(lines);
        logger.setLevel(null);
    }

    private List<String> with(String text) {
        return List.copyOf(lines.list).stream()
                .filter(line -> line.getLevel().isGreaterOrEqual(Level.INFO))
                .map(line -> line.getLevel() + " " + line.getFormattedMessage())
                .filter(line -> line.contains(text))
                .toList();
    }

    @Test
    void tick_that_is_run_is_one_line_with_its_run_however_many_processes_look() {
        VirtualEngine engine = engine(NIGHTLY);
        engine.sync.start();
        another(engine, NIGHTLY).start();
        engine.clock.advance(DAY.plusHours(1));
        assertThat(with("Schedule"))
                .containsExactly("INFO Schedule 'nightly': run "
                        + runs(engine).get(0).run() + " for the tick of 2026-03-02T03:00:00Z");
        assertThat(with("")).as("with the begin and the end of the run").hasSize(3);
    }

    @Test
    void tick_that_is_missed_is_one_warning_with_the_reason() {
        Schedule hourly = Schedule.of("hourly", "0 * * * *");
        VirtualEngine engine = engine(hourly);
        engine.sync.start();
        another(engine, hourly).start();
        engine.clock.advance(Duration.ofMinutes(30));
        engine.fakes.warehouse().stepClock(Duration.ofHours(2).plusMinutes(40)); // 06:10
        engine.clock.advance(Duration.ofMinutes(10));
        assertThat(with("Schedule"))
                .singleElement()
                .asString()
                .startsWith("WARN Schedule 'hourly': the tick of 2026-03-01T06:00:00Z was missed: noticed 10m");
    }

    @Test
    void tick_that_is_left_out_is_one_warning_with_the_run_that_has_not_ended() {
        Schedule often = Schedule.of("often", "*/4 * * * *");
        VirtualEngine engine = engine(often);
        engine.sync.start();
        engine.fakes.executor().fail(view("a"), Kind.TRANSIENT, 1); // tried again after 5 minutes
        engine.clock.advance(Duration.ofMinutes(11));
        assertThat(with("left out"))
                .singleElement()
                .asString()
                .startsWith("WARN Schedule 'often': the tick of 2026-03-01T03:08:00Z was left out: run ");
    }

    @Test
    void store_of_ticks_that_is_away_is_one_warning_and_one_line_when_it_is_back() {
        VirtualEngine engine = engine(NIGHTLY);
        engine.sync.start();
        engine.clock.advance(Duration.ofHours(1));
        engine.fakes.ticks().away(true);
        engine.clock.advance(Duration.ofHours(1));
        engine.fakes.ticks().away(false);
        engine.clock.advance(Duration.ofHours(1));
        assertThat(with(""))
                .containsExactly(
                        "WARN The ticks of schedules cannot be read; tried again until they can: the ticks are away",
                        "INFO The ticks of schedules can be read again");
    }

    @Test
    void run_that_was_claimed_and_never_began_is_one_warning_with_who_claimed_it() throws Exception {
        VirtualEngine engine = engine(NIGHTLY);
        engine.sync.start();
        another(engine, NIGHTLY).start();
        engine.clock.advance(DAY.minusSeconds(10));
        Instant tick = Instant.parse("2026-03-02T03:00:00Z");
        engine.fakes
                .ticks()
                .claim(new TickClaim("p", "nightly", tick, Optional.of(RunId.random()), "7@dead", ""), Duration.ZERO);
        engine.clock.advance(Duration.ofHours(2));
        assertThat(with(""))
                .containsExactly("WARN Schedule 'nightly': 7@dead claimed the tick of 2026-03-02T03:00:00Z and never"
                        + " began its run");
    }

    @Test
    void target_lag_that_is_not_held_is_one_warning_and_one_line_when_it_is() {
        SyncPlan plan = SyncPlan.named("p")
                .view("a", v -> v.targetLag(Duration.ofMinutes(10)))
                .build();
        VirtualEngine engine = new VirtualEngine(plan);
        open.add(engine);
        OlapSync sync = engine.sync;
        sync.start();
        engine.fakes.warehouse().takes(view("a"), Duration.ofMinutes(6));
        for (int i = 0; i < 400; i++) {
            if (i == 200) {
                engine.fakes.warehouse().takes(view("a"), Duration.ofSeconds(1));
            }
            engine.fakes.warehouse().sourceRows(i, view("a"));
            engine.clock.advance(Duration.ofSeconds(30));
        }
        assertThat(with("target lag of"))
                .satisfiesExactly(
                        line -> assertThat(line)
                                .startsWith("WARN a cannot be held to its target lag of 10m: its refresh, and those of"
                                        + " what it reads, take 6m"),
                        line -> assertThat(line).isEqualTo("INFO a holds its target lag of 10m again"));
    }
}
