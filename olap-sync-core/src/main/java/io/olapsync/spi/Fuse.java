package io.olapsync.spi;

/**
 * The largest change of a view that is believed; a refresh beyond it is rolled back and fails.
 *
 * <p>It guards a view against a source that was emptied or overwritten by mistake. The first population of a view is
 * never stopped by it.
 *
 * @param maxChangedShare rows inserted, or rows deleted, whichever is more, as a share of the rows before: above 0; 1.0
 *     allows every row to be replaced once
 * @param mayBecomeEmpty whether a view that has rows may be left without any
 */
public record Fuse(double maxChangedShare, boolean mayBecomeEmpty) {

    /** @throws IllegalArgumentException if the share is not a positive, finite number */
    public Fuse {
        if (!(maxChangedShare > 0) || Double.isInfinite(maxChangedShare)) {
            throw new IllegalArgumentException(
                    "a fuse's largest changed share must be above 0 and finite, for example 0.5, not "
                            + maxChangedShare);
        }
    }

    /** A fuse that blows when more than this share of the rows would change, or when all would vanish. */
    public static Fuse ofChangedShare(double maxChangedShare) {
        return new Fuse(maxChangedShare, false);
    }
}
