package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.Finding;
import io.olapsync.spi.Finding.Severity;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("one-major")
class DoctorStorageTest {

    private final Clinic clinic = new Clinic();

    @BeforeEach
    void create_a_view() {
        clinic.execute(
                "CREATE TABLE t (id int, x int)",
                "INSERT INTO t SELECT i, 0 FROM generate_series(1, 20000) i",
                "CREATE MATERIALIZED VIEW \"뷰 \"\"v\"\"\" WITH (autovacuum_enabled = off) AS SELECT id, x, repeat('.', 100) AS pad"
                        + " FROM t",
                "CREATE UNIQUE INDEX ON \"뷰 \"\"v\"\"\" (id)",
                "ANALYZE \"뷰 \"\"v\"\"\"");
    }

    @AfterEach
    void close() {
        clinic.close();
    }

    private void rewrite(int times) {
        for (int i = 0; i < times; i++) {
            clinic.execute("UPDATE t SET x = x + 1", "REFRESH MATERIALIZED VIEW CONCURRENTLY \"뷰 \"\"v\"\"\"");
        }
    }

    private void awaitDeadRows(String condition) {
        clinic.database()
                .await("SELECT n_dead_tup " + condition + " FROM pg_stat_user_tables WHERE relname = '뷰 \"v\"'");
    }

    @Test
    void dead_rows_are_found_and_vacuum_ends_it() {
        rewrite(1);
        awaitDeadRows(">= 20000");

        Finding finding = clinic.examine("\"뷰 \"\"v\"\"\"").get(0);
        assertThat(finding.code()).isEqualTo("dead-rows");
        assertThat(finding.severity()).isEqualTo(Severity.WARNING);
        assertThat(finding.problem()).startsWith("20000 dead rows beside ");
        assertThat(finding.remedy()).isEqualTo("VACUUM (ANALYZE) \"public\".\"뷰 \"\"v\"\"\";");

        clinic.follow(finding);
        awaitDeadRows("= 0");
        assertThat(clinic.examine("\"뷰 \"\"v\"\"\"")).isEmpty();
    }

    @Test
    void view_many_times_larger_than_its_rows_is_found_and_a_full_vacuum_ends_it() {
        rewrite(5);
        clinic.execute("VACUUM (ANALYZE, TRUNCATE off) \"뷰 \"\"v\"\"\"");
        awaitDeadRows("= 0");

        Finding finding = clinic.examine("\"뷰 \"\"v\"\"\"").get(0);
        assertThat(finding.code()).isEqualTo("bloat");
        assertThat(finding.severity()).isEqualTo(Severity.WARNING);
        assertThat(finding.problem()).matches("it takes 1\\d\\.\\d MB where its rows need about 2\\.\\d MB.*");

        clinic.follow(finding);
        assertThat(clinic.examine("\"뷰 \"\"v\"\"\"")).isEmpty();
    }

    @Test
    void a_few_dead_rows_are_fine() {
        clinic.execute("UPDATE t SET x = 1 WHERE id <= 900", "REFRESH MATERIALIZED VIEW CONCURRENTLY \"뷰 \"\"v\"\"\"");
        awaitDeadRows("= 900");

        assertThat(clinic.examine("\"뷰 \"\"v\"\"\"")).isEmpty();
    }
}
