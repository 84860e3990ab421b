package io.olapsync;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * How an incremental sync is to be done. Immutable; each method gives a changed copy.
 *
 * @param since what the view must show at least: where its data is as of this moment or later, nothing is done. Compared
 *     with the database's clock; empty: whatever was committed before the call
 * @param force whether to refresh even where the view is too recent, suspended, or nothing has changed
 * @param repairs whether the whole of a delta table is computed and what differs is written, as in a full sync, and not only
 *     what its changes lead to; what had not been called for by a change is reported as drift
 * @param ancestors whether the views that it reads go first where they are stale
 * @param waits whether to wait where somebody else is refreshing the view, instead of leaving it to him
 * @param defers whether a view that is too recent is refreshed later, when its interval ends, also if this process dies
 * @param trigger who or what asks, in a few words, for the history
 */
public record RefreshOptions(
        Optional<Instant> since,
        boolean force,
        boolean repairs,
        boolean ancestors,
        boolean waits,
        boolean defers,
        String trigger) {

    /** The defaults: ancestors first, not forced, no repair, no waiting, no deferring. */
    public static final RefreshOptions DEFAULTS =
            new RefreshOptions(Optional.empty(), false, false, true, false, false, "call");

    /** @throws IllegalArgumentException if the trigger is blank */
    public RefreshOptions {
        Objects.requireNonNull(since, "since");
        if (trigger.isBlank()) {
            throw new IllegalArgumentException("a trigger must not be blank: say who asks for the refresh");
        }
    }

    /** Only where the view does not show this moment yet. */
    public RefreshOptions since(Instant moment) {
        return new RefreshOptions(Optional.of(moment), force, repairs, ancestors, waits, defers, trigger);
    }

    /** Whatever speaks against it; only a pause is respected. */
    public RefreshOptions forced() {
        return new RefreshOptions(since, true, repairs, ancestors, waits, defers, trigger);
    }

    /** Whatever speaks against it, and all of it: what differs from the definition is mended. */
    public RefreshOptions repairing() {
        return new RefreshOptions(since, true, true, ancestors, waits, defers, trigger);
    }

    /** The views alone, on what they read as it is. */
    public RefreshOptions withoutAncestors() {
        return new RefreshOptions(since, force, repairs, false, waits, defers, trigger);
    }

    /** Waiting for somebody else who is refreshing the view. */
    public RefreshOptions waiting() {
        return new RefreshOptions(since, force, repairs, ancestors, true, defers, trigger);
    }

    /** Later, where it is too recent now. */
    public RefreshOptions deferring() {
        return new RefreshOptions(since, force, repairs, ancestors, waits, true, trigger);
    }

    /** Asked for by somebody else. */
    public RefreshOptions withTrigger(String who) {
        return new RefreshOptions(since, force, repairs, ancestors, waits, defers, who);
    }
}
