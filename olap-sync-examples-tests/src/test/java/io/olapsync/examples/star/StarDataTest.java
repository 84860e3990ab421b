package io.olapsync.examples.star;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TimeZone;
import org.junit.jupiter.api.Test;

class StarDataTest extends StarTest {

    @Test
    void sizes_follow_the_number_of_stakeholders() throws SQLException {
        StarSchema.create(connection);

        StarData.Loaded loaded = new StarData(SEED, 2_000).load(connection);

        assertThat(loaded.rows())
                .containsEntry("cases", 500L)
                .containsEntry("stakeholders", 2_000L)
                .containsEntry("performance_records", 2_000L)
                .containsEntry("cash_flow_entries", 6_000L);
        for (String table : StarSchema.TABLES) {
            assertThat(database.queryForLong("SELECT count(*) FROM public." + table))
                    .as(table)
                    .isEqualTo(loaded.rows().get(table));
        }
        assertThat(database.queryForLong("SELECT count(*) FROM stakeholders WHERE name ~ '[가-힣]'"))
                .isBetween(1_000L, 1_999L);
        assertThat(database.queryForLong("SELECT max(n) FROM (SELECT count(*) n FROM cases GROUP BY org_code) o"))
                .as("cases of the largest organisation: a skew")
                .isGreaterThan(5 * 500 / StarNames.ORGS.length / 2);
    }

    @Test
    void the_same_seed_gives_the_same_rows_whatever_locale_and_time_zone() throws SQLException {
        Map<String, String> here = digests(SEED);
        Locale locale = Locale.getDefault();
        TimeZone zone = TimeZone.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
            TimeZone.setDefault(TimeZone.getTimeZone("Pacific/Kiritimati"));

            assertThat(digests(SEED)).isEqualTo(here);
        } finally {
            Locale.setDefault(locale);
            TimeZone.setDefault(zone);
        }
        Map<String, String> other = digests(SEED + 1);
        assertThat(StarSchema.TABLES)
                .allSatisfy(table -> assertThat(other.get(table)).isNotEqualTo(here.get(table)));
    }

    @Test
    void foreign_keys_are_back_and_ids_go_on_after_a_load() throws SQLException {
        StarSchema.create(connection);
        String keys = "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated";
        long before = database.queryForLong(keys);

        new StarData(SEED, 100).load(connection);

        assertThat(before).isEqualTo(8);
        assertThat(database.queryForLong(keys)).isEqualTo(before);
        assertThat(StarChanges.seeded(SEED).newCase(connection).ids()).containsExactly(26L);
    }

    @Test
    void loading_twice_is_refused() throws SQLException {
        createAndLoad(40);

        assertThatThrownBy(() -> new StarData(SEED, 40).load(connection))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("public.cases has rows already");

        assertThat(database.queryForLong("SELECT count(*) FROM stakeholders")).isEqualTo(40);
    }

    @Test
    void the_smallest_star_is_one_debtor() throws SQLException {
        createAndLoad(1);
        populate();

        assertThat(StarInvariant.ofViews(connection)).isEqualTo(StarInvariant.ofTables(connection));
        assertThatThrownBy(() -> new StarData(SEED, 0)).hasMessage("stakeholders must be 1 to 10000000, not 0");
    }

    private Map<String, String> digests(long seed) throws SQLException {
        StarSchema.drop(connection);
        StarSchema.create(connection);
        new StarData(seed, 300).load(connection);
        Map<String, String> digests = new LinkedHashMap<>();
        for (String table : StarSchema.TABLES) {
            digests.put(
                    table,
                    database.queryForString("SELECT md5(string_agg(extract(epoch FROM "
                            + (table.equals("case_user_roles") ? "t.granted_at" : momentOf(table))
                            + ")::text || (to_jsonb(t) - '{created_at,updated_at,registered_at,admitted_at,recorded_at,"
                            + "granted_at,revoked_at}'::text[])::text, '' ORDER BY t::text COLLATE \"C\")) FROM public."
                            + table
                            + " t"));
        }
        return digests;
    }

    private static String momentOf(String table) {
        return switch (table) {
            case "stakeholders" -> "t.registered_at";
            case "performance_records" -> "t.recorded_at";
            case "assets" -> "t.updated_at";
            default -> "t.created_at";
        };
    }
}
