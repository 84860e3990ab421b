package io.olapsync.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.StepReport;
import io.olapsync.SyncReport;
import io.olapsync.spi.StepOutcome;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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
        benchmark.setUp();
        try {
            benchmark.fill(2_500);
            assertThat(benchmark.bareLoop()).isEqualTo(2_500);
            assertThat(benchmark.pending()).isZero();
            benchmark.closeEngine();

            benchmark.fill(2_500);
            assertThat(benchmark.bareLoopHolding()).isEqualTo(2_500);
            assertThat(benchmark.pending()).isZero();
            benchmark.closeEngine();

            benchmark.fill(2_500);
            assertThat(benchmark.covered()).as("refreshes").isZero();
            assertThat(benchmark.pending()).isZero();
            benchmark.closeEngine();

            benchmark.fill(2_500);
            assertThat(benchmark.refreshed()).as("refreshes").isGreaterThanOrEqualTo(6);
            assertThat(benchmark.pending()).isZero();
        } finally {
            benchmark.closeEngine();
            benchmark.tearDown();
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

    private static long refreshed(SyncReport report) {
        return report.steps().stream()
                .map(StepReport::outcome)
                .filter(StepOutcome.Refreshed.class::isInstance)
                .count();
    }
}
