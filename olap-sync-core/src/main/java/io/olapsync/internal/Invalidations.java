package io.olapsync.internal;

import io.olapsync.spi.CacheInvalidator;
import io.olapsync.spi.CacheUnavailableException;
import io.olapsync.spi.PendingInvalidation;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.spi.ViewStates;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does the invalidations that commits have left behind. The order is what makes it safe: know the entries, invalidate,
 * and only then forget exactly the entries that were known. Whoever dies in between leaves them to the next.
 */
final class Invalidations {

    private static final Logger log = LoggerFactory.getLogger(Invalidations.class);
    private static final long FIRST_PAUSE_MILLIS = 1_000;
    private static final long LONGEST_PAUSE_MILLIS = Duration.ofSeconds(30).toMillis();
    private static final int DOUBLINGS = 5;

    /** How long entries that are done gather, so that the many small views of a run do not cost a transaction each. */
    private static final long GATHERING_MILLIS = 250;

    private final ViewStates states;
    private final Optional<CacheInvalidator> invalidator;
    private final Set<ViewName> planned;
    private final Executor workers;
    private final ScheduledExecutorService scheduler;
    private final AtomicInteger failures = new AtomicInteger(); // 0: no repetition is under way

    /** Done, and still to be forgotten by the store. */
    private final Set<PendingInvalidation> done = ConcurrentHashMap.newKeySet();

    private final AtomicBoolean forgetting = new AtomicBoolean();

    private final List<Due> due = new ArrayList<>();
    private final List<Runnable> waiters = new ArrayList<>(); // guarded by due, as what follows
    private boolean performing;

    Invalidations(
            ViewStates states,
            Optional<CacheInvalidator> invalidator,
            Set<ViewName> planned,
            Executor workers,
            ScheduledExecutorService scheduler) {
        this.states = states;
        this.invalidator = invalidator;
        this.planned = planned;
        this.workers = workers;
        this.scheduler = scheduler;
    }

    /** Whether there is a cache at all. */
    boolean enabled() {
        return invalidator.isPresent();
    }

    /** Where it leaves word that a cache could not be reached. */
    interface Postponed {
        void add(List<ViewName> views, Exception cause);
    }

    private record Due(List<PendingInvalidation> entries, Postponed postponed) {}

    /**
     * Takes what these refreshes have left, and returns at once: what reads these views needs their commits and not their
     * caches. What comes while the cache is being told goes out together. The store is told a moment later, or by the end
     * of the run; a process that dies in between leaves entries that are done: the next one does them once more. What
     * fails is repeated until it is done.
     */
    void performAfter(List<ViewRefresh> refreshes, Postponed postponed) {
        List<PendingInvalidation> left = refreshes.stream()
                .flatMap(refresh -> refresh.invalidation().stream())
                .toList();
        if (left.isEmpty() || invalidator.isEmpty()) {
            return;
        }
        synchronized (due) {
            due.add(new Due(left, postponed));
            if (performing) {
                return;
            }
            performing = true;
        }
        try {
            workers.execute(this::performDue);
        } catch (RuntimeException | Error e) {
            log.debug("The executor refused to invalidate caches", e);
            performDue();
        }
    }

    /**
     * What the store has for some views.
     *
     * @param doneBefore what was known to be done when the store was asked, and may be forgotten since
     * @param entries what the store had
     */
    record Left(Set<PendingInvalidation> doneBefore, List<PendingInvalidation> entries) {}

    /** What the store has for these views, to be asked while the last of their caches are still being told; blocks for one read. */
    Left left(Collection<ViewName> views) throws RefreshException {
        Set<PendingInvalidation> known = Set.copyOf(done);
        return new Left(known, states.pendingInvalidations(views));
    }

    /** Whether by now all of it has been done, and only the store has to forget it. */
    boolean isDone(Left left) {
        return left.entries().stream().allMatch(entry -> left.doneBefore().contains(entry) || done.contains(entry));
    }

    /** Calls back once nothing is left of what had been taken by now: at once, or on the thread that does it. */
    void whenPerformed(Runnable callback) {
        synchronized (due) {
            if (performing) {
                waiters.add(callback);
                return;
            }
        }
        callback.run();
    }

    private void performDue() {
        while (true) {
            List<Due> batch;
            List<Runnable> told;
            synchronized (due) {
                batch = List.copyOf(due);
                told = List.copyOf(waiters);
                due.clear();
                waiters.clear();
                if (batch.isEmpty() && told.isEmpty()) {
                    performing = false;
                    return;
                }
            }
            guarded(() -> perform(batch));
            told.forEach(Invalidations::guarded);
        }
    }

    /** What comes after must come, whatever this throws: nobody else takes it up while this is under way. */
    private static void guarded(Runnable work) {
        try {
            work.run();
        } catch (Throwable e) {
            log.error("Invalidations failed unexpectedly; what is left is done by the next look", e);
        }
    }

    /** While the cache is away, trying again for each view would only cost time; the repetition takes them all. */
    private void perform(List<Due> batch) {
        List<PendingInvalidation> entries =
                batch.stream().flatMap(one -> one.entries().stream()).toList();
        if (entries.isEmpty() || willRepeat()) {
            return;
        }
        try {
            perform(invalidator.orElseThrow(), viewsOf(entries));
            done.addAll(entries);
            forgetLater();
        } catch (CacheUnavailableException | RuntimeException e) {
            repeatLater();
            batch.forEach(one -> one.postponed().add(List.copyOf(viewsOf(one.entries())), e));
        }
    }

    private void forgetLater() {
        if (!forgetting.compareAndSet(false, true)) {
            return;
        }
        try {
            scheduler.schedule(this::handOverForgetting, GATHERING_MILLIS, TimeUnit.MILLISECONDS);
        } catch (RuntimeException | Error e) {
            forgetting.set(false); // whoever reads them next forgets them
            log.debug("The scheduler refused to forget invalidations that are done", e);
        }
    }

    private void handOverForgetting() {
        try {
            workers.execute(this::forget);
        } catch (RuntimeException | Error e) {
            forgetting.set(false); // whoever reads them next forgets them
            log.debug("The executor refused to forget invalidations that are done", e);
        }
    }

    private void forget() {
        forgetting.set(false);
        forget(List.copyOf(done));
    }

    /** Has the store forget what is done; what it cannot forget now is asked of it again by the next look. */
    void forget(List<PendingInvalidation> batch) {
        if (batch.isEmpty()) {
            return;
        }
        try {
            states.invalidated(batch);
            batch.forEach(done::remove);
        } catch (RefreshException | RuntimeException e) {
            log.debug("Invalidations that are done could not be forgotten yet", e);
        }
    }

    /**
     * Does what is pending for these views now, on this thread. What fails is repeated in the background until it is done.
     *
     * @return the views whose caches were invalidated
     */
    Set<ViewName> perform(Collection<ViewName> views) throws CacheUnavailableException, RefreshException {
        if (invalidator.isEmpty()) {
            return Set.of();
        }
        try {
            return invalidate(invalidator.get(), views);
        } catch (CacheUnavailableException | RefreshException | RuntimeException e) {
            repeatLater();
            throw e;
        }
    }

    private void repeatLater() {
        if (failures.compareAndSet(0, 1)) {
            scheduleNext(1);
        }
    }

    /** Whether a repetition is due, which will do whatever is pending by then. */
    boolean willRepeat() {
        return failures.get() > 0;
    }

    /** The views with something pending, without what is done and about to be forgotten. */
    Set<ViewName> pending(Collection<ViewName> views) throws RefreshException {
        return viewsOf(notDone(states.pendingInvalidations(views)));
    }

    /** The same; empty where the store could not be asked. */
    Optional<Set<ViewName>> pendingIfKnown(Collection<ViewName> views) {
        try {
            return Optional.of(pending(views));
        } catch (RefreshException | RuntimeException e) {
            log.debug("Pending invalidations could not be read", e);
            return Optional.empty();
        }
    }

    private static Set<ViewName> viewsOf(Collection<PendingInvalidation> pending) {
        return pending.stream().map(PendingInvalidation::view).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private Set<ViewName> invalidate(CacheInvalidator cache, Collection<ViewName> views)
            throws CacheUnavailableException, RefreshException {
        List<PendingInvalidation> pending = states.pendingInvalidations(views);
        if (pending.isEmpty()) {
            return Set.of();
        }
        Set<ViewName> changed = viewsOf(notDone(pending));
        if (!changed.isEmpty()) {
            perform(cache, changed);
        }
        states.invalidated(pending);
        pending.forEach(done::remove);
        return changed;
    }

    private List<PendingInvalidation> notDone(List<PendingInvalidation> pending) {
        return pending.stream().filter(entry -> !done.contains(entry)).toList();
    }

    /** An error of the client, such as a class that is missing, is no reason to call a committed refresh failed. */
    private static void perform(CacheInvalidator cache, Set<ViewName> changed) throws CacheUnavailableException {
        try {
            cache.invalidate(changed);
        } catch (CacheUnavailableException | RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw new CacheUnavailableException("the cache invalidator failed unexpectedly: " + e, e);
        }
    }

    private void scheduleNext(int failed) {
        long pause = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(failed - 1, DOUBLINGS));
        try {
            scheduler.schedule(this::handOver, pause, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException closing) {
            failures.set(0);
        }
    }

    private void handOver() {
        try {
            workers.execute(this::repeat);
        } catch (RuntimeException | Error e) {
            log.debug("The executor refused to repeat cache invalidations", e);
            scheduleNext(failures.incrementAndGet());
        }
    }

    private void repeat() {
        // Before it reads what is pending: whoever fails from here on sees to a repetition of his own.
        int failed = failures.getAndSet(0) + 1;
        try {
            Set<ViewName> done = invalidate(invalidator.orElseThrow(), planned);
            log.info("Postponed cache invalidations are done: {}", done);
        } catch (CacheUnavailableException | RefreshException | RuntimeException | Error e) {
            log.debug("Cache invalidations are still pending", e);
            if (failures.compareAndSet(0, failed)) {
                scheduleNext(failed);
            }
        }
    }
}
