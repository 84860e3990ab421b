package io.olapsync.spi;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a store says of some views when it is asked for all of it at once.
 *
 * @param now the snapshot of the store, no later than the rest was read
 * @param states by view, of those that have been refreshed before
 * @param controls by view, of each of them
 * @param pending their invalidations that are still to be done, oldest first
 * @param unchanged those that a refresh would certainly have left as they are, read after their states
 */
public record ViewsSeen(
        Snapshot now,
        Map<ViewName, ViewState> states,
        Map<ViewName, ViewControl> controls,
        List<PendingInvalidation> pending,
        Set<ViewName> unchanged) {

    /** Keeps copies of the collections. */
    public ViewsSeen {
        states = Map.copyOf(states);
        controls = Map.copyOf(controls);
        pending = List.copyOf(pending);
        unchanged = Set.copyOf(unchanged);
    }
}
