package io.olapsync.jdbc.internal.delta;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/** The changes that a delta table has not seen yet, by capture. */
record Changes(List<OfCapture> captures) {

    /**
     * @param changes how many there are
     * @param whole whether one of them calls for a recomputation of all
     * @param own whether some were made by this very transaction
     * @param overflown whether there may be more than these, of which nothing was kept
     */
    record OfCapture(int capture, long changes, boolean whole, boolean own, boolean overflown) {}

    static String sql(int delta) {
        return "SELECT capture, changes, whole, own, overflown FROM " + DeltaNames.pending(delta);
    }

    static OfCapture of(ResultSet row) throws SQLException {
        return new OfCapture(row.getInt(1), row.getLong(2), row.getBoolean(3), row.getBoolean(4), row.getBoolean(5));
    }

    long total() {
        return captures.stream().mapToLong(OfCapture::changes).sum();
    }

    /** How many there are in this capture. */
    long of(int capture) {
        return captures.stream()
                .filter(one -> one.capture() == capture)
                .mapToLong(OfCapture::changes)
                .sum();
    }

    boolean whole() {
        return captures.stream().anyMatch(OfCapture::whole);
    }

    boolean overflown() {
        return captures.stream().anyMatch(OfCapture::overflown);
    }

    /** The captures of which this transaction has seen changes that it made itself. */
    List<Integer> own() {
        return captures.stream().filter(OfCapture::own).map(OfCapture::capture).toList();
    }
}
