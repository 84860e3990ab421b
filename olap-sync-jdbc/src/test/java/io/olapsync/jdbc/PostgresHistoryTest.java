package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.RunId;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.StepStatus;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
@Tag("one-major")
class PostgresHistoryTest {

    private static final Instant START = Instant.parse("2026-03-01T03:00:00.123456Z");
    private static final Duration LONG = Duration.ofDays(30);

    private static final TestDatabase DATABASE = TestServers.postgres().newDatabase();
    private final PostgresHistory history =
            new PostgresHistory(DATABASE.pooledDataSource(), PostgresSchema.of(DATABASE.pooledDataSource()));

    @BeforeEach
    void create() throws RefreshException {
        history.recentRuns("none", 1);
    }

    @AfterEach
    void empty() {
        EmptyDatabase.reset(DATABASE);
    }

    @AfterAll
    static void drop() {
        DATABASE.close();
    }

    private static HistoryEntry.Run run(RunId id, RunStatus status, Instant startedAt) {
        Optional<Instant> end = status == RunStatus.RUNNING ? Optional.empty() : Optional.of(startedAt.plusSeconds(60));
        return new HistoryEntry.Run(
                id, "vision-olap", SyncKind.FULL, "schedule", status, startedAt, end, "host-1", Optional.empty());
    }

    private static HistoryEntry.Step step(RunId run, String name, StepStatus status) {
        return new HistoryEntry.Step(
                run,
                name,
                Optional.of(ViewName.of("public", name)),
                status,
                START,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                1,
                Optional.empty(),
                Optional.empty());
    }

    private static HistoryEntry.Step fullStep(RunId run) {
        return new HistoryEntry.Step(
                run,
                "사건 \"요약\"",
                Optional.of(ViewName.of("Über", "사건 \"요약\"")),
                StepStatus.COMPLETED,
                START,
                Optional.of(START.plusSeconds(3)),
                Optional.of(3_000_000_000L),
                Optional.of(new RowDelta(5, 6, 7)),
                Optional.of(Duration.ofSeconds(86_400 * 40L, 654_321_000)),
                Optional.of(new DataAsOf(START.minusMillis(1), "10:20:11,12")),
                3,
                Optional.of("40001"),
                Optional.of("could not serialize"),
                Optional.of(new DeltaRefresh(DeltaRefresh.Way.KEYS, "few", 25, 3)));
    }

    @Test
    void reads_back_what_was_written() throws RefreshException {
        RunId id = RunId.random();
        HistoryEntry.Run run = new HistoryEntry.Run(
                id,
                "vision-olap",
                SyncKind.EVENT,
                "case_created",
                RunStatus.FAILED,
                START,
                Optional.of(START.plusNanos(1_000)),
                "host-1",
                Optional.of("사건 실패"));
        history.write(List.of(fullStep(id), run));
        assertThat(history.recentRuns("vision-olap", 10)).containsExactly(run);
        assertThat(history.steps(id)).containsExactly(fullStep(id));
        assertThat(DATABASE.queryForString("SELECT duration::text FROM olap_sync.refresh_history"))
                .isEqualTo("960:00:00.654321");
        assertThat(DATABASE.queryForString(
                        "SELECT concat_ws(' ', way, reason, keys, drift) FROM olap_sync.refresh_history"))
                .isEqualTo("keys few 25 3");
    }

    @Test
    void times_are_kept_to_the_microsecond() throws RefreshException {
        RunId id = RunId.random();
        history.write(List.of(run(id, RunStatus.RUNNING, START.plusNanos(999))));
        assertThat(history.recentRuns("vision-olap", 1)).containsExactly(run(id, RunStatus.RUNNING, START));
    }

    @Test
    void writing_again_replaces_and_the_last_line_of_a_list_wins() throws RefreshException {
        RunId id = RunId.random();
        for (int repetition = 0; repetition < 2; repetition++) {
            history.write(List.of(
                    run(id, RunStatus.RUNNING, START),
                    step(id, "a", StepStatus.RUNNING),
                    step(id, "a", StepStatus.FAILED),
                    run(id, RunStatus.FAILED, START)));
        }
        assertThat(history.recentRuns("vision-olap", 10)).containsExactly(run(id, RunStatus.FAILED, START));
        assertThat(history.steps(id)).containsExactly(step(id, "a", StepStatus.FAILED));
    }

    @Test
    void runs_come_newest_first_and_no_more_than_asked_for() throws RefreshException {
        List<HistoryEntry.Run> runs = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            runs.add(run(RunId.random(), RunStatus.COMPLETED, START.plusSeconds(i)));
        }
        history.write(runs);
        assertThat(history.recentRuns("vision-olap", 2)).containsExactly(runs.get(4), runs.get(3));
        assertThat(history.recentRuns("another", 2)).isEmpty();
        assertThatThrownBy(() -> history.recentRuns("vision-olap", 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_list_is_written_whole_or_not_at_all() throws RefreshException {
        RunId id = RunId.random();
        DATABASE.execute("ALTER TABLE olap_sync.step ADD CHECK (step <> 'bad')");
        assertThatThrownBy(() -> history.write(List.of(
                        run(id, RunStatus.RUNNING, START),
                        step(id, "good", StepStatus.RUNNING),
                        step(id, "bad", StepStatus.RUNNING))))
                .isInstanceOf(RefreshException.class)
                .hasMessageContaining("writing the history");
        assertThat(history.recentRuns("vision-olap", 10)).isEmpty();
    }

    @Test
    void failed_write_is_told_in_one_line_with_its_cause_and_not_with_what_was_to_be_written() {
        DATABASE.execute("ALTER TABLE olap_sync.run ADD CHECK (plan <> 'vision-olap')");
        try {
            assertThatThrownBy(() -> history.write(List.of(run(RunId.random(), RunStatus.RUNNING, START))))
                    .isInstanceOf(RefreshException.class)
                    .hasMessageContaining("23514")
                    .hasMessageContaining("violates check constraint")
                    .hasMessageNotContaining("INSERT")
                    .hasMessageNotContaining("Batch entry")
                    .message()
                    .hasLineCount(1);
        } finally {
            DATABASE.execute("ALTER TABLE olap_sync.run DROP CONSTRAINT run_plan_check");
        }
    }

    @Test
    void odd_texts_do_not_keep_a_line_from_being_written() throws RefreshException {
        RunId id = RunId.random();
        String odd = "x".repeat(20_000) + "\0";
        history.write(List.of(new HistoryEntry.Run(
                id,
                "vision-olap",
                SyncKind.FULL,
                "a\0b",
                RunStatus.FAILED,
                START,
                Optional.empty(),
                "host",
                Optional.of(odd))));
        HistoryEntry.Run read = history.recentRuns("vision-olap", 1).get(0);
        assertThat(read.trigger()).isEqualTo("a\uFFFDb");
        assertThat(read.error().orElseThrow()).hasSize(10_001).endsWith("x…");
    }

    @Test
    void a_step_without_its_run_is_dropped_and_hurts_nobody() throws RefreshException {
        RunId gone = RunId.random();
        RunId id = RunId.random();
        history.write(List.of(
                step(gone, "a", StepStatus.RUNNING),
                run(id, RunStatus.RUNNING, START),
                step(id, "b", StepStatus.RUNNING)));
        assertThat(history.steps(gone)).isEmpty();
        assertThat(history.steps(id)).hasSize(1);
    }

    private void silentFor(RunId id, String interval) {
        DATABASE.update(
                "UPDATE olap_sync.run SET seen_at = clock_timestamp() - ?::interval WHERE run_id = ?",
                interval,
                id.value());
    }

    @Test
    void a_silent_run_and_its_running_steps_are_abandoned_by_the_clock_of_the_database() throws RefreshException {
        RunId dead = RunId.random();
        RunId alive = RunId.random();
        // The processes' clocks are far off; neither may decide.
        history.write(List.of(
                run(dead, RunStatus.RUNNING, Instant.parse("2099-01-01T00:00:00Z")),
                step(dead, "done", StepStatus.COMPLETED),
                step(dead, "under_way", StepStatus.RUNNING),
                run(alive, RunStatus.RUNNING, Instant.parse("1999-01-01T00:00:00Z")),
                step(alive, "under_way", StepStatus.RUNNING)));
        silentFor(dead, "61 seconds");
        silentFor(alive, "59 seconds");
        assertThat(history.sweep(Duration.ofSeconds(60), LONG)).containsExactly(dead);
        assertThat(history.sweep(Duration.ofSeconds(60), LONG)).isEmpty();
        assertThat(history.recentRuns("vision-olap", 2))
                .extracting(HistoryEntry.Run::status)
                .containsExactly(RunStatus.ABANDONED, RunStatus.RUNNING);
        assertThat(history.steps(dead))
                .extracting(HistoryEntry.Step::status)
                .containsExactly(StepStatus.COMPLETED, StepStatus.ABANDONED);
        assertThat(history.steps(dead).get(1).error().orElseThrow()).contains("no sign of life");
        assertThat(history.steps(alive)).extracting(HistoryEntry.Step::status).containsExactly(StepStatus.RUNNING);
    }

    @Test
    void a_sign_of_life_counts_from_the_last_write() throws RefreshException {
        RunId id = RunId.random();
        history.write(List.of(run(id, RunStatus.RUNNING, START)));
        silentFor(id, "1 hour");
        history.write(List.of(run(id, RunStatus.RUNNING, START)));
        assertThat(history.sweep(Duration.ofMinutes(1), LONG)).isEmpty();
    }

    @Test
    void an_abandoned_run_that_lives_repairs_itself() throws RefreshException {
        RunId id = RunId.random();
        history.write(List.of(run(id, RunStatus.RUNNING, START), step(id, "a", StepStatus.RUNNING)));
        silentFor(id, "1 hour");
        assertThat(history.sweep(Duration.ofMinutes(1), LONG)).containsExactly(id);
        history.write(List.of(run(id, RunStatus.COMPLETED, START), step(id, "a", StepStatus.COMPLETED)));
        assertThat(history.recentRuns("vision-olap", 1)).containsExactly(run(id, RunStatus.COMPLETED, START));
        assertThat(history.steps(id)).containsExactly(step(id, "a", StepStatus.COMPLETED));
    }

    @Test
    void old_runs_go_with_their_steps_and_running_ones_stay() throws RefreshException {
        List<HistoryEntry> entries = new ArrayList<>();
        for (int i = 0; i < 250; i++) {
            RunId id = RunId.random();
            entries.add(run(id, RunStatus.COMPLETED, START));
            entries.add(step(id, "a", StepStatus.COMPLETED));
        }
        history.write(entries);
        RunId running = RunId.random();
        RunId young = RunId.random();
        history.write(List.of(run(running, RunStatus.RUNNING, START), run(young, RunStatus.COMPLETED, START)));
        DATABASE.execute("UPDATE olap_sync.run SET seen_at = clock_timestamp() - interval '31 days'");
        silentFor(young, "29 days");
        assertThat(history.sweep(Duration.ofDays(365), LONG)).isEmpty();
        assertThat(history.recentRuns("vision-olap", 10))
                .extracting(HistoryEntry::run)
                .containsExactlyInAnyOrder(running, young);
        assertThat(DATABASE.queryForLong("SELECT count(*) FROM olap_sync.step")).isZero();
    }

    @Test
    void each_abandoned_run_is_reported_to_one_of_many_sweepers() throws Exception {
        List<HistoryEntry> entries = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            entries.add(run(RunId.random(), RunStatus.RUNNING, START));
        }
        history.write(entries);
        DATABASE.execute("UPDATE olap_sync.run SET seen_at = clock_timestamp() - interval '1 hour'");
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            Callable<List<RunId>> sweep = () -> new PostgresHistory(
                            DATABASE.pooledDataSource(), PostgresSchema.of(DATABASE.pooledDataSource()))
                    .sweep(Duration.ofMinutes(1), LONG);
            List<RunId> reported = new ArrayList<>();
            for (Future<List<RunId>> swept : threads.invokeAll(List.of(sweep, sweep, sweep, sweep))) {
                reported.addAll(swept.get());
            }
            reported.addAll(history.sweep(Duration.ofMinutes(1), LONG));
            assertThat(reported)
                    .containsExactlyInAnyOrderElementsOf(
                            entries.stream().map(HistoryEntry::run).toList());
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void a_sweep_waits_for_nobody() throws Exception {
        RunId id = RunId.random();
        history.write(List.of(run(id, RunStatus.RUNNING, START)));
        silentFor(id, "1 hour");
        try (Connection writer = DATABASE.connect();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            statement.execute("UPDATE olap_sync.run SET error = 'being written'");
            assertThat(history.sweep(Duration.ofMinutes(1), LONG)).isEmpty();
            writer.rollback();
        }
        assertThat(history.sweep(Duration.ofMinutes(1), LONG)).containsExactly(id);
    }

    @Test
    void the_longest_durations_are_not_too_long() throws RefreshException {
        assertThat(history.sweep(Duration.ofSeconds(Long.MAX_VALUE), Duration.ofSeconds(Long.MAX_VALUE)))
                .isEmpty();
    }
}
