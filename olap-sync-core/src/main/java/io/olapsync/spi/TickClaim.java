package io.olapsync.spi;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * What a process does with a tick of a schedule, and no other process does.
 *
 * @param plan the plan's name
 * @param schedule the schedule's name, unique within the plan
 * @param tick the tick itself, as the schedule says, not when it was noticed
 * @param run the run that is begun for it; where none is, the last one that was begun for an earlier tick; empty where there was
 *     none
 * @param process names the process, for people
 * @param note why no run is begun; empty where one is
 */
public record TickClaim(String plan, String schedule, Instant tick, Optional<RunId> run, String process, String note) {

    /** Whether a run is begun for the tick. */
    public boolean isRun() {
        return note.isEmpty();
    }

    public TickClaim {
        Objects.requireNonNull(plan, "plan");
        Objects.requireNonNull(schedule, "schedule");
        Objects.requireNonNull(tick, "tick");
        Objects.requireNonNull(run, "run");
        Objects.requireNonNull(process, "process");
        Objects.requireNonNull(note, "note");
    }
}
