package io.olapsync.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.StepReport;
import io.olapsync.SyncReport;
import io.olapsync.spi.StepOutcome;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls each benchmark once, smallest size, so that none of them rots between two measurements. Times nothing. */
class BenchmarksRunTest {

    @ParameterizedTest
    @EnumSource(PlanShape.class)
    void engine_and_futures_refresh_the_whole_plan(PlanShape shape) {
        EngineBenchmark benchmark = new EngineBenchmark();
        benchmark.shape = shape;
        benchmark.views = 10;
        benchmark.setUp();
        try {
            assertThat(refreshed(benchmark.engine())).isEqualTo(10);
            assertThat(benchmark.futures()).isEqualTo(10);
            assertThat(benchmark.handWritten()).isEqualTo(10);
        } finally {
            benchmark.tearDown();
        }
    }

    @Test
    void both_full_runs_on_the_servers_refresh_every_view() throws Exception {
        AdapterOverheadBenchmark benchmark = new AdapterOverheadBenchmark();
        benchmark.views = SmallStars.VIEWS;
        benchmark.setUp();
        try {
            benchmark.changeSource();
            SyncReport report = benchmark.olapSync();
            assertThat(refreshed(report)).isEqualTo(SmallStars.VIEWS);
            assertThat(report.steps())
                    .filteredOn(step -> step.outcome() instanceof StepOutcome.Refreshed)
                    .as("the change of the source reaches every view, so that every cache is invalidated")
                    .allMatch(step ->
                            ((StepOutcome.Refreshed) step.outcome()).result().mayHaveChanged());
            benchmark.changeSource();
            assertThat(benchmark.bareStatements()).isEqualTo(SmallStars.VIEWS);
        } finally {
            benchmark.tearDown();
        }
    }

    @Test
    void engine_and_bare_loop_read_and_acknowledge_every_event() throws Exception {
        EventThroughputBenchmark benchmark = new EventThroughputBenchmark();
        benchmark.setUp(2_500);
        try {
            benchmark.begin();
            assertThat(benchmark.bareLoop()).isEqualTo(2_500);
            assertThat(benchmark.pending()).isZero();
            benchmark.closeEngine();

            benchmark.begin();
            assertThat(benchmark.covered()).as("refreshes").isZero();
            assertThat(benchmark.pending()).isZero();
            benchmark.closeEngine();

            benchmark.begin();
            assertThat(benchmark.burst()).as("refreshes").isGreaterThanOrEqualTo(6);
            assertThat(benchmark.pending()).isZero();
            assertThat(benchmark.sinceLastRead())
                    .as("a refresh may have begun before the last read, where that was late")
                    .isPositive();
        } finally {
            benchmark.closeEngine();
            benchmark.tearDown();
        }
    }

    @Test
    void engine_and_loop_are_measured_in_the_midst_of_a_backlog() throws Exception {
        HeldEventsBenchmark benchmark = new HeldEventsBenchmark();
        HeldEventsBenchmark.Backlog backlog = new HeldEventsBenchmark.Backlog();
        HeldEventsBenchmark.Engine engine = new HeldEventsBenchmark.Engine();
        HeldEventsBenchmark.Loop loop = new HeldEventsBenchmark.Loop();
        backlog.fill(1_000);
        try {
            loop.begin(backlog);
            assertThat(benchmark.bareLoop(backlog, loop)).isEqualTo(51_000);
            engine.begin(backlog);
            assertThat(benchmark.refreshed(backlog, engine)).as("refreshes").isGreaterThanOrEqualTo(6);
        } finally {
            engine.close();
            backlog.close();
        }
    }

    @Test
    void backlog_is_looked_at_from_its_beginning_to_its_end() throws Exception {
        List<BacklogBenchmark.Look> looks = new BacklogBenchmark().looks(2_000, true);

        assertThat(looks).hasSize(11).allMatch(look -> look.usedBytes() > 0);
        assertThat(looks.get(0).acknowledged()).isZero();
        assertThat(looks.get(10).acknowledged()).isEqualTo(2_000);
    }

    @ParameterizedTest
    @EnumSource(names = "JOIN_FACT") // each begins with a server of its own
    void delta_table_and_both_refreshes_show_a_change(DeltaShape shape) throws Exception {
        DeltaTableBenchmark benchmark = new DeltaTableBenchmark();
        benchmark.shape = shape;
        benchmark.stakeholders = 400;
        benchmark.share = 0.01;
        benchmark.setUp();
        try {
            benchmark.change();
            assertThat(benchmark.delta().delta().orElseThrow().updated()).isPositive();
            benchmark.plain();
            benchmark.concurrently();
            assertThat(benchmark.differences()).isZero();
        } finally {
            benchmark.tearDown();
        }
    }

    @Test
    void delta_table_is_read_beside_a_refresh_and_beside_nothing() throws Exception {
        DeltaReadersBenchmark benchmark = new DeltaReadersBenchmark();
        benchmark.stakeholders = 400;
        benchmark.setUp();
        try {
            benchmark.change();
            assertThat(benchmark.besideRefresh()).isNotNegative();
            assertThat(benchmark.besideNothing()).isPositive();
        } finally {
            benchmark.tearDown();
        }
    }

    @Test
    void delta_table_is_weighed_before_and_after_its_refreshes() throws Exception {
        DeltaGrowthBenchmark benchmark = new DeltaGrowthBenchmark();
        benchmark.shape = DeltaShape.JOIN_FACT;
        benchmark.stakeholders = 400;
        benchmark.refreshes = 2;
        benchmark.setUp();
        try {
            DeltaGrowthBenchmark.Bytes bytes = benchmark.growth();
            assertThat(bytes.rowsBefore()).isPositive();
            assertThat(bytes.rowsAfter()).isGreaterThanOrEqualTo(bytes.rowsBefore());
            assertThat(bytes.indexesAfter()).isGreaterThanOrEqualTo(bytes.indexesBefore());
        } finally {
            benchmark.tearDown();
        }
    }

    @Test
    void star_is_refreshed_by_the_library_and_by_each_script() throws Exception {
        PublicationBenchmark benchmark = new PublicationBenchmark();
        benchmark.setUp(400);
        try {
            benchmark.change();
            assertThat(refreshed(benchmark.together())).isEqualTo(6);
            assertThat(refreshed(benchmark.each())).isEqualTo(6);
            assertThat(benchmark.bareTransaction()).isEqualTo(6);
            assertThat(benchmark.bareStages()).isEqualTo(6);
        } finally {
            benchmark.tearDown();
        }
    }

    @Test
    void one_refresh_is_counted_beside_the_bare_statement_and_idle_run_beside_bare_statements() throws Exception {
        RefreshOverheadBenchmark overhead = new RefreshOverheadBenchmark();
        overhead.setUp();
        try {
            overhead.changeSource();
            assertThat(overhead.adapters().mayHaveChanged()).isTrue();
            assertThat(overhead.bareStatement()).isFalse();
        } finally {
            overhead.tearDown();
        }
        NothingChangedBenchmark idle = new NothingChangedBenchmark();
        idle.views = SmallStars.VIEWS;
        idle.setUp();
        try {
            assertThat(idle.olapSync()).hasSize(SmallStars.VIEWS);
            assertThat(idle.bareStatements()).isEqualTo(SmallStars.VIEWS);
        } finally {
            idle.tearDown();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void lock_is_had_where_nobody_else_holds_it(boolean taken) throws Exception {
        LockBenchmark benchmark = new LockBenchmark();
        benchmark.views = 6;
        benchmark.taken = taken;
        benchmark.setUp();
        try {
            assertThat(benchmark.postgres()).isEqualTo(!taken);
            assertThat(benchmark.inMemory()).isEqualTo(!taken);
            assertThat(benchmark.bareStatements()).isTrue();
        } finally {
            benchmark.tearDown();
        }
    }

    private static long refreshed(SyncReport report) {
        return report.steps().stream()
                .map(StepReport::outcome)
                .filter(StepOutcome.Refreshed.class::isInstance)
                .count();
    }
}
