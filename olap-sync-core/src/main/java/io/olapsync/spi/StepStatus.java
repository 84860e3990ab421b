package io.olapsync.spi;

/** The state of a step in the history. */
public enum StepStatus {
    /** Under way, or waiting for its next attempt. */
    RUNNING,
    /** Done. */
    COMPLETED,
    /** Not run; the entry's error says why. */
    SKIPPED,
    /** Failed for good. */
    FAILED,
    /** Its process died, or lost its connection for good. */
    ABANDONED
}
