package io.olapsync.internal;

import io.olapsync.schedule.Misfire;
import io.olapsync.schedule.Schedule;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * The one tick of a schedule that is to be taken up now. Of several that nobody took up it is the last: what is missed is not
 * made up for one by one.
 *
 * @param tick the tick
 * @param late how long ago its run should have begun
 */
record DueTick(Instant tick, Duration late) {

    /**
     * Looks for it.
     *
     * @param after the last tick that somebody has taken up, or since when ticks count
     */
    static Optional<DueTick> of(Schedule schedule, String plan, Instant after, Instant now) {
        Optional<Instant> last = schedule.lastBetween(after, now);
        if (last.isPresent() && schedule.startOf(last.get(), plan).isAfter(now)) {
            // A tick waits no longer than half of the time to the next: the one before has waited long enough.
            last = schedule.lastBetween(after, last.get().minusMillis(1));
        }
        return last.map(tick -> new DueTick(tick, Duration.between(schedule.startOf(tick, plan), now)));
    }

    /** When the next run begins: of the tick that waits, else of the next one. */
    static Instant nextStart(Schedule schedule, String plan, Instant after, Instant now) {
        Optional<Instant> waiting = schedule.lastBetween(after, now)
                .map(tick -> schedule.startOf(tick, plan))
                .filter(start -> start.isAfter(now));
        return waiting.orElseGet(() -> schedule.startOf(schedule.next(now), plan));
    }

    boolean isMissed(Schedule schedule) {
        return late.compareTo(schedule.grace()) > 0;
    }

    /** How a claim begins whose tick was left out because the run of an earlier one had not ended. */
    static final String LEFT_OUT = "left out: ";

    /** Why it is not run although nobody did; empty where it is run. */
    Optional<String> reasonToSkip(Schedule schedule) {
        return isMissed(schedule) && schedule.misfire() == Misfire.SKIP
                ? Optional.of("missed: noticed " + Texts.of(late) + " after it was due")
                : Optional.empty();
    }
}
