package io.olapsync.internal;

import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.SyncHistory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Writes the history beside the work, never in its way: lines gather while a write is under way, and for a moment after
 * it, and go out together, the latest of each identity. Lines that somebody waits for do not gather: they go out at once,
 * with what had. What could not be written is kept, and tried again until the store is back.
 */
final class HistoryLog {

    private static final Logger log = LoggerFactory.getLogger(HistoryLog.class);
    private static final int MOST_KEPT = 50_000;
    private static final Duration PAUSE = Duration.ofSeconds(5);

    /**
     * A refresh adds two lines, and many small ones of a run would cost a transaction each. The first line of a run that
     * begins while nothing is written goes out at once, so that a process which dies has left word of it.
     */
    private static final Duration GATHERING = Duration.ofMillis(100);

    private record Identity(Object run, String step) {
        static Identity of(HistoryEntry entry) {
            return new Identity(entry.run(), entry instanceof HistoryEntry.Step step ? step.step() : "");
        }
    }

    private final SyncHistory history;
    private final Executor workers;
    private final ScheduledExecutorService scheduler;

    private final Map<Identity, HistoryEntry> waiting = new LinkedHashMap<>();
    private final List<CompletableFuture<Void>> waiters = new ArrayList<>();
    private boolean writing;
    private boolean gathering;
    private boolean retryScheduled;
    private boolean away;
    private boolean dropping;

    HistoryLog(SyncHistory history, Executor workers, ScheduledExecutorService scheduler) {
        this.history = history;
        this.workers = workers;
        this.scheduler = scheduler;
    }

    /** Takes the line, and returns at once. */
    void add(HistoryEntry entry) {
        synchronized (waiting) {
            keep(entry);
        }
        write();
    }

    /** Takes the lines; the future ends with the write that contains them, or fails with it (they are kept then). */
    CompletableFuture<Void> addAndWrite(List<? extends HistoryEntry> entries) {
        CompletableFuture<Void> written = new CompletableFuture<>();
        synchronized (waiting) {
            entries.forEach(this::keep);
            waiters.add(written);
        }
        write();
        return written;
    }

    private void keep(HistoryEntry entry) {
        Identity identity = Identity.of(entry);
        waiting.remove(identity); // so that a run's line never goes out after those of its steps
        waiting.put(identity, entry);
        if (waiting.size() > MOST_KEPT) {
            Identity oldest = waiting.keySet().iterator().next();
            waiting.remove(oldest);
            if (!dropping) {
                dropping = true;
                log.warn("The history could not be written for so long that lines are dropped; the first: {}", oldest);
            }
        }
    }

    private void write() {
        synchronized (waiting) {
            if (writing || waiting.isEmpty() || (gathering && waiters.isEmpty())) {
                return;
            }
            writing = true;
        }
        try {
            workers.execute(this::writeAll);
        } catch (RuntimeException | Error e) {
            ended(List.of(), List.of(), e);
        }
    }

    private void writeAll() {
        List<HistoryEntry> batch;
        List<CompletableFuture<Void>> told;
        synchronized (waiting) {
            batch = runsFirst();
            told = List.copyOf(waiters);
            waiting.clear();
            waiters.clear();
        }
        try {
            history.write(batch);
            ended(batch, told, null);
        } catch (Throwable e) { // else the runs that wait for this write would never end
            ended(batch, told, e);
        }
    }

    private List<HistoryEntry> runsFirst() {
        List<HistoryEntry> batch = new ArrayList<>(waiting.size());
        waiting.values().stream().filter(HistoryEntry.Run.class::isInstance).forEach(batch::add);
        waiting.values().stream().filter(HistoryEntry.Step.class::isInstance).forEach(batch::add);
        return batch;
    }

    private void ended(List<HistoryEntry> batch, List<CompletableFuture<Void>> told, @Nullable Throwable failure) {
        List<CompletableFuture<Void>> tell = new ArrayList<>(told);
        boolean more;
        boolean begins;
        boolean ends;
        synchronized (waiting) {
            writing = false;
            begins = failure != null && !away;
            ends = failure == null && away;
            away = failure != null;
            dropping &= away;
            if (failure != null) {
                putBack(batch);
                tell.addAll(waiters);
                waiters.clear();
            }
            more = failure == null && !waiting.isEmpty();
        }
        if (ends) {
            log.info("The history is written again, with {} lines that were kept", batch.size());
        }
        if (failure == null) {
            tell.forEach(future -> future.complete(null));
            gather();
        } else {
            Level level = begins ? Level.WARN : Level.DEBUG;
            log.atLevel(level)
                    .setCause(failure)
                    .log("The history could not be written; {} lines are kept for another try", batch.size());
            tell.forEach(future -> future.completeExceptionally(failure));
            writeLater();
        }
        if (more) {
            write();
        }
    }

    private void gather() {
        synchronized (waiting) {
            if (gathering) {
                return;
            }
            gathering = true;
        }
        try {
            scheduler.schedule(this::gathered, GATHERING.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RuntimeException
                | Error e) { // closing, or no thread can be made: else no line would be written any more
            log.debug("The scheduler refused to gather lines of the history", e);
            gathered();
        }
    }

    private void gathered() {
        synchronized (waiting) {
            gathering = false;
        }
        write();
    }

    private void putBack(List<HistoryEntry> batch) {
        Map<Identity, HistoryEntry> newer = new LinkedHashMap<>(waiting);
        waiting.clear();
        batch.forEach(entry -> waiting.put(Identity.of(entry), entry));
        newer.values().forEach(this::keep);
    }

    private void writeLater() {
        synchronized (waiting) {
            if (retryScheduled) {
                return;
            }
            retryScheduled = true;
        }
        try {
            scheduler.schedule(
                    () -> {
                        synchronized (waiting) {
                            retryScheduled = false;
                        }
                        write();
                    },
                    PAUSE.toMillis(),
                    TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException closing) {
            log.warn("The library was closed before the history could be written");
        } catch (RuntimeException | Error e) {
            synchronized (waiting) {
                retryScheduled = false; // the next line tries again
            }
            log.debug("The scheduler refused to try the history again", e);
        }
    }
}
