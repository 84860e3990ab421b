package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.spi.Finding;
import io.olapsync.spi.Finding.Severity;
import io.olapsync.spi.ViewName;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("one-major")
class DoctorReaderTest {

    private static final String TABLE = "\"oltp\".\"표 \"\"t\"\"\"";
    private static final String VIEW = "\"olap s\".\"뷰 \"\"v\"\"\"";

    private final Clinic clinic = new Clinic();
    private String reader = "";

    @BeforeEach
    void create_a_table_and_a_view() {
        clinic.execute(
                "CREATE SCHEMA oltp",
                "CREATE SCHEMA \"olap s\"",
                "CREATE TABLE " + TABLE + " (id int, x int)",
                "CREATE VIEW oltp.beneath AS SELECT id FROM " + TABLE,
                "CREATE MATERIALIZED VIEW " + VIEW + " AS SELECT id FROM oltp.beneath",
                "CREATE UNIQUE INDEX ON " + VIEW + " (id)");
        reader = clinic.createRole("NOLOGIN");
        clinic.execute(
                "GRANT USAGE ON SCHEMA oltp, \"olap s\" TO " + reader, "GRANT SELECT ON " + VIEW + " TO " + reader);
    }

    @AfterEach
    void close() {
        clinic.close();
    }

    private List<Finding> examine() {
        return Clinic.examine(
                PostgresDoctor.builder(clinic.database().dataSource())
                        .readerRole(Clinic.bare(reader))
                        .build(),
                VIEW);
    }

    private void read(String relation, String... roles) {
        String become = roles.length == 0 ? "SET ROLE " + reader : "SET ROLE " + roles[0];
        clinic.execute(become + "; SELECT id FROM " + relation);
    }

    private Finding assertFoundAndMended(String reason, String remedy) {
        List<Finding> findings = examine();
        assertThat(findings).singleElement().satisfies(f -> {
            assertThat(f.code()).isEqualTo("reader-can-read-tables");
            assertThat(f.severity()).isEqualTo(Severity.WARNING);
            assertThat(f.problem()).contains("the reader role " + reader + " can read the table " + TABLE, reason);
            assertThat(f.remedy()).isEqualTo(remedy);
        });
        clinic.follow(findings.get(0));
        assertThat(examine()).isEmpty();
        assertThatThrownBy(() -> read(TABLE)).rootCause().hasMessageContaining("permission denied");
        read(VIEW);
        return findings.get(0);
    }

    @Test
    void reader_of_the_views_alone_is_fine() {
        assertThat(examine()).isEmpty();
        read(VIEW);
        assertThatThrownBy(() -> read(TABLE)).rootCause().hasMessageContaining("permission denied");
    }

    @Test
    void grant_on_a_table_is_found() {
        clinic.execute("GRANT SELECT ON " + TABLE + " TO " + reader);

        assertFoundAndMended("it was granted SELECT", "REVOKE SELECT ON " + TABLE + " FROM " + reader + ";");
    }

    @Test
    void grant_on_a_column_is_found() {
        clinic.execute("GRANT SELECT (id) ON " + TABLE + " TO " + reader);

        assertFoundAndMended("it was granted SELECT", "REVOKE SELECT ON " + TABLE + " FROM " + reader + ";");
    }

    @Test
    void grant_to_everybody_is_found() {
        clinic.execute("GRANT SELECT ON " + TABLE + " TO PUBLIC");

        assertFoundAndMended("everybody can (PUBLIC)", "REVOKE SELECT ON " + TABLE + " FROM PUBLIC;");
    }

    @Test
    void grant_by_another_than_the_owner_is_found_and_revoked_as_that_one() {
        String grantor = clinic.createRole("NOLOGIN");
        clinic.execute(
                "GRANT USAGE ON SCHEMA oltp TO " + grantor,
                "GRANT SELECT ON " + TABLE + " TO " + grantor + " WITH GRANT OPTION",
                "SET ROLE " + grantor + "; GRANT SELECT ON " + TABLE + " TO " + reader);

        assertFoundAndMended(
                "it was granted SELECT",
                "SET ROLE " + grantor + "; REVOKE SELECT ON " + TABLE + " FROM " + reader + "; RESET ROLE;");
    }

    @Test
    void grant_to_a_role_it_inherits_from_at_two_removes_is_found() {
        String group = clinic.createRole("NOLOGIN");
        String base = clinic.createRole("NOLOGIN");
        clinic.execute(
                "GRANT SELECT ON " + TABLE + " TO " + base,
                "GRANT USAGE ON SCHEMA oltp TO " + base,
                "GRANT " + base + " TO " + group,
                "GRANT " + group + " TO " + reader);

        assertFoundAndMended("it is a member of " + base + ", which can", "REVOKE " + group + " FROM " + reader + ";");
    }

    @Test
    void role_that_it_can_only_become_is_found_too() {
        String group = clinic.createRole("NOLOGIN");
        clinic.execute(
                "ALTER ROLE " + reader + " NOINHERIT",
                "GRANT SELECT ON " + TABLE + " TO " + group,
                "GRANT USAGE ON SCHEMA oltp TO " + group,
                "GRANT " + group + " TO " + reader);

        assertFoundAndMended("it is a member of " + group + ", which can", "REVOKE " + group + " FROM " + reader + ";");
    }

    @Test
    void owner_of_the_table_is_found() {
        clinic.execute("GRANT SELECT ON " + VIEW + " TO " + reader, "ALTER TABLE " + TABLE + " OWNER TO " + reader);
        // the plain view beneath belongs to a superuser, so nothing else changes

        assertFoundAndMended("it owns the table", "ALTER TABLE " + TABLE + " OWNER TO CURRENT_USER;");
    }

    @Test
    void superuser_is_found() {
        clinic.execute("ALTER ROLE " + reader + " SUPERUSER");

        assertFoundAndMended("it is a superuser", "ALTER ROLE " + reader + " NOSUPERUSER;");
    }

    @Test
    void role_that_reads_all_data_is_found() {
        clinic.execute("GRANT pg_read_all_data TO " + reader);

        assertFoundAndMended(
                "it is a member of \"pg_read_all_data\", which can",
                "REVOKE \"pg_read_all_data\" FROM " + reader + ";");
    }

    @Test
    void table_in_a_schema_that_it_may_not_enter_is_out_of_reach() {
        clinic.execute("GRANT SELECT ON " + TABLE + " TO " + reader, "REVOKE USAGE ON SCHEMA oltp FROM " + reader);

        assertThat(examine()).isEmpty();
        assertThatThrownBy(() -> read(TABLE)).rootCause().hasMessageContaining("permission denied");
    }

    @Test
    void tables_that_were_named_are_looked_at_instead() {
        clinic.execute(
                "CREATE TABLE oltp.other (id int)",
                "GRANT SELECT ON oltp.other TO " + reader,
                "GRANT SELECT ON " + TABLE + " TO " + reader);

        List<Finding> findings = Clinic.examine(
                PostgresDoctor.builder(clinic.database().dataSource())
                        .readerRole(Clinic.bare(reader))
                        .oltpTables("oltp.other")
                        .build(),
                VIEW);
        assertThat(findings)
                .singleElement()
                .satisfies(f -> assertThat(f.problem()).contains("\"oltp\".\"other\""));
    }

    @Test
    void table_that_is_named_and_not_there_is_found() {
        PostgresDoctor.Builder doctor = PostgresDoctor.builder(clinic.database().dataSource())
                .oltpTables("oltp.no_such_table", "no_such_schema.t", "oltp.other");
        clinic.execute("CREATE TABLE oltp.other (a int)");

        for (PostgresDoctor.Builder either : List.of(doctor, doctor.readerRole(Clinic.bare(reader)))) {
            assertThat(Clinic.examine(either.build(), VIEW))
                    .filteredOn(finding -> finding.code().equals("oltp-table-missing"))
                    .extracting(Finding::problem)
                    .satisfiesExactly(
                            first -> assertThat(first).contains("\"no_such_schema\".\"t\""),
                            second -> assertThat(second).contains("\"oltp\".\"no_such_table\""));
        }
    }

    @Test
    void view_that_the_reader_may_not_read_is_found_and_the_grants_end_it() {
        clinic.execute("REVOKE ALL ON SCHEMA \"olap s\" FROM " + reader, "REVOKE ALL ON " + VIEW + " FROM " + reader);

        Finding finding = examine().get(0);
        assertThat(finding.code()).isEqualTo("reader-cannot-read-view");
        assertThat(finding.remedy())
                .isEqualTo("GRANT USAGE ON SCHEMA \"olap s\" TO " + reader + "; GRANT SELECT ON " + VIEW + " TO "
                        + reader + ";");
        clinic.follow(finding);
        assertThat(examine()).isEmpty();
        read(VIEW);
    }

    @Test
    void missing_reader_role_is_found_and_the_remedy_creates_one_that_reads_views_and_not_tables() {
        reader = clinic.newRole();
        clinic.execute("GRANT SELECT ON " + TABLE + " TO PUBLIC", "GRANT USAGE ON SCHEMA oltp TO PUBLIC");

        Finding finding = examine().get(0);
        assertThat(finding.code()).isEqualTo("reader-missing");
        assertThat(finding.remedy())
                .startsWith("CREATE ROLE " + reader)
                .isEqualTo(PostgresDoctor.readerRoleSql(Clinic.bare(reader), Set.of(ViewName.parse(VIEW)), TABLE));

        clinic.follow(finding);
        assertThat(examine()).isEmpty();
        read(VIEW);
        assertThatThrownBy(() -> read(TABLE)).rootCause().hasMessageContaining("permission denied");
        assertThatThrownBy(() -> clinic.execute("SET ROLE " + reader + "; UPDATE " + TABLE + " SET x = 1"))
                .rootCause()
                .hasMessageContaining("permission denied");
    }
}
