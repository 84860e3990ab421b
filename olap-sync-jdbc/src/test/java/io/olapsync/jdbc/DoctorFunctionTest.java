package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.spi.Finding;
import io.olapsync.spi.Finding.Severity;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DoctorFunctionTest {

    private final Clinic clinic = new Clinic();

    @BeforeEach
    void create_sources() {
        clinic.execute(
                "CREATE SCHEMA \"fn 함수\"",
                "CREATE TABLE t (id int)",
                "CREATE TABLE rates (id int, rate int)",
                "INSERT INTO t VALUES (1)",
                "INSERT INTO rates VALUES (1, 7)");
    }

    @AfterEach
    void close() {
        clinic.close();
    }

    private void function(String language, String body) {
        clinic.execute("CREATE FUNCTION \"fn 함수\".f(\"Of\" int) RETURNS int STABLE LANGUAGE " + language + " AS $$"
                + body + "$$");
        clinic.execute("CREATE VIEW beneath AS SELECT id, \"fn 함수\".f(id) AS rate FROM t");
        // WITH NO DATA: from 17 on the creation runs under the short search path too
        clinic.execute(
                "CREATE MATERIALIZED VIEW v AS SELECT id, rate FROM beneath WITH NO DATA",
                "CREATE UNIQUE INDEX ON v (id)");
    }

    private void refresh() {
        clinic.execute("REFRESH MATERIALIZED VIEW v", "REFRESH MATERIALIZED VIEW CONCURRENTLY v");
    }

    @Test
    void unqualified_table_in_a_sql_function_is_proven_to_break_and_the_remedy_ends_it() {
        function("sql", "SELECT rate FROM rates WHERE id = $1");

        Finding finding = clinic.found("unsafe-search-path", "v").get(0);
        assertThat(finding.problem())
                .contains("fn 함수.f()", "relation \"rates\" does not exist", "42P01", "pg_catalog, pg_temp");
        if (clinic.major() >= 17) {
            assertThat(finding.severity()).isEqualTo(Severity.ERROR);
            assertThatThrownBy(this::refresh).rootCause().hasMessageContaining("rates");
        } else {
            assertThat(finding.severity()).isEqualTo(Severity.WARNING);
        }
        assertThat(finding.remedy())
                .isEqualTo("ALTER FUNCTION \"fn 함수\".\"f\"(\"Of\" integer)"
                        + " SET search_path = \"pg_catalog\", \"fn 함수\", \"public\", \"pg_temp\";");

        clinic.follow(finding);
        refresh();
        assertThat(clinic.examine("v")).isEmpty();
    }

    @Test
    void unqualified_function_in_a_sql_function_is_proven_to_break() {
        clinic.execute("CREATE FUNCTION inner_one(int) RETURNS int STABLE LANGUAGE sql AS 'SELECT $1'");
        function("sql", "SELECT inner_one($1)");

        assertThat(clinic.found("unsafe-search-path", "v"))
                .singleElement()
                .satisfies(f -> assertThat(f.problem()).contains("42883"));
    }

    @Test
    void plpgsql_function_without_a_search_path_is_a_warning_and_the_remedy_ends_it() {
        function("plpgsql", "BEGIN RETURN (SELECT rate FROM rates r WHERE r.id = \"Of\"); END");

        Finding finding = clinic.found("unsafe-search-path", "v").get(0);
        assertThat(finding.severity()).isEqualTo(Severity.WARNING);
        assertThat(finding.problem()).contains("42P01 for a table, 42883 for a function");

        clinic.follow(finding);
        refresh();
        assertThat(clinic.examine("v")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"SELECT rate FROM public.rates WHERE id = $1", "SELECT abs($1)", "SELECT $1 + 1"})
    void sql_function_that_qualifies_its_names_is_fine_without_a_search_path(String body) {
        function("sql", body);

        refresh();
        assertThat(clinic.examine("v")).isEmpty();
    }

    @Test
    void body_that_was_parsed_when_it_was_created_is_fine() {
        clinic.execute(
                "CREATE FUNCTION parsed(a int) RETURNS int STABLE RETURN (SELECT max(rate) FROM rates WHERE id = a)",
                "CREATE MATERIALIZED VIEW v AS SELECT id, parsed(id) AS rate FROM t",
                "CREATE UNIQUE INDEX ON v (id)");

        assertThat(clinic.examine("v")).isEmpty();
    }

    @Test
    void function_within_an_aggregate_is_seen() {
        clinic.execute(
                "CREATE FUNCTION add(a int, b int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN a + b; END'",
                "CREATE AGGREGATE total(int) (SFUNC = add, STYPE = int, INITCOND = '0')",
                "CREATE MATERIALIZED VIEW v AS SELECT id, total(id) AS n FROM t GROUP BY id",
                "CREATE UNIQUE INDEX ON v (id)");

        assertThat(clinic.found("unsafe-search-path", "v"))
                .singleElement()
                .satisfies(f -> assertThat(f.problem()).startsWith("public.add()"));
    }
}
