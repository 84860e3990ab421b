package io.olapsync.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.SyncHistory;
import io.olapsync.spi.SyncKind;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.Test;

class HistoryLogTest {

    private final List<HistoryEntry> written = new ArrayList<>();
    private boolean away;

    private final SyncHistory history = (SyncHistory) Proxy.newProxyInstance(
            SyncHistory.class.getClassLoader(), new Class<?>[] {SyncHistory.class}, (proxy, method, arguments) -> {
                if (away) {
                    throw new RefreshException(RefreshException.Kind.TRANSIENT, "away", null);
                }
                written.addAll((List<? extends HistoryEntry>) arguments[0]);
                return null;
            });

    /** As when the process may have no more threads. */
    private final ScheduledExecutorService exhausted = (ScheduledExecutorService) Proxy.newProxyInstance(
            ScheduledExecutorService.class.getClassLoader(),
            new Class<?>[] {ScheduledExecutorService.class},
            (proxy, method, arguments) -> {
                throw new OutOfMemoryError("unable to create native thread");
            });

    private final HistoryLog log = new HistoryLog(history, Runnable::run, exhausted);

    private static HistoryEntry heartbeat() {
        return new HistoryEntry.Run(
                RunId.random(),
                "plan",
                SyncKind.FULL,
                "call",
                RunStatus.RUNNING,
                Instant.EPOCH,
                Optional.empty(),
                "process",
                Optional.empty());
    }

    @Test
    void lines_go_on_being_written_where_the_scheduler_ends_in_an_error() {
        log.add(heartbeat());
        log.add(heartbeat());
        log.add(heartbeat());
        assertThat(written).hasSize(3);
    }

    @Test
    void what_could_not_be_written_goes_with_the_next_line_where_the_scheduler_ends_in_an_error() {
        away = true;
        log.add(heartbeat());
        away = false;
        log.add(heartbeat());
        assertThat(written).hasSize(2);
        log.add(heartbeat());
        assertThat(written).hasSize(3);
    }
}
