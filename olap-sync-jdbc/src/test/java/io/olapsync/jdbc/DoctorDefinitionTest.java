package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.Finding;
import io.olapsync.spi.Finding.Severity;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DoctorDefinitionTest {

    private final Clinic clinic = new Clinic();

    @BeforeEach
    void create_a_source() {
        clinic.execute("CREATE TABLE t (id int NOT NULL, at timestamptz, day date, moment timestamp, name text)");
    }

    @AfterEach
    void close() {
        clinic.close();
    }

    private void view(String expression) {
        clinic.execute(
                "CREATE MATERIALIZED VIEW v AS SELECT id, " + expression + " AS x FROM t",
                "CREATE UNIQUE INDEX ON v (id)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "now() - at                    | time-dependent      | now()",
                "clock_timestamp()             | time-dependent      | clock_timestamp()",
                "age(moment)                   | time-dependent      | age()",
                "day < current_date            | time-dependent      | CURRENT_DATE",
                "localtimestamp(0)             | time-dependent      | LOCALTIMESTAMP",
                "(SELECT max(current_timestamp)) | time-dependent    | CURRENT_TIMESTAMP",
                "random()                      | volatile-definition | random()",
                "gen_random_uuid()             | volatile-definition | gen_random_uuid()",
                "name = current_user           | session-dependent   | CURRENT_USER",
                "name = session_user           | session-dependent   | SESSION_USER",
                "current_setting('application_name') | session-dependent | current_setting()",
                "at::date                      | time-zone-dependent | date(timestamp with time zone)",
                "date_trunc('day', at)         | time-zone-dependent | date_trunc(text, timestamp with time zone)",
                "to_char(at, 'YYYY')           | time-zone-dependent | to_char(timestamp with time zone, text)",
            })
    void definition_that_depends_on_more_than_its_rows_is_found(String expression, String code, String named) {
        view(expression);

        assertThat(clinic.examine("v")).singleElement().satisfies(finding -> {
            assertThat(finding.code()).isEqualTo(code);
            assertThat(finding.problem()).contains(named);
            assertThat(finding.severity()).isEqualTo(code.startsWith("time-zone") ? Severity.INFO : Severity.WARNING);
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "day + 1",
                "age(moment, day)",
                "date_trunc('day', moment)",
                "(at AT TIME ZONE 'Asia/Seoul')::date",
                "date_trunc('day', at, 'Asia/Seoul')",
                "upper(name)",
                "'now()'::text",
                "at - interval '1 hour'",
                "date_part('year', day)"
            })
    void definition_that_depends_on_its_rows_alone_is_fine(String expression) {
        view(expression);

        assertThat(clinic.examine("v")).isEmpty();
    }

    @Test
    void time_in_a_plain_view_beneath_is_found_and_in_another_materialized_view_is_not() {
        clinic.execute(
                "CREATE VIEW beneath AS SELECT id FROM t WHERE at > now()",
                "CREATE MATERIALIZED VIEW first AS SELECT id FROM beneath",
                "CREATE UNIQUE INDEX ON first (id)",
                "CREATE MATERIALIZED VIEW second AS SELECT id FROM first",
                "CREATE UNIQUE INDEX ON second (id)");

        assertThat(clinic.found("time-dependent", "first")).hasSize(1);
        assertThat(clinic.examine("second")).isEmpty();
    }

    @Test
    void column_named_like_a_call_deceives_nobody() {
        clinic.execute(
                "CREATE MATERIALIZED VIEW v AS SELECT id, 1 AS \":funcid 1299\", 2 AS \":funcid\", 3 AS \"{SQLVALUEFUNCTION :op 0}\","
                        + " 4 AS \"a\"\"b\", 5 AS \"<>\", 6 AS \"\\\", 7 AS \"(\", ':funcid 1299' AS \"한국 }\" FROM t",
                "CREATE UNIQUE INDEX ON v (id)");

        assertThat(clinic.examine("v")).isEmpty();
    }

    @Test
    void sample_without_a_seed_is_found_and_one_with_a_seed_is_not() {
        clinic.execute(
                "CREATE MATERIALIZED VIEW v AS SELECT id FROM t TABLESAMPLE system (10)",
                "CREATE UNIQUE INDEX ON v (id)",
                "CREATE MATERIALIZED VIEW seeded AS SELECT id FROM t TABLESAMPLE system (10) REPEATABLE (1)",
                "CREATE UNIQUE INDEX ON seeded (id)");

        assertThat(clinic.found("volatile-definition", "v", "seeded"))
                .singleElement()
                .satisfies(f -> assertThat(f.problem()).contains("TABLESAMPLE without REPEATABLE"));
    }

    @Test
    void function_that_nobody_declared_stable_is_found_and_the_remedy_ends_it() {
        clinic.execute(
                "CREATE SCHEMA \"s 함수\"",
                "CREATE FUNCTION \"s 함수\".\"f \"\"x\"\"\"(a int, b text DEFAULT 'x') RETURNS int LANGUAGE sql AS 'SELECT a'");
        view("\"s 함수\".\"f \"\"x\"\"\"(id)");

        Finding finding = clinic.found("volatile-function", "v").get(0);
        assertThat(finding.remedy()).startsWith("ALTER FUNCTION \"s 함수\".\"f \"\"x\"\"\"(a integer, b text) STABLE;");

        clinic.follow(finding);
        assertThat(clinic.examine("v")).isEmpty();
    }

    @Test
    void time_within_a_function_is_found_in_its_text_and_in_its_parsed_body() {
        clinic.execute(
                "CREATE FUNCTION in_text() RETURNS date STABLE LANGUAGE sql AS 'SELECT current_date'",
                "CREATE FUNCTION in_body() RETURNS date STABLE RETURN current_date",
                "CREATE FUNCTION of_body() RETURNS date STABLE RETURN in_body() + 1");
        view("in_text()");
        assertThat(clinic.found("time-dependent", "v"))
                .singleElement()
                .satisfies(f -> assertThat(f.problem()).contains("public.in_text()"));

        clinic.execute("DROP MATERIALIZED VIEW v");
        view("of_body()");
        assertThat(clinic.found("time-dependent", "v"))
                .singleElement()
                .satisfies(f -> assertThat(f.problem()).contains("CURRENT_DATE"));
    }
}
