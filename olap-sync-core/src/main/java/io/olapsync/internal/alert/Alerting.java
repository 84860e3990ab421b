package io.olapsync.internal.alert;

import io.olapsync.SyncReport;
import io.olapsync.spi.IncidentStore;
import io.olapsync.spi.Notifier;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.SyncListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Alerts of one engine. What fails is noted in memory by the run that it fails in; everything else, whatever may block, is
 * done on threads of its own: one that writes, looks and decides, and one for each notifier.
 */
public final class Alerting implements SyncListener, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Alerting.class);
    private static final Duration EVERY = Duration.ofSeconds(30);
    private static final Duration TO_CLOSE = Duration.ofSeconds(10);
    private static final Duration FORGET_EVERY = Duration.ofHours(1);

    private final AlertParts parts;
    private final boolean enabled;
    private final Optional<ExecutorService> ownThreads;
    private final Executor threads;
    private final Desk desk;
    private final FailureWatch watch;
    private final Look look;
    private final List<Teller> tellers = new ArrayList<>();
    private final List<OneAtATime> telling = new ArrayList<>();
    private final OneAtATime cycle;
    private final AtomicBoolean gathering = new AtomicBoolean();
    private volatile boolean stopped;
    private volatile boolean reportedAtAll;
    private volatile long lastReport;
    private long nextForgetting;

    public Alerting(AlertParts parts) {
        this.parts = parts;
        this.enabled = parts.tells() || parts.store().isPresent();
        this.ownThreads = parts.alerts().executor().isPresent() ? Optional.empty() : Optional.of(pool(parts));
        this.threads = parts.alerts().executor().or(() -> ownThreads).orElseThrow();
        this.desk = new Desk(parts);
        this.watch = new FailureWatch(parts, desk, this::reported);
        this.look = new Look(parts, desk, watch);
        this.cycle = new OneAtATime(this::work, threads);
        this.nextForgetting = parts.clock().nanoTime() + FORGET_EVERY.toNanos();
        String holder = parts.process() + " " + UUID.randomUUID();
        for (Notifier notifier : parts.alerts().notifiers()) {
            Teller teller = new Teller(parts, notifier, desk, look, holder);
            int number = tellers.size();
            tellers.add(teller);
            telling.add(new OneAtATime(() -> teller.tell(false).ifPresent(pause -> tellIn(number, pause)), threads));
        }
    }

    /** Threads that end when idle; no more than tasks, so that none is ever refused. */
    private static ExecutorService pool(AlertParts parts) {
        int most = 2 + 2 * parts.alerts().notifiers().size();
        return new ThreadPoolExecutor(0, most, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
            Thread thread = new Thread(task, "olap-sync-" + parts.plan().name() + "-alerts");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Begins to look, for the first time in half a minute. */
    public void start() {
        if (parts.tells()) {
            in(EVERY, () -> {
                start();
                cycle.request();
            });
        }
    }

    private void in(Duration pause, Runnable action) {
        if (stopped) {
            return;
        }
        try {
            parts.scheduler()
                    .schedule(
                            () -> {
                                if (!stopped) {
                                    action.run();
                                }
                            },
                            pause.toMillis(),
                            TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("Nothing is looked for any more: the scheduler was shut down", e);
        }
    }

    @Override
    public void on(SyncEvent event) {
        if (enabled) {
            watch.on(event);
        }
    }

    /** A run has ended, by this report or by being refused. */
    public void ended(RunId run, @Nullable SyncReport report, @Nullable Throwable failure) {
        if (enabled) {
            watch.ended(run, report, failure);
        }
    }

    /** What keeps alerts from being delivered, for people. */
    public List<String> problems() {
        return tellers.stream().flatMap(teller -> teller.problem().stream()).toList();
    }

    private void reported() {
        lastReport = parts.clock().nanoTime();
        reportedAtAll = true;
        cycle.request();
        gather();
    }

    private void gather() {
        if (parts.tells() && gathering.compareAndSet(false, true)) {
            in(parts.alerts().gather().plusMillis(1), () -> {
                gathering.set(false);
                cycle.request();
            });
        }
    }

    private void work() {
        IncidentStore store = desk.settle();
        if (!parts.tells()) {
            return;
        }
        try {
            look.at(store);
            desk.databaseAnswers(true);
            forget(store);
            if (!desk.isAway()) {
                desk.worked();
                IncidentStore unused = desk.settle(); // what the look has found
            }
        } catch (RefreshException | RuntimeException e) {
            desk.databaseAnswers(false);
            desk.failed(e);
        }
        desk.judgeStore();
        telling.forEach(OneAtATime::request);
    }

    private void forget(IncidentStore store) throws RefreshException {
        long now = parts.clock().nanoTime();
        if (now - nextForgetting >= 0) {
            nextForgetting = now + FORGET_EVERY.toNanos();
            store.forget(parts.plan().name(), parts.keep());
        }
    }

    private void tellIn(int number, Duration pause) {
        in(pause, telling.get(number)::request);
    }

    /**
     * Writes what is noted, and tells at once what this process has just noticed and might otherwise not live to tell.
     * What cannot be told in time stays in the store. Bounded.
     */
    @Override
    public void close() {
        stopped = true;
        if (reportedAtAll || desk.hasUnsaved()) {
            lastWork();
        }
        ownThreads.ifPresent(ExecutorService::shutdownNow);
    }

    private void lastWork() {
        try {
            CompletableFuture.runAsync(desk::settle, threads)
                    .thenCompose(settled -> tellAll())
                    .get(TO_CLOSE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            log.warn("Alerts could not be delivered within {} of closing; they stay in the store", TO_CLOSE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | RejectedExecutionException e) {
            log.warn("Alerts could not be delivered while closing", e);
        }
    }

    private CompletableFuture<Void> tellAll() {
        Duration ago = Duration.ofNanos(parts.clock().nanoTime() - lastReport);
        if (!reportedAtAll || ago.compareTo(parts.alerts().gather()) > 0) {
            return CompletableFuture.completedFuture(null);
        }
        return CompletableFuture.allOf(tellers.stream()
                .map(teller -> CompletableFuture.runAsync(() -> teller.tell(true), threads))
                .toArray(CompletableFuture[]::new));
    }
}
