package io.olapsync.schedule;

/** What becomes of a tick that is noticed later than the grace of its schedule. */
public enum Misfire {
    /** It is left out: one line in the log, and health says so until the next tick. */
    SKIP,
    /** It is run once, late, however many ticks were missed; also when a process starts after all had been down. */
    RUN_ONCE
}
