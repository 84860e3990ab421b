package io.olapsync.spi;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The state that {@link RefreshExecutor} commits with the data, as seen by everybody else.
 *
 * <p>Thread-safe. The invalidations are an outbox: the commit that changes a view leaves an entry, and the entry goes
 * only after the cache was invalidated. So a process that dies in between, or a cache that is away, loses none; an
 * invalidation done twice does no harm.
 */
public interface ViewStates {

    /**
     * The states of those of these views that have been refreshed before; a view without one is absent.
     *
     * @throws RefreshException if the store could not be read
     */
    Map<ViewName, ViewState> read(Collection<ViewName> views) throws RefreshException;

    /**
     * The invalidations of these views that are still to be done, oldest first.
     *
     * @throws RefreshException if the store could not be read
     */
    List<PendingInvalidation> pendingInvalidations(Collection<ViewName> views) throws RefreshException;

    /**
     * Forgets these invalidations, because they have been done since they were read. Unknown ones are ignored.
     *
     * @throws RefreshException if the store could not be written
     */
    void invalidated(Collection<PendingInvalidation> done) throws RefreshException;

    /**
     * Records that refreshes were not needed: {@link ViewState#confirmedAt} of these views moves on, and never back. What is about
     * another refresh than the last one is ignored, and so are unknown views.
     *
     * @throws RefreshException if the store could not be written
     */
    void confirmed(Collection<ViewConfirmation> unchanged) throws RefreshException;

    /**
     * Those of these views that a refresh now would certainly leave as they are, asked once for all and without their locks: so
     * that a run in which nothing has changed need not take each of them. A view that is not named is looked at under its
     * lock, so a store may name none, as it does by default. It never guesses, like {@link RefreshFacts#nothingChanged}; whoever
     * refreshes a view meanwhile makes it show more, not less.
     *
     * @param ancestors by view, the views that it reads by the plan, directly or through others
     * @throws RefreshException if the store could not be read
     */
    default Set<ViewName> unchanged(Map<ViewName, Set<ViewName>> ancestors) throws RefreshException {
        return Set.of();
    }

    /** The snapshot of the store now: whatever was committed before this call is in it. */
    Snapshot now() throws RefreshException;

    /**
     * Everything that a sync asks before it begins, in as few round trips as the store can do it: as if it were asked one after the other,
     * which it is by default.
     *
     * @param views whose states, controls and invalidations are read
     * @param ancestors of whom it is asked whether they are {@linkplain #unchanged unchanged}; may be empty
     * @throws RefreshException if the store could not be read
     */
    default ViewsSeen look(Collection<ViewName> views, Map<ViewName, Set<ViewName>> ancestors) throws RefreshException {
        Snapshot now = now();
        Map<ViewName, ViewState> states = read(views);
        Map<ViewName, ViewControl> controls = controls(views);
        List<PendingInvalidation> pending = pendingInvalidations(views);
        return new ViewsSeen(now, states, controls, pending, ancestors.isEmpty() ? Set.of() : unchanged(ancestors));
    }

    /**
     * Records for each of these views that it must be refreshed, for everybody to see and until somebody says that it is
     * {@linkplain #fulfilled fulfilled}.
     *
     * @param delay how long it may not be done yet; zero or less: not at all
     * @param reason who or what asks for it
     */
    void order(Collection<ViewName> views, Duration delay, String reason) throws RefreshException;

    /** The orders for these views that nobody has said to be {@linkplain #fulfilled fulfilled}, oldest first. */
    List<RefreshOrder> orders(Collection<ViewName> views) throws RefreshException;

    /**
     * Forgets these orders, because readers of the views see what they ask for. Who says so has looked at the views beneath,
     * too, which a store does not know: no refresh ends an order by itself. Unknown ones are ignored.
     */
    void fulfilled(Collection<RefreshOrder> orders) throws RefreshException;

    /** What holds each of these views back; an entry for each of them. */
    Map<ViewName, ViewControl> controls(Collection<ViewName> views) throws RefreshException;

    /**
     * Counts a failure of each of these views, and suspends those that have now failed this often in a row.
     *
     * @return those that this very call has suspended
     */
    Set<ViewName> failed(Collection<ViewName> views, int suspendAfter) throws RefreshException;

    /** Pauses these views; those that are paused already keep their reason. */
    void pause(Collection<ViewName> views, String reason) throws RefreshException;

    /** Ends pause and suspension of these views, and forgets their failures. */
    void resume(Collection<ViewName> views) throws RefreshException;

    /** Says to all processes that events for these views are arriving now. */
    void eventsArriving(Collection<ViewName> views) throws RefreshException;
}
