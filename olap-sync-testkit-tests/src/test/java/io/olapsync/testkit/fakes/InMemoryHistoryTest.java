package io.olapsync.testkit.fakes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.SyncHistory;
import io.olapsync.spi.SyncKind;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.contract.SyncHistoryContract;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The in-memory history behind the faulty one. */
class InMemoryHistoryTest extends SyncHistoryContract {

    private final ManualClock clock = ManualClock.at("2026-03-01T12:00:00Z");
    private final FaultyHistory history = new FaultyHistory(new InMemoryHistory(clock));

    @Override
    protected SyncHistory history() {
        return history;
    }

    @Override
    protected void passTime(Duration time) {
        clock.advance(time);
    }

    @Override
    protected void loseStore() {
        history.away(true);
    }

    @Override
    protected void restoreStore() {
        history.away(false);
    }

    @Test
    void write_left_in_doubt_fails_and_is_done() throws Exception {
        HistoryEntry.Run run = new HistoryEntry.Run(
                RunId.random(),
                "doubt",
                SyncKind.FULL,
                "a test",
                RunStatus.RUNNING,
                clock.now(),
                Optional.empty(),
                "a process",
                Optional.empty());
        history.unclear(1);
        assertThatThrownBy(() -> history.write(List.of(run))).isInstanceOf(RefreshException.class);
        history.write(List.of(run));
        assertThat(history.recentRuns("doubt", 10)).containsExactly(run);
    }
}
