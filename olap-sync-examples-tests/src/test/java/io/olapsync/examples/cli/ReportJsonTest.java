package io.olapsync.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.RefreshResult;
import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.RunId;
import io.olapsync.spi.StepStatus;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ReportJsonTest {

    private static final ViewName VIEW = ViewName.parse("fact");
    private static final DataAsOf AS_OF = new DataAsOf(Instant.EPOCH, "10:10:");
    private static final Optional<DeltaRefresh> KEYS =
            Optional.of(new DeltaRefresh(DeltaRefresh.Way.KEYS, "25 of 1000", 25, 3));

    @Test
    void delta_table_says_how_it_was_refreshed_and_another_view_says_nothing_of_it() {
        assertThat(ReportJson.of(step(KEYS)).get("incremental").toString())
                .isEqualTo("{\"way\":\"keys\",\"reason\":\"25 of 1000\",\"keys\":25,\"drift\":3}");
        assertThat(ReportJson.of(result(KEYS)).get("incremental"))
                .isEqualTo(ReportJson.of(step(KEYS)).get("incremental"));
        JsonNode plain = ReportJson.of(step(Optional.empty()));
        assertThat(plain.has("incremental")).isFalse();
        assertThat(ReportJson.of(result(Optional.empty())).has("incremental")).isFalse();
        assertThat(HistoryCommand.line(step(KEYS))).isEqualTo("completed fact, 5 ms, +1 -2, keys (25), drift 3");
        assertThat(HistoryCommand.line(step(Optional.empty()))).isEqualTo("completed fact, 5 ms, +1 -2");
    }

    private static HistoryEntry.Step step(Optional<DeltaRefresh> incremental) {
        return new HistoryEntry.Step(
                RunId.random(),
                "fact",
                Optional.of(VIEW),
                StepStatus.COMPLETED,
                Instant.EPOCH,
                Optional.of(Instant.EPOCH),
                Optional.of(10L),
                Optional.of(new RowDelta(1, 0, 2)),
                Optional.of(Duration.ofMillis(5)),
                Optional.of(AS_OF),
                1,
                Optional.empty(),
                Optional.empty(),
                incremental);
    }

    private static RefreshResult result(Optional<DeltaRefresh> incremental) {
        return new RefreshResult(
                VIEW,
                RefreshResult.Status.COMPLETED,
                Optional.empty(),
                Optional.of(AS_OF),
                Optional.of(new RowDelta(1, 0, 2)),
                Duration.ofMillis(5),
                Optional.empty(),
                false,
                incremental);
    }
}
