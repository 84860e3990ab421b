package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.Finding;
import io.olapsync.spi.Finding.Severity;
import io.olapsync.spi.ViewName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("one-major")
class DoctorIndexTest {

    private final Clinic clinic = new Clinic();

    @BeforeEach
    void create_a_source() {
        clinic.execute(
                "CREATE TABLE kind (name text, region text, amount int)",
                "INSERT INTO kind VALUES ('한국', 'a', 1), ('abc', 'b', 2), (NULL, 'c', 3)");
    }

    @AfterEach
    void close() {
        clinic.close();
    }

    @Test
    void healthy_view_has_no_findings() {
        clinic.execute(
                "CREATE MATERIALIZED VIEW v AS SELECT region, sum(amount) AS amount FROM kind GROUP BY region",
                "CREATE UNIQUE INDEX ON v (region)");

        assertThat(clinic.examine("v")).isEmpty();
    }

    @Test
    void view_without_a_usable_unique_index_is_found_and_the_proposed_one_ends_it() {
        clinic.execute(
                "CREATE MATERIALIZED VIEW v AS SELECT region AS \"지역 \"\"r\"\"\" FROM kind",
                "CREATE UNIQUE INDEX ON v (lower(\"지역 \"\"r\"\"\"))");

        Finding finding = clinic.examine("v").get(0);
        assertThat(finding.code()).isEqualTo("no-unique-index");
        assertThat(finding.severity()).isEqualTo(Severity.ERROR);
        clinic.follow(finding);
        assertThat(clinic.examine("v")).isEmpty();
    }

    @Test
    void view_that_does_not_exist_is_found_beside_what_the_others_have() {
        clinic.execute(
                "CREATE MATERIALIZED VIEW v AS SELECT region, now() FROM kind", "CREATE UNIQUE INDEX ON v (region)");

        assertThat(clinic.examine("v", "w", "kind"))
                .extracting(Finding::code)
                .containsExactly("not-a-materialized-view", "missing-view", "time-dependent");
    }

    @Test
    void unpopulated_view_is_told_of_and_the_remedy_populates_it() {
        String view = "\"s \"\"x\"\"\".\"뷰 \"\"v\"\"\"";
        clinic.execute(
                "CREATE SCHEMA \"s \"\"x\"\"\"",
                "CREATE MATERIALIZED VIEW " + view + " AS SELECT region FROM kind WITH NO DATA",
                "CREATE UNIQUE INDEX ON " + view + " (region)");

        Finding finding = clinic.found("unpopulated", view).get(0);
        assertThat(finding.severity()).isEqualTo(Severity.INFO);
        assertThat(finding.view()).isEqualTo(ViewName.parse(view));
        assertThat(finding.remedy()).isEqualTo("REFRESH MATERIALIZED VIEW " + view + ";");

        clinic.follow(finding);
        assertThat(clinic.examine(view)).isEmpty();
    }

    @Test
    void null_in_a_unique_index_is_found_with_its_column_and_coalesce_ends_it() {
        String column = "\"칼럼 \"\"n\"\"\"";
        String view = "CREATE MATERIALIZED VIEW v AS SELECT region, %s FROM kind";
        String indexes = "CREATE UNIQUE INDEX ON v (region); CREATE UNIQUE INDEX ON v (region, " + column + ")";
        clinic.execute(view.formatted("name AS " + column), indexes);

        Finding finding = clinic.found("null-churn", "v").get(0);
        assertThat(finding.severity()).isEqualTo(Severity.WARNING);
        assertThat(finding.problem()).startsWith("1 of 3 rows have NULL in " + column + ", which");

        clinic.execute("DROP MATERIALIZED VIEW v", "ALTER TABLE kind RENAME name TO " + column);
        clinic.execute(view.formatted(Clinic.proposed(finding)), indexes);
        assertThat(clinic.examine("v")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text",
                "varchar(3)",
                "int",
                "numeric(10,2)",
                "boolean",
                "date",
                "timestamptz",
                "timestamp",
                "time",
                "uuid"
            })
    void proposed_stand_in_fits_the_type(String type) {
        clinic.execute(
                "CREATE TABLE t (id int, x " + type + ")",
                "INSERT INTO t VALUES (1, NULL)",
                "CREATE MATERIALIZED VIEW v AS SELECT id, x FROM t",
                "CREATE UNIQUE INDEX ON v (id, x)");

        Finding finding = clinic.found("null-churn", "v").get(0);
        clinic.execute(
                "DROP MATERIALIZED VIEW v",
                "CREATE MATERIALIZED VIEW v AS SELECT id, " + Clinic.proposed(finding) + " FROM t",
                "CREATE UNIQUE INDEX ON v (id, x)");
        assertThat(clinic.found("null-churn", "v")).isEmpty();
    }

    @Test
    void null_in_a_partial_index_or_a_column_without_one_is_no_churn() {
        clinic.execute(
                "CREATE MATERIALIZED VIEW v AS SELECT region, name FROM kind",
                "CREATE UNIQUE INDEX ON v (region) INCLUDE (name)",
                "CREATE UNIQUE INDEX ON v (name) WHERE region > ''",
                "CREATE INDEX ON v (name)");

        assertThat(clinic.examine("v")).isEmpty();
    }

    @Test
    void row_number_in_a_unique_index_is_found_and_the_proposed_hash_ends_it() {
        clinic.execute(
                "CREATE MATERIALIZED VIEW v AS SELECT row_number() OVER (ORDER BY region) AS \"Id\", region FROM kind",
                "CREATE UNIQUE INDEX ON v (\"Id\")");

        Finding finding = clinic.found("unstable-row-number", "v").get(0);
        assertThat(finding.severity()).isEqualTo(Severity.WARNING);
        assertThat(finding.problem())
                .startsWith("\"Id\" comes from row_number() and is used as an id: one new value in the source renumbers"
                        + " every row behind it");
        assertThat(Clinic.proposed(finding)).isEqualTo("hashtextextended(\"region\"::text, 0) AS \"Id\"");

        clinic.execute(
                "DROP MATERIALIZED VIEW v",
                "CREATE MATERIALIZED VIEW v AS SELECT " + Clinic.proposed(finding) + ", region FROM kind",
                "CREATE UNIQUE INDEX ON v (\"Id\")");
        assertThat(clinic.examine("v")).isEmpty();
    }

    @Test
    void row_number_that_another_view_reads_is_found_through_plain_views_and_every_kind_of_subquery() {
        clinic.execute(
                "CREATE VIEW numbered AS WITH n AS (SELECT d.*, row_number() OVER (ORDER BY region, name) AS nr"
                        + " FROM (SELECT DISTINCT region, name FROM kind) d) SELECT n.nr + 1000 AS id, n.region, n.name FROM n",
                "CREATE MATERIALIZED VIEW dim AS SELECT x.id, x.region FROM numbered x JOIN kind USING (region)"
                        + " UNION ALL SELECT -1, '?'",
                "CREATE UNIQUE INDEX ON dim (region)",
                "CREATE VIEW between AS SELECT id AS dim_id, region FROM dim",
                "CREATE MATERIALIZED VIEW fact AS SELECT dim_id FROM between",
                "CREATE UNIQUE INDEX ON fact (dim_id)");

        assertThat(clinic.found("unstable-row-number", "dim")).isEmpty();
        assertThat(clinic.found("unstable-row-number", "dim", "fact"))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.view()).isEqualTo(ViewName.parse("dim"));
                    assertThat(finding.problem()).contains("and with them the rows of fact, which reads it");
                    assertThat(finding.remedy())
                            .contains("hash_record_extended(ROW(\"region\", \"name\"), 0) AS \"id\"");
                });
    }

    @Test
    void grouped_rows_numbered_by_their_group_are_found_with_the_group_as_natural_key() {
        clinic.execute(
                "CREATE MATERIALIZED VIEW v AS SELECT rank() OVER (ORDER BY region) AS id, region, count(*) AS n"
                        + " FROM kind GROUP BY region",
                "CREATE UNIQUE INDEX ON v (id)");

        assertThat(clinic.found("unstable-row-number", "v"))
                .singleElement()
                .satisfies(f ->
                        assertThat(f.remedy()).startsWith("Write hashtextextended(\"region\"::text, 0) AS \"id\""));
    }

    @Test
    void row_number_without_an_order_says_so() {
        clinic.execute(
                "CREATE MATERIALIZED VIEW v AS SELECT row_number() OVER () AS id, region FROM kind",
                "CREATE UNIQUE INDEX ON v (id)");

        assertThat(clinic.found("unstable-row-number", "v"))
                .singleElement()
                .satisfies(f -> assertThat(f.problem()).contains("it has no ORDER BY"));
    }

    @Test
    void row_number_that_only_filters_or_is_only_shown_is_fine() {
        clinic.execute(
                "CREATE MATERIALIZED VIEW v AS SELECT region, name FROM"
                        + " (SELECT k.*, row_number() OVER (PARTITION BY region ORDER BY amount) AS nr FROM kind k) n"
                        + " WHERE nr = 1",
                "CREATE UNIQUE INDEX ON v (region)",
                "CREATE MATERIALIZED VIEW shown AS SELECT region, rank() OVER (ORDER BY amount) AS place FROM kind",
                "CREATE UNIQUE INDEX ON shown (region)");

        assertThat(clinic.examine("v", "shown")).isEmpty();
    }
}
