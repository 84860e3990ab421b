package io.olapsync.spi;

/**
 * How many rows of a view one refresh wrote.
 *
 * <p>{@code REFRESH MATERIALIZED VIEW CONCURRENTLY} replaces a changed row by a deletion and an insertion, so there a
 * change of one row reads {@code +1 ~0 -1}.
 *
 * @param inserted rows added, 0 or more
 * @param updated rows changed in place, 0 or more
 * @param deleted rows removed, 0 or more
 */
public record RowDelta(long inserted, long updated, long deleted) {

    /** Nothing was written. */
    public static final RowDelta NONE = new RowDelta(0, 0, 0);

    /** @throws IllegalArgumentException if a count is negative */
    public RowDelta {
        if (inserted < 0 || updated < 0 || deleted < 0) {
            throw new IllegalArgumentException(
                    "row counts must not be negative: +" + inserted + " ~" + updated + " -" + deleted);
        }
    }

    /** Whether nothing was written. */
    public boolean isEmpty() {
        return inserted == 0 && updated == 0 && deleted == 0;
    }

    @Override
    public String toString() {
        return updated == 0 ? "+" + inserted + " -" + deleted : "+" + inserted + " ~" + updated + " -" + deleted;
    }
}
