package io.olapsync.schedule;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A cron expression of the five usual fields: minute, hour, day of month, month, day of week.
 *
 * <p>A field is {@code *}, a value, a range {@code a-b}, one of these with a step ({@code *}{@code /15}, {@code 8-18/2};
 * {@code 5/20} means from 5 to the end), or a list of such parts, separated by commas. Months and days of the week have names,
 * {@code jan} and {@code sun}; Sunday is 0 and 7, so that {@code sat-sun} is a range. No other range goes around its end: instead of
 * {@code 22-5} write {@code 22-23,0-5}. Where day of month and day of week both begin with something else than {@code *}, a day
 * matches if one of them does (<a
 * href="https://pubs.opengroup.org/onlinepubs/9799919799/utilities/crontab.html">POSIX, crontab</a>), else if both do. There are
 * no {@code L}, {@code W}, {@code #} or {@code ?}.
 *
 * <p>When clocks are changed: a tick at an hour that is left out happens once, right after the gap, together with all others that
 * the gap has swallowed; a tick at an hour that comes twice happens the first time. An expression for every hour of the day
 * follows the time that passes: it has nothing to make up for, and ticks in both of the hours that come twice.
 *
 * <p>Immutable.
 */
public final class Cron {

    /** No two matching days are further apart: the 29th of February on one day of the week, around 2100. */
    private static final int MOST_DAYS_APART = 40 * 366;

    private final String text;
    private final BitSet minutes;
    private final BitSet hours;
    private final BitSet daysOfMonth;
    private final BitSet months;
    private final BitSet daysOfWeek;
    private final boolean eitherDay;

    private Cron(String[] fields) {
        this.text = String.join(" ", fields);
        this.minutes = CronField.MINUTE.read(fields[0]);
        this.hours = CronField.HOUR.read(fields[1]);
        this.daysOfMonth = CronField.DAY_OF_MONTH.read(fields[2]);
        this.months = CronField.MONTH.read(fields[3]);
        this.daysOfWeek = CronField.DAY_OF_WEEK.read(fields[4]);
        this.eitherDay = !fields[2].startsWith("*") && !fields[4].startsWith("*");
    }

    /**
     * Reads an expression.
     *
     * @throws IllegalArgumentException if it is none, or never matches; the message names the field, the value and the rule
     */
    public static Cron parse(String expression) {
        String[] fields = expression.strip().split("\\s+");
        if (fields.length != 5) {
            throw new IllegalArgumentException("cron '" + expression + "' has "
                    + (expression.isBlank() ? "no fields" : fields.length == 1 ? "1 field" : fields.length + " fields")
                    + " instead of five: minute, hour, day of month, month, day of week"
                    + (fields.length == 6 ? "; there are neither seconds nor years" : ""));
        }
        Cron cron;
        try {
            cron = new Cron(fields);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("cron '" + expression + "': " + e.getMessage(), e);
        }
        if (cron.matchingDay(LocalDate.of(2096, 3, 1)).isEmpty()) {
            throw new IllegalArgumentException("cron '" + expression + "' never matches: none of the months '"
                    + fields[3] + "' has a day of month '" + fields[2] + "'");
        }
        return cron;
    }

    /**
     * The first tick after this moment, in its zone.
     *
     * @throws DateTimeException if there is none before the end of time
     */
    public ZonedDateTime next(ZonedDateTime after) {
        return next(after.toInstant(), after.getZone()).atZone(after.getZone());
    }

    /**
     * The first tick after this moment where the clocks show the time of this zone.
     *
     * @throws DateTimeException if there is none before the end of time
     */
    public Instant next(Instant after, ZoneId zone) {
        ZoneRules rules = zone.getRules();
        if (hours.cardinality() == 24) {
            return nextPassing(after, rules);
        }
        // Later on the clock is never earlier in time, where of an hour that comes twice only the first counts.
        LocalDateTime local = after.atZone(zone).toLocalDateTime();
        Instant tick;
        do {
            local = nextLocal(local);
            tick = firstTime(local, rules);
        } while (!tick.isAfter(after));
        return tick;
    }

    /**
     * The last tick after the one moment that is not after the other; empty where there is none between.
     *
     * @param after exclusive
     * @param until inclusive
     */
    Optional<Instant> last(Instant after, Instant until, ZoneId zone) {
        Optional<Instant> last = Optional.empty();
        // Widening windows from the end: a long time without a look must not be walked through minute by minute.
        for (Duration window = Duration.ofHours(1); last.isEmpty(); window = window.multipliedBy(24)) {
            Instant from = window.compareTo(Duration.ofDays(5000)) > 0 ? after : until.minus(window);
            from = from.isBefore(after) ? after : from;
            for (Instant tick = next(from, zone); !tick.isAfter(until); tick = next(tick, zone)) {
                last = Optional.of(tick);
            }
            if (from.equals(after)) {
                break;
            }
        }
        return last;
    }

    private LocalDateTime nextLocal(LocalDateTime after) {
        LocalDate day = after.toLocalDate();
        if (matches(day)) {
            int hour = after.getHour();
            int minute = hours.get(hour) ? minutes.nextSetBit(after.getMinute() + 1) : -1;
            if (minute >= 0) {
                return day.atTime(hour, minute);
            }
            int later = hours.nextSetBit(hour + 1);
            if (later >= 0) {
                return day.atTime(later, minutes.nextSetBit(0));
            }
        }
        return following(day.plusDays(1)).atTime(hours.nextSetBit(0), minutes.nextSetBit(0));
    }

    /** The next moment at which the clocks show a time that matches, whether they do so for the first time or not. */
    private Instant nextPassing(Instant after, ZoneRules rules) {
        ZoneOffset offset = rules.getOffset(after);
        LocalDateTime local = LocalDateTime.ofInstant(after, offset);
        ZoneOffsetTransition change = rules.nextTransition(after);
        Instant tick = nextLocal(local).toInstant(offset);
        while (change != null && !tick.isBefore(change.getInstant())) {
            tick = nextLocal(change.getDateTimeAfter().minusNanos(1)).toInstant(change.getOffsetAfter());
            change = rules.nextTransition(change.getInstant());
        }
        return tick;
    }

    /** When the clocks first show this time, or what comes instead of it. */
    private static Instant firstTime(LocalDateTime local, ZoneRules rules) {
        List<ZoneOffset> offsets = rules.getValidOffsets(local);
        return offsets.isEmpty() ? rules.getTransition(local).getInstant() : local.toInstant(offsets.get(0));
    }

    private LocalDate following(LocalDate from) {
        return matchingDay(from).orElseThrow(() -> new DateTimeException("no tick of '" + text + "' after " + from));
    }

    private Optional<LocalDate> matchingDay(LocalDate from) {
        LocalDate day = from;
        for (int i = 0; i < MOST_DAYS_APART; i++, day = day.plusDays(1)) {
            if (matches(day)) {
                return Optional.of(day);
            }
        }
        return Optional.empty();
    }

    private boolean matches(LocalDate day) {
        boolean ofMonth = daysOfMonth.get(day.getDayOfMonth());
        boolean ofWeek = daysOfWeek.get(day.getDayOfWeek().getValue() % 7);
        return months.get(day.getMonthValue()) && (eitherDay ? ofMonth || ofWeek : ofMonth && ofWeek);
    }

    /** Whether the other was read from the same fields. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Cron that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    /** The fields as they were read, separated by single spaces. */
    @Override
    public String toString() {
        return text;
    }
}
