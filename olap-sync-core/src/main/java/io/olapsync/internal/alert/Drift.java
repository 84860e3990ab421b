package io.olapsync.internal.alert;

import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.Incident;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import io.olapsync.spi.StepStatus;
import io.olapsync.spi.SyncKind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Knows when a delta table has followed its definition again: only a full sync looks for rows that nothing had called for. */
final class Drift {

    private static final int RUNS = 50;

    private final AlertParts parts;

    Drift(AlertParts parts) {
        this.parts = parts;
    }

    /** When a full run, however it ended, last refreshed the view and found no drift; empty where none did since. Blocks. */
    Optional<Instant> over(Incident incident) throws RefreshException {
        String plan = parts.plan().name();
        List<HistoryEntry.Run> runs = new ArrayList<>(parts.history().recentRuns(plan, RUNS));
        parts.history().lastCompleted(plan, SyncKind.FULL).ifPresent(runs::add);
        Set<RunId> later = new LinkedHashSet<>();
        for (HistoryEntry.Run run : runs) {
            if (run.kind() == SyncKind.FULL
                    && run.endedAt().map(incident.lastAt()::isBefore).orElse(true)) {
                later.add(run.run());
            }
        }
        if (later.isEmpty()) {
            return Optional.empty();
        }
        return parts.history().steps(later).values().stream()
                .flatMap(List::stream)
                .filter(step -> step.step().equals(incident.key().subject())
                        && step.status() == StepStatus.COMPLETED
                        && step.incremental().filter(DeltaRefresh::hasDrifted).isEmpty())
                .flatMap(step -> step.endedAt().stream())
                .max(Instant::compareTo);
    }
}
