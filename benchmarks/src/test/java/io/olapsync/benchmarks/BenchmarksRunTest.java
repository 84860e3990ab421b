package io.olapsync.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.StepReport;
import io.olapsync.SyncReport;
import io.olapsync.spi.StepOutcome;
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

    private static long refreshed(SyncReport report) {
        return report.steps().stream()
                .map(StepReport::outcome)
                .filter(StepOutcome.Refreshed.class::isInstance)
                .count();
    }
}
