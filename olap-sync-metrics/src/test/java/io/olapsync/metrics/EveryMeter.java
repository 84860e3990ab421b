package io.olapsync.metrics;

import io.olapsync.OlapSync;
import io.olapsync.SyncHealth;
import io.olapsync.SyncPlan;
import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.RunId;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Has every meter made that there is. */
final class EveryMeter {

    private static final Instant NOW = Instant.parse("2026-03-01T03:00:00Z");

    private final OlapSyncMetrics metrics;
    private final SyncPlan plan;
    private final ViewName view;

    EveryMeter(OlapSyncMetrics metrics, SyncPlan plan) {
        this.metrics = metrics;
        this.plan = plan;
        this.view = plan.views().get(0).name();
    }

    void touch() {
        RunId run = RunId.random();
        String step = view.toString();
        RefreshException failure = new RefreshException(RefreshException.Kind.TRANSIENT, "away", null);
        ViewRefresh refreshed = new ViewRefresh(
                view,
                Optional.of(new RowDelta(1, 2, 3)),
                1,
                new DataAsOf(NOW, "1:1:"),
                Duration.ZERO,
                Optional.empty(),
                Optional.of(new DeltaRefresh(DeltaRefresh.Way.KEYS, "few", 1, 1)));
        List<SyncEvent> events = List.of(
                new SyncEvent.RunStarted(run, NOW, plan.name(), SyncKind.FULL, "call", List.of(step)),
                new SyncEvent.RunDelayed(run, NOW, 1, failure, Duration.ZERO),
                new SyncEvent.StepRetrying(run, NOW, step, 1, failure, Duration.ZERO),
                new SyncEvent.StepFinished(run, NOW, step, new StepOutcome.Refreshed(refreshed, 1), Duration.ZERO),
                new SyncEvent.StepFinished(run, NOW, step, new StepOutcome.Failed(failure, 1), Duration.ZERO),
                new SyncEvent.StepFinished(
                        run, NOW, step, new StepOutcome.Skipped(SkipReason.PAUSED, ""), Duration.ZERO),
                new SyncEvent.StepFinished(run, NOW, "check", new StepOutcome.Passed("", 1), Duration.ZERO),
                new SyncEvent.InvalidationPostponed(run, NOW, List.of(view), failure),
                new SyncEvent.ViewsSuspended(run, NOW, List.of(view), 5),
                new SyncEvent.RunFinished(run, NOW, RunStatus.COMPLETED, Duration.ZERO));
        events.forEach(metrics::on);
        metrics.covered(view, 1, Duration.ZERO);
        SyncHealth health = new SyncHealth(
                SyncHealth.Status.HEALTHY,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                List.of(),
                List.of(new SyncHealth.Source("stream", Optional.empty(), 0, 0, 0, 0)),
                List.of(new SyncHealth.Schedule(
                        "nightly", "daily", Optional.empty(), Optional.empty(), Optional.empty())),
                List.of());
        metrics.look((OlapSync) Proxy.newProxyInstance(
                EveryMeter.class.getClassLoader(),
                new Class<?>[] {OlapSync.class},
                (proxy, method, arguments) -> health));
    }
}
