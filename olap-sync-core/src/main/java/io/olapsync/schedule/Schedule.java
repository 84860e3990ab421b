package io.olapsync.schedule;

import io.olapsync.Selection;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * Runs that begin by themselves, at the ticks of a cron expression: one run for each tick, however many processes have the
 * schedule. Immutable; each method gives a changed copy.
 *
 * <p>A tick is due by the database's clock. It is claimed there, by one process, which then runs it. What was missed because
 * no process was there, or none could reach the database, is not made up for, unless {@link Misfire#RUN_ONCE} says so; a tick
 * that comes while the run of an earlier one is still under way is left out.
 *
 * @param name what it is called, unique within an engine, at most 100 characters. Processes that have a schedule of the same name
 *     and plan share its ticks
 * @param cron when
 * @param zone the zone whose clocks count
 * @param selection what to refresh, exactly: all views make a full run
 * @param jitter how long after its tick a run begins at most: always the same for one tick, and never more than half of the time to
 *     the next; zero: at once. It keeps schedules of many plans from beginning in the same second
 * @param grace how much later than that a tick may be noticed before it counts as missed
 * @param misfire what becomes of a missed tick
 */
public record Schedule(
        String name, Cron cron, ZoneId zone, Selection selection, Duration jitter, Duration grace, Misfire misfire) {

    /** How late a tick may be noticed where nothing else is said. */
    public static final Duration DEFAULT_GRACE = Duration.ofMinutes(5);

    private static final String RESERVED = "target lag";
    private static final int LONGEST_NAME = 100;
    private static final Duration LONGEST = Duration.ofDays(366);

    /** @throws IllegalArgumentException if the name, the jitter or the grace cannot be */
    public Schedule {
        Objects.requireNonNull(cron, "cron");
        Objects.requireNonNull(zone, "zone");
        Objects.requireNonNull(selection, "selection");
        Objects.requireNonNull(misfire, "misfire");
        if (name.isBlank() || name.length() > LONGEST_NAME || name.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("a schedule's name must have 1 to " + LONGEST_NAME
                    + " characters, none of them a control character, not '" + name + "'");
        }
        if (name.startsWith(RESERVED)) {
            throw new IllegalArgumentException("a schedule's name must not begin with '" + RESERVED
                    + "': those are the engine's own; not '" + name + "'");
        }
        if (jitter.isNegative() || jitter.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "schedule '" + name + "': the jitter must be between 0 and 366 days, not " + jitter);
        }
        if (grace.compareTo(Duration.ofSeconds(1)) < 0 || grace.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "schedule '" + name + "': the grace must be between 1 second and 366 days, not " + grace);
        }
    }

    /**
     * All views of the plan, at the ticks of this expression in UTC, without jitter; what is missed by more than 5 minutes is left
     * out.
     *
     * @throws IllegalArgumentException if the name or the expression cannot be
     */
    public static Schedule of(String name, String cron) {
        return new Schedule(
                name, Cron.parse(cron), ZoneOffset.UTC, Selection.all(), Duration.ZERO, DEFAULT_GRACE, Misfire.SKIP);
    }

    /** By the clocks of this zone. */
    public Schedule in(ZoneId other) {
        return new Schedule(name, cron, other, selection, jitter, grace, misfire);
    }

    /** The same by the name of the zone, such as {@code Europe/Berlin}. */
    public Schedule in(String zoneId) {
        return in(ZoneId.of(zoneId));
    }

    /** For these views only. */
    public Schedule selecting(Selection other) {
        return new Schedule(name, cron, zone, other, jitter, grace, misfire);
    }

    /** The same, as {@link Selection#parse} reads it. */
    public Schedule selecting(String... expressions) {
        return selecting(Selection.parse(expressions));
    }

    /** Up to this long after its tick. */
    public Schedule withJitter(Duration most) {
        return new Schedule(name, cron, zone, selection, most, grace, misfire);
    }

    /** Noticed this much later, a tick counts as missed. */
    public Schedule withGrace(Duration other) {
        return new Schedule(name, cron, zone, selection, jitter, other, misfire);
    }

    /** Missed ticks are dealt with this way. */
    public Schedule onMisfire(Misfire other) {
        return new Schedule(name, cron, zone, selection, jitter, grace, other);
    }

    /** The first tick after this moment. */
    public Instant next(Instant after) {
        return cron.next(after, zone);
    }

    /** The last tick after the first and not after the second of these moments; empty where there is none. */
    public Optional<Instant> lastBetween(Instant after, Instant until) {
        return cron.last(after, until, zone);
    }

    /**
     * When the run of a tick begins: the tick and its share of the jitter.
     *
     * @param plan the name of the plan that it is for
     */
    public Instant startOf(Instant tick, String plan) {
        if (jitter.isZero()) {
            return tick;
        }
        long half = Duration.between(tick, next(tick)).toMillis() / 2;
        long most = Math.min(jitter.toMillis(), half);
        long drawn = mixed(tick.getEpochSecond() ^ (long) Objects.hash(plan, name) << 32);
        return tick.plusMillis(Math.floorMod(drawn, most + 1));
    }

    /** The finaliser of SplitMix64: neighbouring ticks are drawn far apart. */
    private static long mixed(long seed) {
        long z = seed + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /** The expression and its zone, and what else differs from the usual: {@code 0 3 * * * UTC}. */
    public String text() {
        return cron + " " + (zone.equals(ZoneOffset.UTC) ? "UTC" : zone.getId())
                + (selection.equals(Selection.all()) ? "" : ", " + selection)
                + (jitter.isZero()
                        ? ""
                        : ", jitter " + jitter.toString().substring(2).toLowerCase(Locale.ROOT))
                + (misfire == Misfire.SKIP ? "" : ", missed: run once");
    }
}
