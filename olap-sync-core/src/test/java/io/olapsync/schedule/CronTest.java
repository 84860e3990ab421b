package io.olapsync.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CronTest {

    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 3 * * *        | 2026-03-01T02:59:59.999Z | 2026-03-01T03:00:00Z",
                "0 3 * * *        | 2026-03-01T03:00:00Z     | 2026-03-02T03:00:00Z",
                "*/15 * * * *     | 2026-03-01T03:46:00Z     | 2026-03-01T04:00:00Z",
                "5/20 8-18/5 * * *| 2026-03-01T08:45:00Z     | 2026-03-01T13:05:00Z",
                "0 0 1 jan *      | 2026-01-01T00:00:00Z     | 2027-01-01T00:00:00Z",
                "30 6 * * MON-FRI | 2026-02-27T06:30:00Z     | 2026-03-02T06:30:00Z",
                "0 0 * * 0        | 2026-03-01T00:00:00Z     | 2026-03-08T00:00:00Z",
                "0 0 * * 7        | 2026-03-01T00:00:00Z     | 2026-03-08T00:00:00Z",
                "0 0 * * 5-7      | 2026-03-01T00:00:00Z     | 2026-03-06T00:00:00Z",
                "0 0 13 * fri     | 2026-03-01T00:00:00Z     | 2026-03-06T00:00:00Z",
                "0 0 13 * fri     | 2026-04-11T00:00:00Z     | 2026-04-13T00:00:00Z",
                "0 0 */2 * fri    | 2026-03-01T00:00:00Z     | 2026-03-13T00:00:00Z",
                "0 0 31 * *       | 2026-03-31T00:00:00Z     | 2026-05-31T00:00:00Z",
                "0 0 29 2 *       | 2096-03-01T00:00:00Z     | 2104-02-29T00:00:00Z",
                "0 0 29 2 *       | 2026-03-01T00:00:00Z     | 2028-02-29T00:00:00Z",
                "0 0 29 2 */7     | 2088-03-01T00:00:00Z     | 2128-02-29T00:00:00Z",
                "0 0 30 2 mon     | 2026-02-01T00:00:00Z     | 2026-02-02T00:00:00Z",
                "0 0 * * sat-sun  | 2026-03-01T00:00:00Z     | 2026-03-07T00:00:00Z",
                "0 0 * * Sat-SUN  | 2026-03-07T00:00:00Z     | 2026-03-08T00:00:00Z",
                "0 0 * * fri-0    | 2026-03-02T00:00:00Z     | 2026-03-06T00:00:00Z",
                "0 0 * * sun-mon  | 2026-03-03T00:00:00Z     | 2026-03-08T00:00:00Z",
                "0 0 * * 7/2      | 2026-03-02T00:00:00Z     | 2026-03-08T00:00:00Z",
                "0 0 * Feb,DEC *  | 2026-03-01T00:00:00Z     | 2026-12-01T00:00:00Z",
                "*/7 * * * *      | 2026-03-01T03:56:00Z     | 2026-03-01T04:00:00Z",
                "*/7 * * * *      | 2026-03-01T03:00:00Z     | 2026-03-01T03:07:00Z",
                "0 0 */31 * *     | 2026-02-01T00:00:00Z     | 2026-03-01T00:00:00Z",
                "1,2,59 23 31 12 *| 2026-12-31T23:02:00Z     | 2026-12-31T23:59:00Z",
            })
    void next_is_the_first_tick_after_a_moment(String cron, String after, String next) {
        assertThat(Cron.parse(cron).next(Instant.parse(after), ZoneOffset.UTC)).isEqualTo(next);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''              | no fields instead of five",
                "0 3 * *         | 4 fields instead of five: minute, hour, day of month, month, day of week",
                "0 0 3 * * *     | neither seconds nor years",
                "60 3 * * *      | cron '60 3 * * *': the minute '60' must be between 0 and 59",
                "0 24 * * *      | the hour '24' must be between 0 and 23",
                "0 0 0 * *       | the day of month '0' must be between 1 and 31",
                "0 0 * 13 *      | the month '13' must be between 1 and 12, or one of [jan, feb",
                "0 0 * * 8       | the day of week '8' must be between 0 and 7, or one of [sun, mon",
                "0 0 * * montag  | the day of week 'montag' must be",
                "10-5 0 * * *    | the minute '10-5' is a range that ends before it begins; write 10-59,0-5",
                "0 22-5 * * *    | the hour '22-5' is a range that ends before it begins; write 22-23,0-5",
                "0 22-5/2 * * *  | the hour '22-5/2' is a range that ends before it begins; write it as two",
                "0 0 * nov-feb * | the month 'nov-feb' is a range that ends before it begins; write nov-12,1-feb",
                "0 0 * * fri-mon | the day of week 'fri-mon' is a range that ends before it begins; write fri-6,0-mon",
                "0 0 15W * *     | the day of month '15W' must be",
                "0 0 LW * *      | the day of month 'LW' must be",
                "0 0 * * 5L      | the day of week '5L' must be",
                "0 0 * * mon#1   | the day of week 'mon#1' is neither",
                "0 0 30 feb *    | never matches: none of the months 'feb' has a day of month '30'",
                "0 0 31 4,6 *    | never matches: none of the months '4,6' has a day of month '31'",
                "@daily          | 1 field instead of five",
                "*/0 0 * * *     | the minute '*/0' has a step that is not between 1 and 59",
                "*/x 0 * * *     | the minute '*/x' has a step",
                "1,,2 0 * * *    | the minute '' is neither",
                "0 0 L * *       | the day of month 'L' must be",
                "0 0 ? * *       | the day of month '?' is neither",
                "0 0 * * fri#2   | the day of week 'fri#2' is neither",
                "-1 0 * * *      | the minute '-1' is neither",
                "0 0 30,31 2 *   | never matches: none of the months '2' has a day of month '30,31'",
            })
    void what_is_no_cron_expression_is_refused_with_field_value_and_rule(String cron, String message) {
        assertThatThrownBy(() -> Cron.parse(cron))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void tick_in_the_hour_that_is_left_out_comes_once_right_after_the_gap() {
        // 2026-03-29: 02:00 is followed by 03:00
        assertThat(ticks("30 2 * * *", "2026-03-28T12:00:00+01:00", 2))
                .containsExactly("2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00");
        assertThat(ticks("*/10 2 * * *", "2026-03-29T00:00:00+01:00", 2))
                .as("all that the gap has swallowed are one")
                .containsExactly("2026-03-29T03:00+02:00", "2026-03-30T02:00+02:00");
        assertThat(ticks("0,30 2-3 * * *", "2026-03-29T00:00:00+01:00", 2))
                .as("and one with a tick that would be there anyway")
                .containsExactly("2026-03-29T03:00+02:00", "2026-03-29T03:30+02:00");
    }

    @Test
    void tick_in_the_hour_that_comes_twice_comes_once() {
        // 2026-10-25: 03:00 is followed by 02:00
        assertThat(ticks("30 2 * * *", "2026-10-24T12:00:00+02:00", 2))
                .containsExactly("2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00");
        assertThat(ticks("30 2 * * *", "2026-10-25T02:10:00+01:00", 1))
                .as("asked in the second of the two hours")
                .containsExactly("2026-10-26T02:30+01:00");
        assertThat(ticks("0 3 * * *", "2026-10-25T00:00:00+02:00", 1)).containsExactly("2026-10-25T03:00+01:00");
    }

    @Test
    void expression_for_every_hour_goes_by_the_time_that_passes() {
        assertThat(ticks("30 * * * *", "2026-03-29T01:00:00+01:00", 2))
                .containsExactly("2026-03-29T01:30+01:00", "2026-03-29T03:30+02:00");
        assertThat(ticks("*/30 * * * *", "2026-10-25T02:00:00+02:00", 5))
                .containsExactly(
                        "2026-10-25T02:30+02:00",
                        "2026-10-25T02:00+01:00",
                        "2026-10-25T02:30+01:00",
                        "2026-10-25T03:00+01:00",
                        "2026-10-25T03:30+01:00");
    }

    @Test
    void day_that_a_zone_leaves_out_is_made_up_for_at_its_end() {
        ZoneId apia = ZoneId.of("Pacific/Apia"); // 2011-12-29 was followed by 2011-12-31
        Cron daily = Cron.parse("0 3 * * *");
        ZonedDateTime thursday = daily.next(ZonedDateTime.of(LocalDateTime.of(2011, 12, 29, 0, 0), apia));
        ZonedDateTime gap = daily.next(thursday);
        assertThat(thursday.toLocalDateTime()).isEqualTo("2011-12-29T03:00:00");
        assertThat(gap.toLocalDateTime()).isEqualTo("2011-12-31T00:00:00");
        assertThat(daily.next(gap).toLocalDateTime()).isEqualTo("2011-12-31T03:00:00");
    }

    @Test
    void last_tick_between_two_moments_is_found_from_the_end() {
        Cron minutely = Cron.parse("* * * * *");
        Instant until = Instant.parse("2026-03-01T03:00:30Z");
        assertThat(minutely.last(until.minus(20_000, ChronoUnit.DAYS), until, ZoneOffset.UTC))
                .contains(Instant.parse("2026-03-01T03:00:00Z"));
        Cron yearly = Cron.parse("0 0 1 6 *");
        assertThat(yearly.last(Instant.EPOCH, until, ZoneOffset.UTC)).contains(Instant.parse("2025-06-01T00:00:00Z"));
        assertThat(yearly.last(Instant.parse("2025-06-01T00:00:00Z"), until, ZoneOffset.UTC))
                .isEmpty();
        assertThat(minutely.last(until, until.minusSeconds(3600), ZoneOffset.UTC))
                .isEmpty();
        assertThat(minutely.last(until.minusSeconds(30), until, ZoneOffset.UTC)).isEmpty();
        assertThat(minutely.last(until.minusSeconds(31), until.minusSeconds(30), ZoneOffset.UTC))
                .contains(until.minusSeconds(30));
    }

    @Test
    void expressions_are_equal_by_their_fields() {
        assertThat(Cron.parse(" 0  3 * * * "))
                .isEqualTo(Cron.parse("0 3 * * *"))
                .hasToString("0 3 * * *");
        assertThat(Cron.parse("0 3 * * *")).isNotEqualTo(Cron.parse("0 4 * * *"));
    }

    /** Compared with the plainest model: every minute that passes, one after the other. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void random_expressions_tick_as_the_model_says(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 25; round++) {
            ZoneId zone = ZoneId.of(
                    List.of("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Asia/Seoul")
                            .get(random.nextInt(5)));
            String text = random(random);
            Cron cron = Cron.parse(text);
            LocalDate around = change(zone, random);
            Instant from = around.minusDays(2).atStartOfDay(zone).toInstant();
            Instant until = around.plusDays(3).atStartOfDay(zone).toInstant();
            List<Instant> found = new ArrayList<>();
            for (Instant tick = cron.next(from, zone); !tick.isAfter(until); tick = cron.next(tick, zone)) {
                found.add(tick);
            }
            assertThat(found)
                    .as("seed %d, '%s' in %s around %s", seed, text, zone, around)
                    .containsExactlyElementsOf(model(text, from, until, zone));
        }
    }

    private static LocalDate change(ZoneId zone, Random random) {
        Instant from =
                LocalDate.of(2020 + random.nextInt(10), 1, 1).atStartOfDay(zone).toInstant();
        ZoneOffsetTransition change = zone.getRules().nextTransition(from);
        return change == null
                ? LocalDate.of(2026, 3, 1)
                : random.nextBoolean()
                        ? change.getDateTimeBefore().toLocalDate()
                        : zone.getRules()
                                .nextTransition(change.getInstant())
                                .getDateTimeBefore()
                                .toLocalDate();
    }

    private static String random(Random random) {
        String minute = List.of("*", "*/7", "0", "30", "15,45", "59").get(random.nextInt(6));
        String hour = List.of("*", "*/3", "0", "1", "2", "1-3", "23", "0,2,23").get(random.nextInt(8));
        String day = List.of("*", "*", "*/2", "1-15", "25-31").get(random.nextInt(5));
        String week = List.of("*", "*", "sun", "mon-fri", "6,0").get(random.nextInt(5));
        return minute + " " + hour + " " + day + " * " + week;
    }

    private static List<Instant> model(String text, Instant from, Instant until, ZoneId zone) {
        Fields fields = Fields.of(text);
        TreeSet<Instant> ticks = new TreeSet<>();
        for (Instant at = from; !at.isAfter(until); at = at.plusSeconds(60)) {
            LocalDateTime local = at.atZone(zone).toLocalDateTime();
            if (fields.select(local) && (fields.everyHour() || isFirst(at, local, zone))) {
                ticks.add(at);
            }
        }
        ZoneOffsetTransition change = zone.getRules().nextTransition(from);
        if (change != null && change.isGap() && !fields.everyHour()) {
            for (LocalDateTime lost = change.getDateTimeBefore();
                    lost.isBefore(change.getDateTimeAfter());
                    lost = lost.plusMinutes(1)) {
                if (fields.select(lost)) {
                    ticks.add(change.getInstant());
                }
            }
        }
        ticks.removeIf(tick -> !tick.isAfter(from) || tick.isAfter(until));
        return List.copyOf(ticks);
    }

    private static boolean isFirst(Instant at, LocalDateTime local, ZoneId zone) {
        return at.equals(local.toInstant(zone.getRules().getValidOffsets(local).get(0)));
    }

    private record Fields(boolean everyHour, boolean eitherDay, List<BitSet> values) {

        static Fields of(String text) {
            String[] parts = text.split(" ");
            List<BitSet> values = new ArrayList<>();
            for (int i = 0; i < parts.length; i++) {
                values.add(CronField.values()[i].read(parts[i]));
            }
            return new Fields(parts[1].equals("*"), !parts[2].startsWith("*") && !parts[4].startsWith("*"), values);
        }

        boolean select(LocalDateTime local) {
            boolean ofMonth = values.get(2).get(local.getDayOfMonth());
            boolean ofWeek = values.get(4).get(local.getDayOfWeek().getValue() % 7);
            return values.get(0).get(local.getMinute())
                    && values.get(1).get(local.getHour())
                    && (eitherDay ? ofMonth || ofWeek : ofMonth && ofWeek);
        }
    }

    private static List<String> ticks(String cron, String after, int count) {
        List<String> ticks = new ArrayList<>();
        ZonedDateTime at = ZonedDateTime.parse(after).withZoneSameInstant(BERLIN);
        for (int i = 0; i < count; i++) {
            at = Cron.parse(cron).next(at);
            ticks.add(at.toOffsetDateTime().toString());
        }
        return ticks;
    }
}
