package io.olapsync.jdbc.internal;

import io.olapsync.spi.Fuse;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.ViewName;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Stops a refresh that changes more than is believed, before its commit. */
final class Fuses {

    private Fuses() {}

    static void check(Refreshed refreshed, @Nullable Fuse fuse) throws RefreshException {
        if (fuse == null || refreshed.firstTime()) {
            return;
        }
        long rows = refreshed.rows();
        RowDelta delta = refreshed.result().delta().orElse(null);
        // Where the server does not count, the rows of the last refresh have to do; they give the least possible
        // change.
        long before = delta == null ? refreshed.before().recordedRows() : rows - delta.inserted() + delta.deleted();
        long changed = delta == null ? Math.abs(rows - before) : Math.max(delta.inserted(), delta.deleted());
        if (before <= 0) {
            return;
        }
        if (rows == 0 && !fuse.mayBecomeEmpty()) {
            throw blown(refreshed.view(), "all of its " + before + " rows would vanish", "allow that it becomes empty");
        }
        if (changed > fuse.maxChangedShare() * before) {
            String numbers = String.format(
                    Locale.ROOT,
                    "%d of its %d rows (%.1f %%) would change%s, more than the %.1f %% that its fuse allows",
                    changed,
                    before,
                    100.0 * changed / before,
                    delta == null ? " at least" : " (" + delta + ")",
                    100 * fuse.maxChangedShare());
            throw blown(refreshed.view(), numbers, "raise its largest changed share");
        }
    }

    private static RefreshException blown(ViewName view, String numbers, String how) {
        String remedy = "check the tables that it reads; if the change is right, " + how
                + ", or run it once without fuses: SyncRequest.withoutFuses()";
        return new RefreshException(
                Kind.PERMANENT, view + " was rolled back: " + numbers + "; " + remedy, view, null, remedy, null);
    }
}
