package io.olapsync.spi;

import java.util.Locale;
import java.util.Objects;

/**
 * How a delta table was refreshed.
 *
 * @param way what was recomputed
 * @param reason why that way and no other, in a few words
 * @param keys the keys that had changed, or groups; 0 where they were not counted
 * @param drift the rows that differed from the definition although nothing had called for it, and were mended: more than
 *     0 means that the declaration misses something
 */
public record DeltaRefresh(Way way, String reason, long keys, long drift) {

    /** What was recomputed. */
    public enum Way {
        /** Nothing: no row that it reads had changed. */
        NOTHING,
        /** The differences of sums and counts. */
        ADDITIVE,
        /** The rows of the changed keys. */
        KEYS,
        /** Everything, and written what differed. */
        FULL
    }

    /** @throws IllegalArgumentException if a count is negative */
    public DeltaRefresh {
        Objects.requireNonNull(way, "way");
        Objects.requireNonNull(reason, "reason");
        if (keys < 0 || drift < 0) {
            throw new IllegalArgumentException("counts must not be negative: " + keys + " keys, drift " + drift);
        }
    }

    /** Whether rows differed although nothing had called for it. */
    public boolean hasDrifted() {
        return drift > 0;
    }

    /** In a word, such as {@code keys (25)} or {@code full, drift 3}; without the reason. */
    @Override
    public String toString() {
        return way.name().toLowerCase(Locale.ROOT)
                + (keys > 0 ? " (" + keys + ")" : "")
                + (drift > 0 ? ", drift " + drift : "");
    }
}
