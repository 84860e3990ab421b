package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.olapsync.spi.Finding;
import io.olapsync.spi.Finding.Severity;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DoctorPrivilegeTest {

    private static final String VIEW = "\"o s\".\"뷰 \"\"v\"\"\"";

    private final Clinic clinic = new Clinic();
    private String owner = "";

    @BeforeEach
    void create_a_view_with_an_owner() {
        owner = clinic.createRole("NOLOGIN");
        clinic.execute(
                "CREATE SCHEMA \"o s\"",
                "GRANT USAGE, CREATE ON SCHEMA \"o s\" TO " + owner,
                "CREATE TABLE \"o s\".\"T 1\" (id int, x int)",
                "INSERT INTO \"o s\".\"T 1\" VALUES (1, 2)");
    }

    @AfterEach
    void close() {
        clinic.close();
    }

    private void view(String definition) {
        clinic.execute(
                "CREATE MATERIALIZED VIEW " + VIEW + " AS " + definition,
                "CREATE UNIQUE INDEX ON " + VIEW + " (id)",
                "ALTER MATERIALIZED VIEW " + VIEW + " OWNER TO " + owner);
    }

    private void refresh() {
        clinic.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY " + VIEW);
    }

    private void assertEveryRemedyIsNeededAndEnough(List<Finding> findings) {
        for (Finding finding : findings) {
            assertThat(finding.severity()).isEqualTo(Severity.ERROR);
            assertThatThrownBy(this::refresh).rootCause().hasMessageContaining("permission denied");
            clinic.follow(finding);
        }
        refresh();
        assertThat(clinic.examine(VIEW)).isEmpty();
    }

    @Test
    void table_that_the_owner_may_not_read_is_found_and_the_grant_ends_it() {
        view("SELECT id, x FROM \"o s\".\"T 1\"");

        List<Finding> findings = clinic.found("owner-lacks-privilege", VIEW);
        assertThat(findings).singleElement().satisfies(f -> {
            assertThat(f.problem()).contains(owner + " may not read \"o s\".\"T 1\"", "42501");
            assertThat(f.remedy()).isEqualTo("GRANT SELECT ON \"o s\".\"T 1\" TO " + owner + ";");
        });
        assertEveryRemedyIsNeededAndEnough(findings);
    }

    @Test
    void privilege_on_the_columns_that_are_read_is_enough() {
        clinic.execute("GRANT SELECT (id) ON \"o s\".\"T 1\" TO " + owner);
        view("SELECT id FROM \"o s\".\"T 1\"");
        refresh();
        assertThat(clinic.examine(VIEW)).isEmpty();

        clinic.execute("DROP MATERIALIZED VIEW " + VIEW);
        view("SELECT id, x FROM \"o s\".\"T 1\"");
        assertEveryRemedyIsNeededAndEnough(clinic.found("owner-lacks-privilege", VIEW));
    }

    @Test
    void plain_view_beneath_is_read_as_its_own_owner() {
        String other = clinic.createRole("NOLOGIN");
        clinic.execute(
                "CREATE VIEW \"o s\".p AS SELECT id FROM \"o s\".\"T 1\"", "GRANT SELECT ON \"o s\".p TO " + owner);
        view("SELECT id FROM \"o s\".p");
        clinic.execute("ALTER VIEW \"o s\".p OWNER TO " + other);

        List<Finding> findings = clinic.found("owner-lacks-privilege", VIEW);
        assertThat(findings)
                .singleElement()
                .satisfies(f -> assertThat(f.remedy()).endsWith(" TO " + other + ";"));
        assertEveryRemedyIsNeededAndEnough(findings);
    }

    @Test
    void security_invoker_view_beneath_is_read_as_the_owner_of_the_materialized_view() {
        assumeTrue(clinic.major() >= 15, "security_invoker came with 15");
        clinic.execute(
                "CREATE VIEW \"o s\".p WITH (security_invoker = on) AS SELECT id FROM \"o s\".\"T 1\"",
                "GRANT SELECT ON \"o s\".p TO " + owner);
        view("SELECT id FROM \"o s\".p");

        List<Finding> findings = clinic.found("owner-lacks-privilege", VIEW);
        assertThat(findings)
                .singleElement()
                .satisfies(f -> assertThat(f.remedy()).endsWith(" TO " + owner + ";"));
        assertEveryRemedyIsNeededAndEnough(findings);
    }

    @Test
    void function_that_the_owner_may_not_execute_is_found_and_the_grant_ends_it() {
        clinic.execute(
                "GRANT SELECT ON \"o s\".\"T 1\" TO " + owner,
                "CREATE FUNCTION \"o s\".\"F\"(int) RETURNS int STABLE LANGUAGE sql AS 'SELECT abs($1)'",
                "REVOKE EXECUTE ON FUNCTION \"o s\".\"F\" FROM PUBLIC");
        view("SELECT \"o s\".\"F\"(id) AS id FROM \"o s\".\"T 1\"");

        List<Finding> findings = clinic.found("owner-lacks-privilege", VIEW);
        assertThat(findings)
                .singleElement()
                .satisfies(f -> assertThat(f.remedy())
                        .isEqualTo("GRANT EXECUTE ON FUNCTION \"o s\".\"F\"(integer) TO " + owner + ";"));
        assertEveryRemedyIsNeededAndEnough(findings);
    }

    @Test
    void owner_that_may_not_create_temporary_tables_is_found_for_a_concurrent_refresh_needs_one() {
        clinic.execute(
                "GRANT SELECT ON \"o s\".\"T 1\" TO " + owner,
                "REVOKE TEMPORARY ON DATABASE " + clinic.database().name() + " FROM PUBLIC");
        view("SELECT id FROM \"o s\".\"T 1\"");

        List<Finding> findings = clinic.found("owner-lacks-privilege", VIEW);
        assertThat(findings)
                .singleElement()
                .satisfies(f -> assertThat(f.problem()).contains("may not create temporary tables"));
        assertEveryRemedyIsNeededAndEnough(findings);
    }

    @Test
    void role_that_may_not_refresh_is_found_and_the_remedy_ends_it() {
        clinic.execute("GRANT SELECT ON \"o s\".\"T 1\" TO " + owner);
        view("SELECT id FROM \"o s\".\"T 1\"");
        String role = clinic.createRole("NOLOGIN");
        clinic.execute("GRANT USAGE ON SCHEMA \"o s\" TO " + role, "GRANT SELECT ON " + VIEW + " TO " + role);
        PostgresDoctor doctor = PostgresDoctor.of(clinic.after("SET ROLE " + role));

        List<Finding> findings = Clinic.examine(doctor, VIEW);
        assertThat(findings).singleElement().satisfies(f -> {
            assertThat(f.code()).isEqualTo("no-privilege");
            assertThat(f.severity()).isEqualTo(Severity.ERROR);
            assertThat(f.remedy()).contains(clinic.major() >= 17 ? "GRANT MAINTAIN ON " + VIEW : "GRANT " + owner);
        });
        clinic.follow(findings.get(0));
        clinic.execute("SET ROLE " + role + "; REFRESH MATERIALIZED VIEW CONCURRENTLY " + VIEW);
        assertThat(Clinic.examine(doctor, VIEW)).isEmpty();
    }

    @Test
    void row_security_that_hides_rows_from_the_owner_is_found_and_the_remedy_ends_it() {
        clinic.execute(
                "GRANT SELECT ON \"o s\".\"T 1\" TO " + owner, "ALTER TABLE \"o s\".\"T 1\" ENABLE ROW LEVEL SECURITY");
        view("SELECT id FROM \"o s\".\"T 1\"");
        refresh();
        assertThat(clinic.database().queryForLong("SELECT count(*) FROM " + VIEW))
                .isZero();

        Finding finding = clinic.found("row-security", VIEW).get(0);
        assertThat(finding.severity()).isEqualTo(Severity.WARNING);

        clinic.follow(finding);
        refresh();
        assertThat(clinic.database().queryForLong("SELECT count(*) FROM " + VIEW))
                .isOne();
        assertThat(clinic.examine(VIEW)).isEmpty();
    }

    @Test
    void rule_that_cannot_be_evaluated_says_so_and_the_others_are() {
        clinic.execute(
                "CREATE MATERIALIZED VIEW v AS SELECT id, now() FROM \"o s\".\"T 1\"", "CREATE UNIQUE INDEX ON v (id)");

        List<Finding> findings = Clinic.examine(PostgresDoctor.of(clinic.after("SET ROLE " + owner)), "v");
        assertThat(Clinic.only("rule-not-evaluated", findings)).singleElement().satisfies(f -> {
            assertThat(f.severity()).isEqualTo(Severity.INFO);
            assertThat(f.problem()).contains("'null-churn'", "permission denied", "42501");
        });
        assertThat(Clinic.only("time-dependent", findings)).hasSize(1);
    }
}
