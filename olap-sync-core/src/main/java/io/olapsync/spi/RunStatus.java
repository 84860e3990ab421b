package io.olapsync.spi;

/** The state of a run. */
public enum RunStatus {
    /** Under way. */
    RUNNING,
    /** No step failed; a cache that was away may still have to be invalidated. */
    COMPLETED,
    /** At least one step failed; the others were done as far as they could be. */
    FAILED,
    /** Refused before anything was touched, because the plan and the database do not fit. */
    REJECTED,
    /** Cancelled, stopped by its deadline or by the closing of the library before it had finished. */
    CANCELLED,
    /** Its process died. */
    ABANDONED
}
