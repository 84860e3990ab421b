package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.LINES;
import static io.olapsync.jdbc.DeltaFixture.TOTALS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.jdbc.Verification.Kind;
import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@Tag("one-major")
class PostgresVerifierTest {

    private static final ViewName SUMS = ViewName.parse("sums");

    private DeltaFixture deltas;
    private PostgresVerifier verifier;

    @BeforeEach
    void convert() {
        deltas = DeltaFixture.converted();
        verifier = PostgresVerifier.of(deltas.fixture.dataSource);
    }

    @AfterEach
    void close() throws Exception {
        deltas.close();
    }

    /** What nobody can do by mistake. */
    private void tamper(String... statements) {
        deltas.db.execute("SET LOCAL session_replication_role = replica; " + String.join("; ", statements));
    }

    @Test
    void delta_table_that_was_refreshed_is_the_same_as_its_definition() throws Exception {
        assertThat(verifier.verify(LINES))
                .isEqualTo(new Verification(LINES, 1000, 0, 0, 0, 0, false, List.of(), Optional.empty()));
        assertThat(verifier.verify(List.of(LINES, TOTALS))).allMatch(Verification::isSame);
    }

    @Test
    void missing_surplus_and_different_rows_are_told_apart_with_examples() throws Exception {
        tamper(
                "DELETE FROM order_lines WHERE order_id IN (1, 2)",
                "INSERT INTO order_lines VALUES (5000, 1, 'nobody')",
                "UPDATE order_lines SET amount = -1 WHERE order_id IN (3, 4, 5, 6)");

        Verification found = verifier.withExamples(1).verify(LINES);

        assertThat(found.missing()).isEqualTo(2);
        assertThat(found.surplus()).isEqualTo(1);
        assertThat(found.different()).isEqualTo(4);
        assertThat(found.pending()).isZero();
        assertThat(found.drift()).isEqualTo(7);
        assertThat(found.rows()).isEqualTo(999);
        assertThat(found.examples())
                .extracting(Verification.Example::kind)
                .containsExactlyInAnyOrder(Kind.MISSING, Kind.SURPLUS, Kind.DIFFERENT);
        assertThat(found.examples())
                .filteredOn(example -> example.kind() == Kind.SURPLUS)
                .singleElement()
                .satisfies(example -> {
                    assertThat(example.expected()).isEmpty();
                    assertThat(example.actual())
                            .hasValueSatisfying(row -> assertThat(row).contains("5000", "nobody"));
                });
    }

    @Test
    void what_the_next_refresh_mends_by_itself_is_pending_and_no_drift() throws Exception {
        deltas.db.execute(
                "UPDATE orders SET amount = 0 WHERE id = 1",
                "DELETE FROM orders WHERE id = 2",
                "INSERT INTO orders VALUES (3000, 1, 1)");
        tamper("UPDATE order_lines SET amount = -1 WHERE order_id = 3");

        Verification before = verifier.verify(LINES);
        deltas.refresh(LINES);
        Verification after = verifier.verify(LINES);

        assertThat(before.differences()).isEqualTo(4);
        assertThat(before.pending()).isEqualTo(3);
        assertThat(before.examples().get(0).pending()).isFalse();
        assertThat(after.differences()).isEqualTo(1);
        assertThat(after.drift()).isEqualTo(1);
    }

    @Test
    void a_truncated_source_makes_everything_pending() throws Exception {
        deltas.db.execute("TRUNCATE orders");

        Verification found = verifier.verify(LINES);

        assertThat(found.surplus()).isEqualTo(1000);
        assertThat(found.pending()).isEqualTo(1000);
    }

    @Test
    void sample_finds_what_is_wrong_among_its_keys_also_keys_that_are_missing() throws Exception {
        tamper(
                "UPDATE order_lines SET amount = -1 WHERE order_id <= 900",
                "DELETE FROM order_lines WHERE order_id > 900");

        Verification found = verifier.withSample(500).verify(LINES);

        assertThat(found.problem()).isEmpty();
        assertThat(found.sampled()).isTrue();
        assertThat(found.differences()).isEqualTo(500);
        assertThat(found.missing()).isPositive();
        assertThat(found.different()).isPositive();
        assertThat(found.surplus()).isZero();
    }

    @Test
    void nobody_waits_for_a_verification_and_it_sees_one_snapshot() throws Exception {
        try (var writer = deltas.db.connect()) {
            writer.setAutoCommit(false);
            writer.createStatement().execute("UPDATE orders SET amount = 7 WHERE id = 1");
            assertThat(verifier.verify(LINES).isSame()).isTrue();
            writer.commit();
        }
        assertThat(verifier.verify(LINES).pending()).isEqualTo(1);
    }

    @Test
    void materialized_view_is_compared_by_its_unique_index_and_without_one_by_its_rows() throws Exception {
        deltas.db.execute(
                "CREATE MATERIALIZED VIEW plain AS SELECT id, amount, '{\"a\": 1}'::json AS j FROM orders WHERE '{\"a\":1}'::jsonb ? 'a' -- all",
                "CREATE MATERIALIZED VIEW indexed AS SELECT id, amount FROM orders",
                "CREATE UNIQUE INDEX ON indexed (id) INCLUDE (amount)",
                "CREATE MATERIALIZED VIEW empty AS SELECT 1 AS one WITH NO DATA",
                "UPDATE orders SET amount = -5 WHERE id = 1");

        assertThat(verifier.verify(ViewName.parse("indexed")))
                .satisfies(found -> assertThat(found.different()).isEqualTo(1))
                .satisfies(found -> assertThat(found.differences()).isEqualTo(1));
        assertThat(verifier.verify(ViewName.parse("plain")))
                .satisfies(found -> assertThat(found.missing()).isEqualTo(1))
                .satisfies(found -> assertThat(found.surplus()).isEqualTo(1));
        assertThat(verifier.verify(ViewName.parse("empty")).problem()).contains("it was never populated");
        assertThat(verifier.verify(ViewName.parse("orders")).problem())
                .contains("it is no materialized view and no delta table");
        assertThat(verifier.verify(ViewName.parse("nothing")).problem()).contains("there is no such view");
    }

    @Test
    void one_that_fails_is_a_problem_of_its_own_and_a_server_that_is_away_an_exception() throws Exception {
        deltas.db.execute(
                "CREATE TABLE divisor (d int)",
                "INSERT INTO divisor VALUES (1)",
                "CREATE MATERIALIZED VIEW fails AS SELECT 1 / d AS x FROM divisor",
                "UPDATE divisor SET d = 0");

        List<Verification> found = verifier.verify(List.of(ViewName.parse("fails"), LINES));

        assertThat(found.get(0).problem())
                .hasValueSatisfying(why -> assertThat(why).contains("division by zero"));
        assertThat(found.get(0).isSame()).isFalse();
        assertThat(found.get(1).isSame()).isTrue();

        PGSimpleDataSource nowhere = new PGSimpleDataSource();
        nowhere.setURL("jdbc:postgresql://127.0.0.1:1/none");
        assertThatThrownBy(() -> PostgresVerifier.of(nowhere).verify(LINES)).isInstanceOf(RefreshException.class);
    }

    @Test
    void a_time_limit_ends_it() throws Exception {
        deltas.db.execute("CREATE TABLE nap (s float)", "INSERT INTO nap VALUES (0)");
        deltas.db.execute(
                "CREATE MATERIALIZED VIEW slow AS SELECT pg_sleep(s)::text AS t FROM nap", "UPDATE nap SET s = 600");

        assertThat(verifier.withTimeout(Duration.ofMillis(50))
                        .verify(ViewName.parse("slow"))
                        .problem())
                .hasValueSatisfying(why -> assertThat(why).contains("timeout"));
    }

    @Test
    void repair_writes_just_what_differs_and_reports_the_drift() throws Exception {
        tamper(
                "DELETE FROM order_lines WHERE order_id = 1",
                "UPDATE order_lines SET amount = -1 WHERE order_id IN (3, 4)");
        deltas.db.execute("UPDATE orders SET amount = 0 WHERE id = 9");

        ViewRefresh repaired =
                deltas.fixture.refresh(DeltaFixture.repair(LINES)).get(0);

        assertThat(repaired.delta()).contains(new RowDelta(1, 3, 0));
        assertThat(DeltaFixture.how(repaired).drift()).isEqualTo(3);
        assertThat(verifier.verify(LINES).isSame()).isTrue();
    }

    @Test
    void a_sum_that_was_kept_has_other_zeros_than_one_that_was_computed_and_that_is_no_drift() throws Exception {
        deltas.db.execute(
                "CREATE TABLE price (id int PRIMARY KEY, kind int, amount numeric NOT NULL)",
                "INSERT INTO price VALUES (1, 1, 10), (2, 1, 0.50), (3, 2, 1)",
                "CREATE MATERIALIZED VIEW sums AS SELECT kind, sum(amount) AS amount, count(*) AS n FROM price GROUP BY kind",
                "CREATE UNIQUE INDEX ON sums (kind)");
        deltas.convert(Map.of(SUMS, DeltaSpec.key("kind").source("price", "kind")));
        deltas.refresh(SUMS);
        deltas.db.execute("UPDATE price SET amount = 1 WHERE id = 2");
        assertThat(DeltaFixture.how(deltas.refresh(SUMS)).way()).isEqualTo(Way.ADDITIVE);

        assertThat(deltas.db
                        .rows("SELECT amount::text FROM sums WHERE kind = 1")
                        .toString())
                .contains("11.00");
        assertThat(verifier.verify(SUMS).isSame()).isTrue();
        ViewRefresh full = deltas.fullSync(SUMS).get(0);
        assertThat(full.delta().orElseThrow().updated()).isEqualTo(1);
        assertThat(DeltaFixture.how(full).drift()).isZero();
    }

    @Test
    void limits_are_refused_by_name() {
        assertThatThrownBy(() -> verifier.withExamples(-1)).hasMessageContaining("between 0 and 1000, not -1");
        assertThatThrownBy(() -> verifier.withSample(0)).hasMessageContaining("1 to 100000 keys, not 0");
        assertThatThrownBy(() -> verifier.withTimeout(Duration.ZERO)).hasMessageContaining("not PT0S");
    }
}
