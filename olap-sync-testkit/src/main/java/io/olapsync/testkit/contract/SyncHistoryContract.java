package io.olapsync.testkit.contract;

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
import io.olapsync.spi.SyncHistory;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link SyncHistory} promises; that dead runs are found and old lines go is in its superclass. */
@Timeout(60)
public abstract class SyncHistoryContract extends SyncHistorySweeps {

    @Test
    void run_is_read_back_as_it_was_written() throws Exception {
        HistoryEntry.Run open = run("plan 매출", RunStatus.RUNNING, NOON);
        HistoryEntry.Run ended = new HistoryEntry.Run(
                RunId.random(),
                "plan 매출",
                SyncKind.EVENT,
                "event 'case_created'",
                RunStatus.FAILED,
                NOON.plusSeconds(1),
                Optional.of(NOON.plusSeconds(2)),
                "host-1 (pid 42)",
                Optional.of("mv: it broke\n  \"badly\""));
        history().write(List.of(open, ended));
        assertThat(history().recentRuns("plan 매출", 10)).containsExactly(ended, open);
        assertThat(history().run(ended.run())).contains(ended);
        assertThat(history().run(RunId.random())).isEmpty();
    }

    @Test
    void step_is_read_back_as_it_was_written() throws Exception {
        HistoryEntry.Run run = run("plan", RunStatus.RUNNING, NOON);
        HistoryEntry.Step bare = step(run.run(), "validate", StepStatus.RUNNING, NOON);
        HistoryEntry.Step full = new HistoryEntry.Step(
                run.run(),
                "mv",
                Optional.of(Names.AWKWARD.get(5)),
                StepStatus.FAILED,
                NOON.plusSeconds(1),
                Optional.of(NOON.plusSeconds(3)),
                Optional.of(0L),
                Optional.of(new RowDelta(1, 2, 3)),
                Optional.of(Duration.ofMillis(1500)),
                Optional.of(new DataAsOf(NOON.minusSeconds(1), "10:20:10,14")),
                3,
                Optional.of("40001"),
                Optional.of("could not serialize"));
        history().write(List.of(run, bare, full));
        assertThat(history().steps(run.run())).containsExactly(bare, full);
    }

    @Test
    void how_a_delta_table_was_refreshed_is_read_back_each_way() throws Exception {
        HistoryEntry.Run run = run("plan", RunStatus.RUNNING, NOON);
        List<HistoryEntry.Step> steps = new ArrayList<>();
        for (DeltaRefresh.Way way : DeltaRefresh.Way.values()) {
            steps.add(deltaStep(run, "mv_" + way, new DeltaRefresh(way, "because of \"매출\"", 25 + steps.size(), 0)));
        }
        steps.add(deltaStep(run, "mv_z", new DeltaRefresh(DeltaRefresh.Way.FULL, "", 0, 3_000_000_000L)));
        history().write(List.of(run));
        history().write(steps);

        assertThat(history().steps(run.run())).containsExactlyInAnyOrderElementsOf(steps);
        ViewName view = steps.get(0).view().orElseThrow();
        assertThat(history().latest(List.of(view))).containsEntry(view, steps.get(0));

        HistoryEntry.Step again = step(run.run(), steps.get(0).step(), StepStatus.COMPLETED, NOON);
        history().write(List.of(again));
        assertThat(history().steps(run.run())).contains(again).doesNotContain(steps.get(0));
    }

    private static HistoryEntry.Step deltaStep(HistoryEntry.Run run, String view, DeltaRefresh how) {
        return new HistoryEntry.Step(
                run.run(),
                view,
                Optional.of(ViewName.parse(view)),
                StepStatus.COMPLETED,
                NOON,
                Optional.of(NOON.plusSeconds(1)),
                Optional.of(10L),
                Optional.of(new RowDelta(1, 2, 3)),
                Optional.of(Duration.ofSeconds(1)),
                Optional.of(new DataAsOf(NOON, "10:20:")),
                1,
                Optional.empty(),
                Optional.empty(),
                Optional.of(how));
    }

    @Test
    void every_status_and_kind_can_be_written() throws Exception {
        HistoryEntry.Run run = run("plan", RunStatus.RUNNING, NOON);
        for (RunStatus status : RunStatus.values()) {
            history().write(List.of(run("plan of " + status, status, NOON)));
            assertThat(history().recentRuns("plan of " + status, 1))
                    .extracting(HistoryEntry.Run::status)
                    .containsExactly(status);
        }
        history().write(List.of(run));
        for (StepStatus status : StepStatus.values()) {
            history().write(List.of(step(run.run(), "s", status, NOON)));
            assertThat(history().steps(run.run()))
                    .extracting(HistoryEntry.Step::status)
                    .containsExactly(status);
        }
    }

    @Test
    void last_completed_run_is_of_its_plan_and_kind_however_many_came_after_it() throws Exception {
        HistoryEntry.Run wanted = run("plan", RunStatus.COMPLETED, NOON);
        history().write(List.of(wanted, run("plan", RunStatus.COMPLETED, NOON.minusSeconds(1))));
        for (int i = 1; i <= 5; i++) {
            history()
                    .write(List.of(
                            run("plan", RunStatus.FAILED, NOON.plusSeconds(i)),
                            run("another", RunStatus.COMPLETED, NOON.plusSeconds(i))));
        }
        assertThat(history().lastCompleted("plan", SyncKind.FULL)).contains(wanted);
        assertThat(history().lastCompleted("plan", SyncKind.INCREMENTAL)).isEmpty();
    }

    @Test
    void recent_runs_are_of_the_plan_newest_first_and_no_more_than_asked_for() throws Exception {
        List<HistoryEntry.Run> runs = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            runs.add(run("plan", RunStatus.COMPLETED, NOON.plusSeconds(i)));
        }
        List<HistoryEntry.Run> shuffled = List.of(runs.get(3), runs.get(0), runs.get(4), runs.get(2), runs.get(1));
        history().write(shuffled);
        history().write(List.of(run("another", RunStatus.COMPLETED, NOON.plusSeconds(9))));
        Collections.reverse(runs);
        assertThat(history().recentRuns("plan", 100)).isEqualTo(runs);
        assertThat(history().recentRuns("plan", 2)).isEqualTo(runs.subList(0, 2));
        assertThat(history().recentRuns("nothing of the kind", 10)).isEmpty();
    }

    @Test
    void steps_are_of_the_run_in_the_order_in_which_they_began() throws Exception {
        HistoryEntry.Run run = run("plan", RunStatus.RUNNING, NOON);
        HistoryEntry.Run other = run("plan", RunStatus.RUNNING, NOON);
        HistoryEntry.Step third = step(run.run(), "a", StepStatus.COMPLETED, NOON.plusSeconds(3));
        HistoryEntry.Step first = step(run.run(), "b", StepStatus.COMPLETED, NOON.plusSeconds(1));
        HistoryEntry.Step second = step(run.run(), "c", StepStatus.COMPLETED, NOON.plusSeconds(2));
        HistoryEntry.Step others = step(other.run(), "a", StepStatus.COMPLETED, NOON);
        history().write(List.of(run, other, third, others, first));
        history().write(List.of(second));
        assertThat(history().steps(run.run())).containsExactly(first, second, third);
        assertThat(history().steps(other.run())).containsExactly(others);
        assertThat(history().steps(RunId.random())).isEmpty();
        assertThat(history().steps(List.of(other.run(), RunId.random(), run.run())))
                .isEqualTo(Map.of(run.run(), List.of(first, second, third), other.run(), List.of(others)));
        assertThat(history().steps(List.of())).isEmpty();
    }

    @Test
    void latest_is_the_last_success_or_failure_of_each_view_in_whatever_run() throws Exception {
        HistoryEntry.Run early = run("plan", RunStatus.COMPLETED, NOON);
        HistoryEntry.Run late = run("another", RunStatus.RUNNING, NOON.plusSeconds(60));
        HistoryEntry.Step failed = step(late.run(), "a", StepStatus.FAILED, NOON.plusSeconds(61));
        HistoryEntry.Step completed = step(early.run(), "b", StepStatus.COMPLETED, NOON.plusSeconds(2));
        history()
                .write(List.of(
                        late,
                        failed,
                        step(late.run(), "b", StepStatus.SKIPPED, NOON.plusSeconds(62)),
                        early,
                        step(early.run(), "a", StepStatus.COMPLETED, NOON.plusSeconds(1)),
                        completed,
                        step(early.run(), "c", StepStatus.RUNNING, NOON.plusSeconds(3))));
        List<ViewName> views =
                Stream.of("a", "b", "c", "d").map(ViewName::parse).toList();
        assertThat(history().latest(views)).isEqualTo(Map.of(views.get(0), failed, views.get(1), completed));
        assertThat(history().latest(List.of())).isEmpty();
    }

    @Test
    void line_replaces_an_earlier_one_of_the_same_identity() throws Exception {
        HistoryEntry.Run run = run("plan", RunStatus.RUNNING, NOON);
        HistoryEntry.Run ended = ended(run, RunStatus.COMPLETED);
        HistoryEntry.Step step = step(run.run(), "s", StepStatus.RUNNING, NOON);
        HistoryEntry.Step done = step(run.run(), "s", StepStatus.COMPLETED, NOON.plusSeconds(1));
        history().write(List.of(run, step));
        history().write(List.of(done, ended));
        assertThat(history().recentRuns("plan", 10)).containsExactly(ended);
        assertThat(history().steps(run.run())).containsExactly(done);
        history().write(List.of(done, ended));
        assertThat(history().recentRuns("plan", 10)).as("repeated").containsExactly(ended);
        assertThat(history().steps(run.run())).as("repeated").containsExactly(done);
    }

    @Test
    void of_two_lines_with_one_identity_in_one_write_the_later_stays() throws Exception {
        HistoryEntry.Run run = run("plan", RunStatus.RUNNING, NOON);
        HistoryEntry.Run ended = ended(run, RunStatus.CANCELLED);
        HistoryEntry.Step step = step(run.run(), "s", StepStatus.RUNNING, NOON);
        HistoryEntry.Step skipped = step(run.run(), "s", StepStatus.SKIPPED, NOON);
        history().write(List.of(run, step, skipped, ended));
        assertThat(history().recentRuns("plan", 10)).containsExactly(ended);
        assertThat(history().steps(run.run())).containsExactly(skipped);
    }

    @Test
    void nothing_may_be_written() throws Exception {
        history().write(List.of());
        assertThat(history().recentRuns("plan", 10)).isEmpty();
    }

    @Test
    void failed_write_wrote_nothing_and_can_be_repeated() throws Exception {
        HistoryEntry.Run run = run("plan", RunStatus.RUNNING, NOON);
        HistoryEntry.Step step = step(run.run(), "s", StepStatus.RUNNING, NOON);
        loseStore();
        assertThatThrownBy(() -> history().write(List.of(run, step))).isInstanceOf(RefreshException.class);
        restoreStore();
        assertThat(history().recentRuns("plan", 10)).isEmpty();
        assertThat(history().steps(run.run())).isEmpty();
        history().write(List.of(run, step));
        assertThat(history().recentRuns("plan", 10)).containsExactly(run);
        assertThat(history().steps(run.run())).containsExactly(step);
    }

    @Test
    void store_that_cannot_be_asked_is_a_failure_and_not_an_empty_answer() {
        loseStore();
        assertThatThrownBy(() -> history().recentRuns("plan", 1)).isInstanceOf(RefreshException.class);
        assertThatThrownBy(() -> history().run(RunId.random())).isInstanceOf(RefreshException.class);
        assertThatThrownBy(() -> history().steps(RunId.random())).isInstanceOf(RefreshException.class);
        assertThatThrownBy(() -> history().sweep(MINUTE, MONTH)).isInstanceOf(RefreshException.class);
    }

    @Test
    void many_threads_write_the_same_lines_in_any_order() throws Exception {
        List<HistoryEntry> lines = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            HistoryEntry.Run run = run("plan", RunStatus.RUNNING, NOON.plusSeconds(i));
            lines.add(run);
            lines.add(step(run.run(), "s", StepStatus.RUNNING, NOON));
        }
        List<HistoryEntry> backwards = new ArrayList<>(lines);
        Collections.reverse(backwards);
        history().write(lines);
        List<Callable<Boolean>> writers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            List<HistoryEntry> mine = i % 2 == 0 ? lines : backwards;
            writers.add(() -> {
                for (int round = 0; round < 5; round++) {
                    history().write(mine);
                }
                return true;
            });
        }
        assertThat(Threads.together(writers)).containsOnly(true);
        assertThat(history().recentRuns("plan", 100)).hasSize(20);
    }

    @Test
    void times_of_the_writer_are_kept_however_wrong_its_clock() throws Exception {
        for (Instant time : List.of(Instant.parse("1999-12-31T23:59:59.123Z"), Instant.parse("2999-01-01T00:00:00Z"))) {
            HistoryEntry.Run run = run("plan of " + time, RunStatus.RUNNING, time);
            history().write(List.of(run));
            assertThat(history().sweep(MINUTE, MONTH)).isEmpty();
            assertThat(history().recentRuns("plan of " + time, 1)).containsExactly(run);
        }
    }
}
