package io.olapsync.benchmarks;

/** Who captures the changes of a source. */
public enum Captured {
    /** The library's triggers. */
    BY_LIBRARY("captured"),

    /** Nobody. */
    NOT("not captured"),

    /**
     * Triggers for statements that append the rows, old and new, to a table, and do nothing else: what one would write who has
     * neither to bound that table nor to let writers append to it who may not.
     */
    BY_HAND("by a trigger of one's own");

    private final String way;

    Captured(String way) {
        this.way = way;
    }

    /** As a table's heading. */
    String way() {
        return way;
    }
}
