package io.olapsync.report;

import io.olapsync.SyncHealth;
import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.StepStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Times, durations and counts as people read them, and the words and signs of each state. */
final class Words {

    private static final DateTimeFormatter FULL =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter SHORT =
            DateTimeFormatter.ofPattern("MM-dd HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);

    private Words() {}

    /** Such as {@code 2026-01-31 03:00:05}, in UTC. */
    static String time(Instant time) {
        return FULL.format(time);
    }

    /** Such as {@code 01-31 03:00}, in UTC. */
    static String shortTime(Instant time) {
        return SHORT.format(time);
    }

    /** Two figures at least, two units at most: {@code 340 ms}, {@code 4.2 s}, {@code 3 min 20 s}, {@code 25 h}. */
    static String duration(Duration duration) {
        long millis = Math.max(0, duration.toMillis());
        if (millis < 1_000) {
            return millis + " ms";
        }
        if (millis < 10_000) {
            return String.format(Locale.ROOT, "%.1f s", millis / 1_000.0);
        }
        long seconds = millis / 1_000;
        if (seconds < 120) {
            return seconds + " s";
        }
        if (seconds < 7_200) {
            return two(seconds / 60, "min", seconds % 60, "s");
        }
        return seconds < 172_800
                ? two(seconds / 3_600, "h", seconds % 3_600 / 60, "min")
                : two(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h");
    }

    /** How long before the other moment the first one was, or how long after. */
    static String relative(Instant time, Instant now) {
        return time.isAfter(now)
                ? "in " + duration(Duration.between(now, time))
                : duration(Duration.between(time, now)) + " ago";
    }

    /** Such as {@code 1,234,567}. */
    static String count(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    /** Such as {@code +12 −3}. */
    static String delta(RowDelta delta) {
        if (delta.isEmpty()) {
            return "no change";
        }
        return "+" + count(delta.inserted())
                + (delta.updated() == 0 ? "" : " ~" + count(delta.updated()))
                + " \u2212" + count(delta.deleted());
    }

    /** Such as {@code keys (1,250)}; what drifted first. */
    static String way(DeltaRefresh how) {
        return (how.hasDrifted() ? "\u26A0 drift " + count(how.drift()) + ", " : "")
                + lower(how.way())
                + (how.keys() == 0 ? "" : " (" + count(how.keys()) + ")");
    }

    static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** A sign of its own for each state, so that colour is never all there is. */
    static String sign(SyncHealth.Status status) {
        return switch (status) {
            case HEALTHY -> "\u2713";
            case STALE -> "\u25F7";
            case FAILING -> "\u2715";
            case UNKNOWN -> "?";
        };
    }

    /** The colour of a state: one of {@code good}, {@code warn}, {@code bad}, {@code dim}. */
    static String tone(SyncHealth.Status status) {
        return switch (status) {
            case HEALTHY -> "good";
            case STALE -> "warn";
            case FAILING -> "bad";
            case UNKNOWN -> "dim";
        };
    }

    static String tone(RunStatus status) {
        return switch (status) {
            case COMPLETED -> "good";
            case RUNNING -> "busy";
            case FAILED, REJECTED -> "bad";
            case CANCELLED, ABANDONED -> "warn";
        };
    }

    static String tone(StepStatus status) {
        return switch (status) {
            case COMPLETED -> "good";
            case RUNNING -> "busy";
            case FAILED -> "bad";
            case ABANDONED -> "warn";
            case SKIPPED -> "dim";
        };
    }

    static String sign(RunStatus status) {
        return switch (status) {
            case COMPLETED -> "\u2713";
            case RUNNING -> "\u25B8";
            case FAILED, REJECTED -> "\u2715";
            case CANCELLED, ABANDONED -> "\u25FC";
        };
    }

    static String plural(long count, String noun) {
        return count(count) + " " + noun + (count == 1 ? "" : "s");
    }

    private static String two(long many, String unit, long few, String fewUnit) {
        return many + " " + unit + (few == 0 || (many >= 20 && !unit.equals("d")) ? "" : " " + few + " " + fewUnit);
    }
}
