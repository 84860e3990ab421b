package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.how;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.Finding;
import io.olapsync.spi.Finding.Severity;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the doctor finds of the capture, the keys and the backlog of a delta table; and that its remedies are cures. */
@Timeout(120)
@Tag("one-major")
class DeltaSymptomsTest {

    private static final ViewName V = ViewName.parse("v");
    private static final DeltaSpec SPEC = DeltaSpec.key("id")
            .source("parts", "id")
            .lookup("owners", "SELECT p.id FROM changed c JOIN public.parts p ON p.owner = c.id", "id");

    private DeltaFixture deltas;

    @AfterEach
    void close() throws Exception {
        deltas.close();
    }

    /** A view over a partitioned table and another, refreshed once. */
    private void parts(String definition, DeltaSpec spec) {
        deltas = DeltaFixture.begun("with parts", DeltaSymptomsTest::tables);
        keep(deltas, definition, spec);
    }

    private void parts() {
        deltas = DeltaFixture.begun("kept by parts", begun -> {
            tables(begun);
            keep(begun, "SELECT p.id, o.name FROM parts p LEFT JOIN owners o ON o.id = p.owner", SPEC);
        });
    }

    private static void tables(DeltaFixture deltas) {
        deltas.db.execute(
                "CREATE TABLE owners (id int PRIMARY KEY, name text)",
                "CREATE TABLE parts (id int, owner int, note text) PARTITION BY RANGE (id)",
                "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (1000)",
                "CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (1000) TO (5000)",
                "INSERT INTO owners SELECT g, 'name ' || g FROM generate_series(1, 50) g",
                "INSERT INTO parts SELECT g, 1 + g % 50, repeat('x', 80) FROM generate_series(1, 4000) g");
    }

    private static void keep(DeltaFixture deltas, String definition, DeltaSpec spec) {
        deltas.db.execute("CREATE MATERIALIZED VIEW v AS " + definition, "CREATE UNIQUE INDEX ON v (id)");
        deltas.convert(Map.of(V, spec));
        deltas.refresh(V);
    }

    private List<Finding> found(String code) {
        try {
            List<Finding> findings =
                    PostgresDoctor.of(deltas.fixture.dataSource).examine(Set.of(V));
            assertThat(findings).extracting(Finding::code).doesNotContain("rule-not-evaluated");
            return Clinic.only(code, findings);
        } catch (RefreshException e) {
            throw new AssertionError(e);
        }
    }

    /** Each statement of its own, as a person would. */
    private void follow(Finding finding) {
        try (var connection = deltas.db.connect();
                Statement statement = connection.createStatement()) {
            for (String sql : finding.remedy().split("(?<=;)\\n")) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new AssertionError(finding.remedy(), e);
        }
    }

    @Test
    void an_index_that_is_missing_where_keys_are_looked_for_is_named() {
        parts();

        List<Finding> missing = found("delta-source-index");

        assertThat(missing)
                .extracting(Finding::remedy)
                .containsExactlyInAnyOrder(
                        "CREATE INDEX ON \"public\".\"parts\" (id);", "CREATE INDEX ON \"public\".\"parts\" (owner);");
        missing.forEach(this::follow);
        assertThat(found("delta-source-index")).isEmpty();
    }

    @Test
    void an_index_of_two_columns_is_named_for_a_lookup_by_both() {
        deltas = new DeltaFixture();
        deltas.db.execute(
                "CREATE TABLE heads (id int, \"Day\" int, PRIMARY KEY (id, \"Day\"))",
                "CREATE TABLE lines (line int PRIMARY KEY, head int, \"Day\" varchar(9), note text)",
                "INSERT INTO lines SELECT g, g % 50, 1, repeat('x', 80) FROM generate_series(1, 4000) g",
                "CREATE MATERIALIZED VIEW v AS SELECT line AS id, head, \"Day\" FROM lines",
                "CREATE UNIQUE INDEX ON v (id)");
        deltas.convert(Map.of(
                V,
                DeltaSpec.key("id")
                        .source("lines", "line")
                        .lookup(
                                "heads",
                                "SELECT l.line FROM changed c JOIN public.lines l ON l.head = c.id AND l.\"Day\" = c.\"Day\"::text",
                                "id",
                                "Day")));

        List<Finding> missing = found("delta-source-index");

        assertThat(missing)
                .extracting(Finding::remedy)
                .containsExactly("CREATE INDEX CONCURRENTLY ON \"public\".\"lines\" (head, \"Day\");");
        follow(missing.get(0));
        assertThat(found("delta-source-index")).isEmpty();
    }

    @Test
    void a_definition_into_which_keys_are_not_pushed_down_is_found_with_what_is_computed_whole() {
        parts(
                "SELECT p.id, t.n FROM parts p JOIN (SELECT owner, count(*) AS n FROM parts GROUP BY owner) t USING (owner)",
                DeltaSpec.key("id").whole("parts"));

        assertThat(found("delta-not-pushed-down"))
                .singleElement()
                .satisfies(finding -> assertThat(finding.problem()).contains("Aggregate over \"parts_1\""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE parts DISABLE TRIGGER USER",
                "ALTER TABLE owners DISABLE TRIGGER olap_sync_capture_2_update",
                "ALTER TABLE owners ENABLE REPLICA TRIGGER olap_sync_capture_2_update",
                "DROP TRIGGER olap_sync_capture_1_truncate ON parts_2",
                "DROP FUNCTION olap_sync.capture_1() CASCADE",
                "CREATE TABLE parts_3 PARTITION OF parts FOR VALUES FROM (5000) TO (9000)"
            })
    void a_trigger_that_is_disabled_or_missing_is_found_and_mended(String harm) {
        parts();
        assertThat(found("delta-not-captured")).isEmpty();
        deltas.db.execute(harm);

        List<Finding> found = found("delta-not-captured");

        assertThat(found).singleElement().extracting(Finding::severity).isEqualTo(Severity.ERROR);
        assertThat(how(deltas.refresh(V)).way()).isEqualTo(Way.FULL);
        follow(found.get(0));
        assertThat(found("delta-not-captured")).isEmpty();
        deltas.refresh(V);
        deltas.db.execute("UPDATE owners SET name = 'n' WHERE id = 1", "DELETE FROM parts WHERE id = 2000");
        assertThat(how(deltas.refresh(V)).way()).isEqualTo(Way.KEYS);
        deltas.assertEqualsDefinition(V);
    }

    @Test
    void a_second_conversion_creates_and_enables_the_triggers_that_are_missing() {
        parts();
        deltas.db.execute(
                "CREATE TABLE parts_3 PARTITION OF parts FOR VALUES FROM (5000) TO (9000)",
                "ALTER TABLE owners DISABLE TRIGGER olap_sync_capture_2_update");

        deltas.convert(Map.of(V, SPEC));

        assertThat(found("delta-not-captured")).isEmpty();
        deltas.refresh(V);
        deltas.db.execute("INSERT INTO parts_3 VALUES (6000, 1, '')");
        assertThat(how(deltas.refresh(V)).way()).isEqualTo(Way.KEYS);
        deltas.assertEqualsDefinition(V);
    }

    @Test
    void a_source_into_which_a_subscription_replicates_needs_triggers_for_each_row() {
        parts();
        deltas.db.execute("CREATE SUBSCRIPTION nowhere CONNECTION 'dbname=nowhere' PUBLICATION p"
                + " WITH (connect = false, enabled = false, create_slot = false, slot_name = NONE)");
        deltas.db.execute("INSERT INTO pg_subscription_rel SELECT oid, 'parts_1'::regclass, 'r' FROM pg_subscription"
                + " WHERE subname = 'nowhere'");
        try {
            List<Finding> found = found("delta-replicated-source");

            assertThat(found)
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.remedy())
                            .contains("ENABLE REPLICA TRIGGER")
                            .doesNotContain("owners"));
            follow(found.get(0));
            assertThat(found("delta-replicated-source")).isEmpty();
            assertThat(found("delta-not-captured")).isEmpty();
            deltas.refresh(V);
            deltas.db.execute("SET LOCAL session_replication_role = replica; UPDATE parts SET owner = 2 WHERE id = 7");
            assertThat(how(deltas.refresh(V)).way()).isEqualTo(Way.KEYS);
            deltas.assertEqualsDefinition(V);
        } finally {
            deltas.db.execute("DROP SUBSCRIPTION nowhere");
        }
    }

    @Test
    void a_trigger_that_is_missing_where_a_subscription_replicates_is_mended_with_those_for_each_row() {
        parts();
        deltas.db.execute("CREATE SUBSCRIPTION nowhere CONNECTION 'dbname=nowhere' PUBLICATION p"
                + " WITH (connect = false, enabled = false, create_slot = false, slot_name = NONE)");
        deltas.db.execute(
                "INSERT INTO pg_subscription_rel SELECT oid, 'parts'::regclass, 'r' FROM pg_subscription WHERE subname = 'nowhere'",
                "DROP TRIGGER olap_sync_capture_1_update ON parts_1");
        try {
            follow(found("delta-not-captured").get(0));

            assertThat(found("delta-replicated-source")).isEmpty();
            assertThat(found("delta-not-captured")).isEmpty();
        } finally {
            deltas.db.execute("DROP SUBSCRIPTION nowhere");
        }
    }

    @Test
    void a_role_or_database_whose_writes_fire_no_triggers_is_found() {
        parts();
        deltas.db.execute("ALTER DATABASE \"" + deltas.db.name() + "\" SET session_replication_role = replica");

        List<Finding> found = found("delta-replica-role");

        assertThat(found).hasSize(1);
        assertThat(found.get(0).problem()).contains(deltas.db.name());
        deltas.db.execute(found.get(0).remedy().replaceAll(" --.*", ""));
        assertThat(found("delta-replica-role")).isEmpty();
    }

    @Test
    void a_definition_that_depends_on_the_time_should_say_which_rows_age() {
        parts(
                "SELECT id, owner FROM parts WHERE now() > '2000-01-01'",
                DeltaSpec.key("id").source("parts", "id"));
        assertThat(found("delta-ages-unseen")).hasSize(1);

        deltas.convert(Map.of(V, DeltaSpec.key("id").source("parts", "id").aging("owner = 1")));

        assertThat(found("delta-ages-unseen")).isEmpty();
    }

    @Test
    void many_changes_or_old_ones_that_wait_are_found() {
        parts();
        deltas.db.execute("UPDATE owners SET name = 'n' WHERE id = 1");
        assertThat(found("delta-backlog")).as("few and young").isEmpty();

        deltas.db.execute("UPDATE olap_sync.view_state SET as_of = as_of - interval '2 days'");
        assertThat(found("delta-backlog"))
                .singleElement()
                .satisfies(finding -> assertThat(finding.problem()).startsWith("2 captured changes wait"));
        deltas.refresh(V);
        assertThat(found("delta-backlog")).isEmpty();

        deltas.db.execute("INSERT INTO olap_sync.changes_1 (k1) SELECT 1 FROM generate_series(1, 100000)");
        assertThat(found("delta-backlog"))
                .singleElement()
                .satisfies(finding -> assertThat(finding.problem()).startsWith("100000 captured changes wait"));
    }
}
