package io.olapsync.jdbc.internal.delta;

import io.olapsync.spi.DeltaRefresh.Way;

/**
 * What a refresh recomputes, and why.
 *
 * @param comparable whether the keys that changed are known, so that another difference would be drift
 * @param dear whether the keys were expected to take longer than all, and are avoided for that, or tried all the same
 */
record Choice(Way way, String reason, boolean comparable, boolean dear) {

    /** Beyond this many the keys are not even read. */
    static final long MOST_KEYS = 200_000;

    /** What share of its rows the keys may be while nothing has been measured. */
    private static final double SHARE_UNMEASURED = 0.1;

    private Choice(Way way, String reason, boolean comparable) {
        this(way, reason, comparable, false);
    }

    /** What follows from the changes alone; {@link Way#KEYS} where the number of keys is to decide. */
    static Choice before(DeltaTable table, Changes changes, boolean verifies) {
        if (!table.known()) {
            return full("nothing is known of what it shows");
        }
        if (!table.captured()) {
            return full("a source lacks a capture trigger, or has it disabled");
        }
        if (table.isOther()) {
            return full("a trigger, a partition or a definition beneath it is another than before");
        }
        if (changes.overflown()) {
            return full("more had changed in a source than is kept");
        }
        if (changes.whole()) {
            return full("a source was truncated, or calls for all of it");
        }
        if (verifies) {
            boolean ages = table.timed() && table.aging().isEmpty();
            return new Choice(
                    Way.FULL, ages ? "verification; its definition depends on the time" : "verification", !ages);
        }
        if (changes.total() == 0) {
            return new Choice(Way.NOTHING, "no row that it reads has changed", true);
        }
        return new Choice(Way.KEYS, "", true);
    }

    /** Whether so many changes are worth being added one by one, by what they cost of late. */
    static boolean isWorthAdding(DeltaTable table, Changes changes) {
        Long full = table.fullMicros();
        Double one = table.changeMicros();
        return full == null || one == null || one * changes.total() <= full;
    }

    /** Changes of sums. */
    static Choice added(Changes changes) {
        return new Choice(Way.ADDITIVE, changes.total() + (changes.total() == 1 ? " change" : " changes"), true);
    }

    /** Where the changes cannot be added, and keys cannot be computed alone. */
    static Choice notPushedDown() {
        return full("the server would compute all of it for a single key");
    }

    /** Which is cheaper, by what they cost of late. */
    static Choice among(DeltaTable table, Keys keys) {
        if (keys.count() == 0) {
            return new Choice(Way.NOTHING, "the changes lead to no key of it", true);
        }
        if (keys.count() > MOST_KEYS) {
            return full("more than " + MOST_KEYS + " keys changed");
        }
        Long full = table.fullMicros();
        Double one = table.keyMicros();
        double share = Math.max(1000, table.rows() * SHARE_UNMEASURED);
        if ((full == null || one == null) ? keys.count() <= share : one * keys.count() <= full) {
            return new Choice(Way.KEYS, changed(keys), true);
        }
        if (full != null && Trial.isDue(table)) {
            return new Choice(Way.KEYS, changed(keys) + ", tried again", true, true);
        }
        return dearer(changed(keys) + (one == null ? "" : ", which would take longer than all"));
    }

    /** Where keys were tried again, and would have taken longer than all. */
    static Choice inVain(Keys keys) {
        return dearer(changed(keys) + ", which would have taken longer than all");
    }

    private static String changed(Keys keys) {
        return keys.count() == 1 ? "1 key changed" : keys.count() + " keys changed";
    }

    private static Choice dearer(String reason) {
        return new Choice(Way.FULL, reason, false, true);
    }

    private static Choice full(String reason) {
        return new Choice(Way.FULL, reason, false);
    }
}
