package io.olapsync.spi;

/** Which of the ways of syncing asked for a refresh. */
public enum SyncKind {
    /** Every view of the plan, in dependency order. */
    FULL,
    /** Some views, by call, between full syncs. */
    INCREMENTAL,
    /** Some views, because events said that their sources changed. */
    EVENT
}
