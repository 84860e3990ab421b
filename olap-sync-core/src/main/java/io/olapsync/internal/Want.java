package io.olapsync.internal;

import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshFacts;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.Snapshot;
import io.olapsync.spi.ViewControl;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a run wants of one view, and so what makes a refresh of it needless. The same question is asked twice: before the
 * run, to spare what only it would have needed, and under the lock, when the answer can no longer change.
 *
 * @param force whether neither its age nor what it shows counts
 * @param repairs whether all of it is compared with its definition, and mended
 * @param interval how long after a refresh it is too recent
 * @param required what it must show; empty: nothing is known that it already has
 * @param since the moment that it must show; empty: no moment will do
 * @param checksForChanges whether to leave it where nothing has changed
 * @param waits whether to wait for somebody else who is refreshing it
 */
record Want(
        boolean force,
        boolean repairs,
        Interval interval,
        List<Mark> required,
        Optional<Instant> since,
        boolean checksForChanges,
        boolean waits) {

    /** A refresh, whatever is known. */
    static final Want ALWAYS = new Want(true, false, Interval.NONE, List.of(), Optional.empty(), false, true);

    Want {
        required = List.copyOf(required);
    }

    /** What speaks against it by what was read before the run. */
    Optional<SkipReason> before(@Nullable ViewState state, ViewControl control, Coverage coverage) {
        if (control.isPaused()) {
            return Optional.of(SkipReason.PAUSED);
        }
        if (!force && control.isSuspended()) {
            return Optional.of(SkipReason.SUSPENDED);
        }
        if (state == null || force) {
            return Optional.empty();
        }
        boolean covered =
                !required.isEmpty() && required.stream().allMatch(mark -> coverage.covers(state.view(), mark));
        return skip(covered, state.asOf(), coverage.isBehindNone(state.view()), age(state));
    }

    /** How long ago the view was refreshed; empty where the store's clock may have been set back since. */
    static Optional<Duration> age(ViewState state) {
        return state.staleness().isZero()
                ? Optional.empty()
                : Optional.of(
                        state.staleness().minus(Duration.between(state.asOf().time(), state.refreshedAt())));
    }

    /** What speaks against it now that nobody else can refresh it. */
    Optional<SkipReason> locked(RefreshFacts facts, Set<ViewName> ancestors) throws RefreshException {
        if (force || facts.shows().isEmpty()) {
            return Optional.empty();
        }
        boolean behindNone = ancestors.isEmpty() || facts.showsLatest(ancestors);
        DataAsOf shows = facts.shows().get();
        Snapshot snapshot = Snapshot.parse(shows.snapshot());
        boolean covered =
                behindNone && !required.isEmpty() && required.stream().allMatch(mark -> mark.isCoveredBy(snapshot));
        Optional<SkipReason> skip = skip(covered, shows, behindNone, facts.sinceRefresh());
        if (skip.isEmpty() && checksForChanges && facts.nothingChanged(ancestors)) {
            return Optional.of(SkipReason.NOTHING_CHANGED);
        }
        return skip;
    }

    private Optional<SkipReason> skip(boolean covered, DataAsOf shows, boolean behindNone, Optional<Duration> age) {
        if (covered || (behindNone && since.isPresent() && !shows.time().isBefore(since.get()))) {
            return Optional.of(SkipReason.ALREADY_COVERED);
        }
        // A negative age is a clock that was set back: it says nothing, and must not block.
        boolean recent = age.isPresent() && !age.get().isNegative() && age.get().compareTo(interval.after(shows)) < 0;
        return recent ? Optional.of(SkipReason.TOO_RECENT) : Optional.empty();
    }
}
