package io.olapsync.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.StepStatus;
import io.olapsync.spi.SyncHistory;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a history promises of runs whose process died, and of old lines. */
abstract class SyncHistorySweeps {

    static final Instant NOON = Instant.parse("2026-03-01T12:00:00.123Z");
    static final Duration MINUTE = Duration.ofMinutes(1);
    static final Duration HOUR = Duration.ofHours(1);
    static final Duration MONTH = Duration.ofDays(30);

    /** The history under test, empty and always the same. */
    protected abstract SyncHistory history();

    /** Makes this much time pass on the store's own clock since everything that has been written. */
    protected abstract void passTime(Duration time);

    /** {@link #history()} does not reach the store any more. */
    protected abstract void loseStore();

    /** {@link #history()} reaches the store again. */
    protected abstract void restoreStore();

    @Test
    void silent_run_and_its_open_steps_become_abandoned() throws Exception {
        HistoryEntry.Run silent = run("plan", RunStatus.RUNNING, NOON);
        HistoryEntry.Step open = step(silent.run(), "open", StepStatus.RUNNING, NOON);
        HistoryEntry.Step done = step(silent.run(), "done", StepStatus.COMPLETED, NOON.plusSeconds(1));
        history().write(List.of(silent, open, done));
        passTime(HOUR);

        assertThat(history().sweep(MINUTE, MONTH)).containsExactly(silent.run());

        assertThat(onlyRun()).satisfies(run -> {
            assertThat(run.run()).isEqualTo(silent.run());
            assertThat(run.status()).isEqualTo(RunStatus.ABANDONED);
            assertThat(run.endedAt()).isPresent();
            assertThat(run.startedAt()).isEqualTo(silent.startedAt());
        });
        List<HistoryEntry.Step> steps = history().steps(silent.run());
        assertThat(steps.get(0).status()).isEqualTo(StepStatus.ABANDONED);
        assertThat(steps.get(0).endedAt()).isPresent();
        assertThat(steps.get(1)).as("ended before").isEqualTo(done);
    }

    @Test
    void run_is_found_abandoned_once() throws Exception {
        HistoryEntry.Run silent = run("plan", RunStatus.RUNNING, NOON);
        history().write(List.of(silent));
        passTime(HOUR);
        assertThat(history().sweep(MINUTE, MONTH)).containsExactly(silent.run());
        assertThat(history().sweep(MINUTE, MONTH)).isEmpty();
        passTime(HOUR);
        assertThat(history().sweep(MINUTE, MONTH)).isEmpty();
    }

    @Test
    void sign_of_life_keeps_a_run_from_being_abandoned() throws Exception {
        HistoryEntry.Run run = run("plan", RunStatus.RUNNING, NOON);
        history().write(List.of(run));
        for (int i = 0; i < 3; i++) {
            passTime(Duration.ofMinutes(40));
            assertThat(history().sweep(HOUR, MONTH)).isEmpty();
            history().write(List.of(run));
        }
        assertThat(onlyRun()).isEqualTo(run);
        passTime(Duration.ofMinutes(61));
        assertThat(history().sweep(HOUR, MONTH)).containsExactly(run.run());
    }

    @Test
    void ended_run_is_never_abandoned() throws Exception {
        List<HistoryEntry.Run> ended = new ArrayList<>();
        for (RunStatus status : RunStatus.values()) {
            if (status != RunStatus.RUNNING) {
                ended.add(ended(run("plan", RunStatus.RUNNING, NOON.minusSeconds(ended.size())), status));
            }
        }
        history().write(ended);
        passTime(HOUR);
        assertThat(history().sweep(MINUTE, MONTH)).isEmpty();
        assertThat(history().recentRuns("plan", 10)).isEqualTo(ended);
    }

    @Test
    void run_that_was_only_paused_goes_on() throws Exception {
        HistoryEntry.Run run = run("plan", RunStatus.RUNNING, NOON);
        HistoryEntry.Step step = step(run.run(), "s", StepStatus.RUNNING, NOON);
        history().write(List.of(run, step));
        passTime(HOUR);
        history().sweep(MINUTE, MONTH);
        HistoryEntry.Step done = step(run.run(), "s", StepStatus.COMPLETED, NOON);
        HistoryEntry.Run ended = ended(run, RunStatus.COMPLETED);
        history().write(List.of(done, ended));
        assertThat(onlyRun()).isEqualTo(ended);
        assertThat(history().steps(run.run())).containsExactly(done);
    }

    @Test
    void old_lines_go_and_younger_ones_stay() throws Exception {
        HistoryEntry.Run old = ended(run("plan", RunStatus.RUNNING, NOON.plusSeconds(9)), RunStatus.COMPLETED);
        history().write(List.of(old, step(old.run(), "s", StepStatus.COMPLETED, NOON)));
        passTime(HOUR);
        HistoryEntry.Run young = ended(run("plan", RunStatus.RUNNING, NOON), RunStatus.COMPLETED);
        HistoryEntry.Step step = step(young.run(), "s", StepStatus.COMPLETED, NOON);
        history().write(List.of(young, step));

        assertThat(history().sweep(MINUTE, Duration.ofHours(2))).isEmpty();
        assertThat(history().recentRuns("plan", 10)).as("none is old yet").hasSize(2);
        assertThat(history().sweep(MINUTE, Duration.ofMinutes(30))).isEmpty();

        assertThat(onlyRun()).isEqualTo(young);
        assertThat(history().steps(old.run())).isEmpty();
        assertThat(history().steps(young.run())).containsExactly(step);
    }

    @Test
    void run_that_died_long_ago_is_reported_before_it_goes() throws Exception {
        HistoryEntry.Run dead = run("plan", RunStatus.RUNNING, NOON);
        history().write(List.of(dead));
        passTime(MONTH.plusDays(1));
        assertThat(history().sweep(MINUTE, MONTH)).containsExactly(dead.run());
    }

    @Test
    void of_many_sweepers_each_dead_run_is_found_by_one() throws Exception {
        List<RunId> dead = new ArrayList<>();
        List<HistoryEntry> lines = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            HistoryEntry.Run run = run("plan", RunStatus.RUNNING, NOON);
            dead.add(run.run());
            lines.add(run);
            lines.add(step(run.run(), "s", StepStatus.RUNNING, NOON));
        }
        history().write(lines);
        passTime(HOUR);
        List<RunId> found = Threads.together(6, () -> history().sweep(MINUTE, MONTH)).stream()
                .flatMap(List::stream)
                .toList();
        assertThat(found).containsExactlyInAnyOrderElementsOf(dead);
    }

    private HistoryEntry.Run onlyRun() throws RefreshException {
        List<HistoryEntry.Run> runs = history().recentRuns("plan", 10);
        assertThat(runs).hasSize(1);
        return runs.get(0);
    }

    static HistoryEntry.Run run(String plan, RunStatus status, Instant startedAt) {
        return new HistoryEntry.Run(
                RunId.random(),
                plan,
                SyncKind.FULL,
                "a test",
                status,
                startedAt,
                Optional.empty(),
                "a process",
                Optional.empty());
    }

    static HistoryEntry.Run ended(HistoryEntry.Run run, RunStatus status) {
        return new HistoryEntry.Run(
                run.run(),
                run.plan(),
                run.kind(),
                run.trigger(),
                status,
                run.startedAt(),
                Optional.of(run.startedAt().plusSeconds(10)),
                run.process(),
                Optional.empty());
    }

    static HistoryEntry.Step step(RunId run, String name, StepStatus status, Instant startedAt) {
        return new HistoryEntry.Step(
                run,
                name,
                Optional.of(ViewName.parse(name)),
                status,
                startedAt,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                1,
                Optional.empty(),
                Optional.empty());
    }
}
