package io.olapsync.internal;

import io.olapsync.SyncPlan;
import io.olapsync.spi.SyncClock;
import java.util.concurrent.ScheduledExecutorService;

/** What all runs of one engine share. */
record EngineParts(
        SyncPlan plan,
        Adapters adapters,
        Settings settings,
        SyncClock clock,
        ScheduledExecutorService scheduler,
        Dispatcher dispatcher,
        Retries retries,
        Invalidations invalidations,
        HistoryLog history,
        Events events,
        FailingSteps failing,
        LastLook lastLook,
        String process) {}
