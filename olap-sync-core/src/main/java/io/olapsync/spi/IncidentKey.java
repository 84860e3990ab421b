package io.olapsync.spi;

import java.util.Objects;

/**
 * What an {@link Incident} is about: while one of a key is open, whatever else happens to it is part of that one.
 *
 * @param plan the plan's name
 * @param topic what is wrong
 * @param subject with what: the text of a {@link ViewName}, the name of a check or schedule, a kind of run; cut at 300 characters
 */
public record IncidentKey(String plan, Topic topic, String subject) {

    /** What can be wrong. */
    public enum Topic {
        /** A view could not be refreshed. Over with its next committed refresh. */
        REFRESH,
        /** Rows of a delta table differed, and were mended: its declaration misses something. Over with a full sync of it without. */
        DRIFT,
        /** A check did not pass. Over when it passes. */
        CHECK,
        /** A run was refused, could not begin, was not recorded, ran out of time, or died. Over when one is completed. */
        RUN,
        /** A view is older than its limit, although nothing failed. Over when it is younger. */
        STALENESS,
        /** A schedule's tick was missed or left out again, or nobody takes its ticks up. Over when the run of one has ended. */
        SCHEDULE,
        /** A view cannot be kept as young as its target lag asks. Over when it can. */
        TARGET_LAG,
        /** The store itself cannot be asked. */
        STORE
    }

    private static final int LONGEST = 300;

    public IncidentKey {
        Objects.requireNonNull(plan, "plan");
        Objects.requireNonNull(topic, "topic");
        subject = subject.length() <= LONGEST ? subject : subject.substring(0, LONGEST);
    }
}
