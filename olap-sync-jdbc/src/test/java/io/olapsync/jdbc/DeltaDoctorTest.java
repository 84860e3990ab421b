package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.Finding;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the doctor says of delta tables. */
@Timeout(60)
class DeltaDoctorTest {

    private final Clinic clinic = new Clinic();

    @AfterEach
    void close() {
        clinic.close();
    }

    private void convert(String view, DeltaSpec spec) throws RefreshException {
        PostgresDeltaTables.of(clinic.database().pooledDataSource()).convert(ViewName.parse(view), spec);
    }

    private void sales() throws RefreshException {
        clinic.execute(
                "CREATE TABLE sales (id int PRIMARY KEY, org text, amount int)",
                "INSERT INTO sales SELECT g, nullif('org ' || g % 5, 'org 0'), g FROM generate_series(1, 100) g",
                "CREATE INDEX ON sales (org)",
                "CREATE MATERIALIZED VIEW by_org AS SELECT org, sum(amount) AS amount FROM sales GROUP BY org",
                "CREATE UNIQUE INDEX ON by_org (org)");
        convert("by_org", DeltaSpec.key("org").source("sales", "org"));
    }

    @Test
    void a_null_in_its_index_makes_no_row_of_a_delta_table_churn() throws Exception {
        sales();

        assertThat(clinic.examine("by_org")).filteredOn(Finding::isError).isEmpty();
        assertThat(clinic.found("null-churn", "by_org")).isEmpty();
    }

    @Test
    void reader_of_a_delta_table_needs_nothing_of_what_is_kept_for_it_and_its_table_is_no_source() throws Exception {
        sales();
        String role = clinic.createRole("LOGIN");
        clinic.execute(
                "CREATE MATERIALIZED VIEW largest AS SELECT org FROM by_org WHERE amount > 900",
                "CREATE UNIQUE INDEX ON largest (org)",
                "GRANT SELECT ON by_org, largest TO " + role);
        PostgresDoctor doctor = PostgresDoctor.builder(clinic.database().dataSource())
                .readerRole(Clinic.bare(role))
                .build();

        List<Finding> findings = Clinic.examine(doctor, "by_org", "largest");

        assertThat(findings)
                .extracting(Finding::code)
                .doesNotContain("reader-can-read-tables", "reader-cannot-read-view", "rule-not-evaluated");
    }

    @Test
    void definition_of_a_delta_table_is_looked_at_like_that_of_a_view() throws Exception {
        clinic.execute(
                "CREATE TABLE sales (id int PRIMARY KEY, org text)",
                "CREATE MATERIALIZED VIEW numbered AS"
                        + " SELECT row_number() OVER (ORDER BY org) AS nr, id, now() AS at FROM sales",
                "CREATE UNIQUE INDEX ON numbered (nr)");
        convert("numbered", DeltaSpec.key("id").source("sales", "id"));

        assertThat(clinic.found("unstable-row-number", "numbered")).hasSize(1);
        assertThat(clinic.found("time-dependent", "numbered")).hasSize(1);
    }

    @Test
    void source_that_the_owner_of_the_definition_may_not_read_is_found() throws Exception {
        sales();
        String owner = clinic.createRole("NOLOGIN");
        clinic.execute("ALTER TABLE by_org OWNER TO " + owner, "GRANT CREATE, USAGE ON SCHEMA olap_sync TO " + owner);
        clinic.execute("ALTER VIEW olap_sync.definition_1 OWNER TO " + owner);

        List<Finding> denied = clinic.found("owner-lacks-privilege", "by_org");

        assertThat(denied).hasSize(1);
        clinic.follow(denied.get(0));
        assertThat(clinic.found("owner-lacks-privilege", "by_org")).isEmpty();
    }

    @Test
    void lookup_that_reads_what_its_role_may_not_is_found() throws Exception {
        clinic.execute(
                "CREATE TABLE orgs (id int PRIMARY KEY, name text)",
                "CREATE TABLE sales (id int PRIMARY KEY, org int)",
                "CREATE MATERIALIZED VIEW named AS SELECT s.id, o.name FROM sales s LEFT JOIN orgs o ON o.id = s.org",
                "CREATE UNIQUE INDEX ON named (id)");
        convert(
                "named",
                DeltaSpec.key("id")
                        .source("sales", "id")
                        .lookup("orgs", "SELECT s.id FROM changed c JOIN public.sales s ON s.org = c.id", "id"));
        String role = clinic.createRole("NOLOGIN");
        clinic.execute(
                "GRANT CREATE, USAGE ON SCHEMA olap_sync TO " + role,
                "GRANT SELECT ON ALL TABLES IN SCHEMA olap_sync TO " + role,
                "ALTER VIEW olap_sync.keys_1 OWNER TO " + role);

        List<Finding> denied = clinic.found("owner-lacks-privilege", "named");

        assertThat(denied).hasSize(1);
        assertThat(denied.get(0).problem()).contains("lookups").contains("\"sales\"");
        clinic.follow(denied.get(0));
        assertThat(clinic.found("owner-lacks-privilege", "named")).isEmpty();
    }

    @Test
    void plain_table_is_not_examined_as_a_view() {
        clinic.execute("CREATE TABLE plain (a int PRIMARY KEY)");

        assertThat(clinic.examine("plain")).extracting(Finding::code).containsExactly("not-a-materialized-view");
    }
}
