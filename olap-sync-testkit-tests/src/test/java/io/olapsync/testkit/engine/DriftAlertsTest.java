package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.RefreshOptions;
import io.olapsync.notify.AlertText;
import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.Incident;
import io.olapsync.spi.IncidentKey.Topic;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Who is told of a delta table whose declaration misses something, and until when. */
class DriftAlertsTest {

    private static final ViewName VIEW = view("mv_1");

    private final AlertBench bench = new AlertBench(AlertBench.views(3));

    private void refreshedBy(Way way, long drift) {
        bench.fakes.executor().way(VIEW, new DeltaRefresh(way, "", 0, drift));
    }

    @Test
    void drift_is_told_once_with_what_to_do_however_often_it_is_found() {
        try (bench) {
            OlapSync sync = bench.engine(bench.slack);
            refreshedBy(Way.FULL, 0);
            bench.runAndTell(sync);
            assertThat(bench.slack.alerts()).isEmpty();

            refreshedBy(Way.FULL, 3);
            bench.runAndTell(sync);
            bench.runAndTell(sync);

            assertThat(bench.slack.subjects()).containsExactly("[vision-olap] FAILED: mv_1 drifts from its definition");
            assertThat(AlertText.body(bench.slack.alerts().get(0)))
                    .contains(
                            "error: 3 rows differed",
                            "what to do: add to the declaration",
                            "docs/delta-tables.md",
                            "run: ")
                    .contains("readers see: data as of ");
            assertThat(bench.open()).singleElement().satisfies(incident -> {
                assertThat(incident.key().topic()).isEqualTo(Topic.DRIFT);
                assertThat(incident.key().subject()).isEqualTo("mv_1");
                assertThat(incident.times()).isEqualTo(2);
            });
        }
    }

    @Test
    void only_a_full_sync_without_drift_ends_it_in_whatever_process_and_whatever_else_fails() {
        try (bench) {
            OlapSync sync = bench.engine(bench.slack);
            OlapSync elsewhere = bench.engine();
            refreshedBy(Way.FULL, 3);
            bench.runAndTell(sync);

            refreshedBy(Way.KEYS, 0);
            sync.submitRefresh(RefreshOptions.DEFAULTS.forced(), "mv_1");
            bench.pass(Duration.ofHours(1));
            assertThat(bench.open())
                    .as("a refresh by keys does not look for drift")
                    .hasSize(1);

            refreshedBy(Way.FULL, 0);
            bench.fail("mv_2");
            bench.runAndTell(elsewhere);

            assertThat(bench.open())
                    .extracting(Incident::key)
                    .noneMatch(key -> key.topic() == Topic.DRIFT)
                    .hasSize(1);
            assertThat(bench.slack.subjects())
                    .contains("[vision-olap] RECOVERED: mv_1 no longer drifts from its definition");
        }
    }

    @Test
    void full_sync_is_found_behind_any_number_of_later_runs() {
        try (bench) {
            OlapSync elsewhere = bench.engine();
            refreshedBy(Way.FULL, 3);
            bench.runAndTell(elsewhere);
            refreshedBy(Way.FULL, 0);
            bench.runAndTell(elsewhere);
            for (int i = 0; i < 60; i++) {
                elsewhere.submitRefresh(RefreshOptions.DEFAULTS.forced(), "mv_0");
                bench.pass(Duration.ofSeconds(1));
            }
            assertThat(bench.open()).as("nobody looks without a notifier").hasSize(1);

            OlapSync unused = bench.engine(bench.slack);
            bench.pass(Duration.ofMinutes(1));

            assertThat(bench.open()).isEmpty();
        }
    }
}
