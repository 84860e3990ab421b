package io.olapsync.internal;

import io.olapsync.spi.DataAsOf;
import io.olapsync.spi.Snapshot;
import java.time.Duration;
import java.util.List;

/**
 * How long a view is left alone after a refresh. A run that waits for somebody else's refresh of the view finds itself right
 * behind it: what had made the run urgent is then shown, and the rest can wait.
 *
 * @param usual zero: it is never too early for the next one
 * @param urgent what cannot wait so long
 * @param ofUrgent what holds as long as a refresh has not seen all that is urgent
 */
record Interval(Duration usual, List<Mark> urgent, Duration ofUrgent) {

    /** It is never too early. */
    static final Interval NONE = of(Duration.ZERO);

    Interval {
        urgent = List.copyOf(urgent);
    }

    /** The same, whatever a refresh has seen. */
    static Interval of(Duration usual) {
        return new Interval(usual, List.of(), usual);
    }

    /** How long after a refresh that showed this. */
    Duration after(DataAsOf shown) {
        if (urgent.isEmpty()) {
            return usual;
        }
        Snapshot seen = Snapshot.parse(shown.snapshot());
        return urgent.stream().allMatch(mark -> mark.isCoveredBy(seen)) ? usual : ofUrgent;
    }
}
