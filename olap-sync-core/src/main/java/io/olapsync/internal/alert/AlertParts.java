package io.olapsync.internal.alert;

import io.olapsync.Alerts;
import io.olapsync.SyncPlan;
import io.olapsync.spi.IncidentSource;
import io.olapsync.spi.IncidentStore;
import io.olapsync.spi.RunId;
import io.olapsync.spi.SyncClock;
import io.olapsync.spi.SyncHistory;
import io.olapsync.spi.ViewStates;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Predicate;

/**
 * What alerting needs of the engine.
 *
 * @param store where incidents are kept for all processes; empty: in memory
 * @param sources what else can be wrong
 * @param staleAfter from which age on a view is stale where the plan says nothing else
 * @param keep how long incidents are kept
 * @param process names this process, for people
 * @param cancelled whether a run was cancelled, or stopped by closing; asked while it tells what happens to it
 */
public record AlertParts(
        SyncPlan plan,
        Alerts alerts,
        Optional<IncidentStore> store,
        List<IncidentSource> sources,
        ViewStates states,
        SyncHistory history,
        Duration staleAfter,
        Duration keep,
        SyncClock clock,
        ScheduledExecutorService scheduler,
        String process,
        Predicate<RunId> cancelled) {

    boolean tells() {
        return !alerts.notifiers().isEmpty();
    }
}
