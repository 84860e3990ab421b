package io.olapsync.internal;

import io.olapsync.PlannedView;
import io.olapsync.SyncHealth;
import io.olapsync.SyncHealth.Status;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.StepStatus;
import io.olapsync.spi.ViewControl;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Says how fresh the views are, within a bound: the stores are asked by a thread of its own, which may hang, and where they do
 * not answer in time what they said before is shown as such. That thread is not one of the engine's workers, which may all hang
 * on the same store; it ends when nobody asks. What cannot be read is said, not thrown.
 */
final class HealthReader {

    /** How long whoever asks waits for the stores. */
    static final Duration PATIENCE = Duration.ofSeconds(2);

    private static final long IDLE_SECONDS = 10;

    private final EngineParts parts;
    private final Timetable timetable;
    private final ThreadPoolExecutor reader;
    private volatile StoreReading known = StoreReading.NOTHING;

    /** Asked for and not begun, so that whoever asks now may have its answer, too. Guarded by this. */
    private @Nullable CompletableFuture<StoreReading> next;

    HealthReader(EngineParts parts, Timetable timetable) {
        this.parts = parts;
        this.timetable = timetable;
        this.reader = new ThreadPoolExecutor(
                1,
                1,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                OwnThreads.threads("olap-sync-" + parts.plan().name() + "-health-"));
        reader.allowCoreThreadTimeOut(true);
    }

    /** Asks nobody any more. */
    void stop() {
        reader.shutdownNow();
    }

    /** What this process knows by itself, whatever is away. */
    record Own(List<SyncHealth.Source> sources, Map<ViewName, ChangeQueue.Waiting> waiting, List<String> problems) {}

    SyncHealth read(Own own) {
        StoreReading reading;
        List<String> problems = new ArrayList<>();
        boolean current = false;
        try {
            reading = begun().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            current = reading.complete();
            problems.addAll(reading.problems());
        } catch (TimeoutException e) {
            reading = known;
            problems.add("the stores have not answered within " + PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            reading = known;
            problems.add("the stores were not waited for: the thread that asked was interrupted");
        } catch (RejectedExecutionException | ExecutionException e) {
            reading = known;
            problems.add("the stores are not asked any more: the engine has been closed");
        }
        if (!problems.isEmpty()) {
            problems.add(reading.oldest()
                    .map(at -> "what could not be read is shown as it was, the oldest as of " + at)
                    .orElse("the stores have never answered"));
        }
        problems.addAll(own.problems());
        return health(reading, current, own, problems);
    }

    /** A reading that begins after this call, so that what was committed before it is in it. */
    private synchronized CompletableFuture<StoreReading> begun() {
        if (reader.isShutdown()) {
            throw new RejectedExecutionException("closed");
        }
        if (next == null) {
            CompletableFuture<StoreReading> asked = new CompletableFuture<>();
            reader.execute(() -> {
                begins();
                known = known.next(parts, timetable, PATIENCE);
                asked.complete(known);
            });
            next = asked;
        }
        return next;
    }

    private synchronized void begins() {
        next = null;
    }

    private SyncHealth health(StoreReading reading, boolean current, Own own, List<String> problems) {
        List<SyncHealth.View> views = parts.plan().views().stream()
                .map(view -> view(view, reading, current, own))
                .toList();
        List<ViewName> pending = views.stream()
                .filter(SyncHealth.View::pendingInvalidation)
                .map(SyncHealth.View::name)
                .toList();
        return new SyncHealth(
                worst(views),
                reading.oldest(),
                reading.lastFull().value(),
                reading.lastIncremental().value(),
                views,
                pending,
                own.sources(),
                reading.timetable().value().schedules(),
                problems);
    }

    private SyncHealth.View view(PlannedView planned, StoreReading reading, boolean current, Own own) {
        ViewName name = planned.name();
        Optional<ViewState> state = Optional.ofNullable(reading.states().value().get(name));
        ViewControl control = reading.controls().value().getOrDefault(name, ViewControl.none(name));
        Duration limit = planned.staleAfter().orElse(parts.settings().staleAfter());
        ChangeQueue.Waiting changes = own.waiting().getOrDefault(name, ChangeQueue.Waiting.NOTHING);
        Duration since =
                Duration.ofNanos(parts.clock().nanoTime() - reading.states().atNanos());
        return new SyncHealth.View(
                name,
                current ? status(state, control, limit) : Status.UNKNOWN,
                state.map(ViewState::rows),
                state.map(ViewState::refreshedAt),
                state.map(ViewState::took),
                state.map(ViewState::asOf),
                state.map(known -> known.age().plus(since)),
                heldBack(control),
                control.failures(),
                Optional.ofNullable(reading.latest().value().get(name))
                        .filter(step -> step.status() == StepStatus.FAILED)
                        .flatMap(HistoryEntry.Step::error),
                limit,
                planned.targetLag(),
                Optional.ofNullable(reading.timetable().value().nextDue().get(name)),
                changes.events(),
                changes.orders(),
                reading.pending().value().contains(name));
    }

    private static Status status(Optional<ViewState> state, ViewControl control, Duration limit) {
        if (control.failures() > 0 || control.isSuspended()) {
            return Status.FAILING;
        }
        return state.filter(known -> known.age().compareTo(limit) < 0)
                .map(known -> Status.HEALTHY)
                .orElse(Status.STALE);
    }

    private static Optional<SkipReason> heldBack(ViewControl control) {
        if (control.isPaused()) {
            return Optional.of(SkipReason.PAUSED);
        }
        return control.isSuspended() ? Optional.of(SkipReason.SUSPENDED) : Optional.empty();
    }

    private static Status worst(List<SyncHealth.View> views) {
        Status worst = Status.HEALTHY;
        for (SyncHealth.View view : views) {
            worst = view.status().compareTo(worst) > 0 ? view.status() : worst;
        }
        return worst;
    }
}
