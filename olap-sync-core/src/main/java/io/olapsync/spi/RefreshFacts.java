package io.olapsync.spi;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * What is true of a view while its lock is held, and so stays true until it is refreshed. Used by the thread that
 * refreshes, while it asks a {@link RefreshCondition}.
 */
public interface RefreshFacts {

    /** The view. */
    ViewName view();

    /** What its last refresh shows; empty where there was none, or where the view was refreshed or emptied by hand since. */
    Optional<DataAsOf> shows();

    /**
     * How long ago its last refresh was committed, a real duration by the store's clock; negative where that clock was
     * set back, empty where there was none.
     */
    Optional<Duration> sinceRefresh();

    /**
     * Whether it shows the last change of each of these views, all of which it reads: false where one of them was
     * refreshed and changed after this one was.
     *
     * @param ancestors the views that this one reads, directly or through others
     */
    boolean showsLatest(Set<ViewName> ancestors) throws RefreshException;

    /**
     * Whether a refresh now would certainly write what the view has. It never guesses: false wherever it cannot be proven,
     * and for a definition that depends on the time or on anything else outside the transactions of the store.
     *
     * @param ancestors the views that this one reads, directly or through others
     */
    boolean nothingChanged(Set<ViewName> ancestors) throws RefreshException;
}
