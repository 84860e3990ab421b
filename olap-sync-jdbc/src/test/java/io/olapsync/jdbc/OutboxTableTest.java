package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.jdbc.OutboxTable.Column;
import io.olapsync.spi.EventsUnavailableException;
import io.olapsync.spi.Finding;
import io.olapsync.spi.RefreshException;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("one-major")
class OutboxTableTest {

    private static final TestDatabase DATABASE = TestServers.postgres().newDatabase();
    private static final OutboxTable DEFAULTS = OutboxTable.defaults();

    @AfterEach
    void empty() {
        EmptyDatabase.reset(DATABASE);
    }

    @AfterAll
    static void drop() {
        DATABASE.close();
    }

    private static List<Finding> findings(OutboxTable table) throws RefreshException {
        return table.findings(DATABASE.pooledDataSource());
    }

    @Test
    void ddl_of_the_defaults_is_the_file_in_the_jar() throws IOException {
        try (InputStream in = OutboxTable.class.getResourceAsStream("/io/olapsync/jdbc/outbox-1.sql")) {
            String file = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
            assertThat(file).isEqualTo(DEFAULTS.ddl());
        }
    }

    @Test
    void ddl_makes_a_table_without_findings_however_often_it_is_run() throws RefreshException {
        DATABASE.execute(DEFAULTS.ddl(), DEFAULTS.ddl());

        assertThat(findings(DEFAULTS)).isEmpty();
    }

    @Test
    void ddl_takes_any_name() throws RefreshException {
        OutboxTable odd = OutboxTable.named("\"My Schema\".\"Out \"\"Box\"\" {id}\"");
        for (Column column : Column.values()) {
            odd = odd.withColumn(column, "{id} Spalte \"" + column);
        }
        DATABASE.execute("CREATE SCHEMA \"My Schema\"", odd.ddl(), odd.ddl());

        assertThat(findings(odd)).isEmpty();
    }

    @Test
    void ddl_takes_the_longest_name() throws RefreshException {
        OutboxTable longest = OutboxTable.named("가".repeat(21));
        DATABASE.execute(longest.ddl(), longest.ddl());

        assertThat(findings(longest)).isEmpty();
    }

    @Test
    void ddl_adds_to_a_table_of_the_host_what_is_missing() throws RefreshException {
        DATABASE.execute(
                "CREATE TABLE messages (nr integer PRIMARY KEY, kind varchar(40), body text)",
                "INSERT INTO messages VALUES (7, 'old', NULL)");
        OutboxTable table = OutboxTable.named("messages")
                .withColumn(Column.ID, "nr")
                .withColumn(Column.EVENT_TYPE, "kind")
                .withColumn(Column.PAYLOAD, "body")
                .without(Column.TRANSACTION_ID)
                .without(Column.CREATED_AT);
        assertThat(findings(table)).extracting(Finding::code).containsOnly("outbox-column");

        DATABASE.execute(table.ddl());

        assertThat(findings(table)).isEmpty();
        try (PostgresOutboxSource source = PostgresOutboxSource.builder(DATABASE.pooledDataSource())
                .table(table)
                .build()) {
            assertThat(source.poll(10, Outbox.AT_ONCE).events()).singleElement().satisfies(event -> {
                assertThat(event.id()).isEqualTo("7");
                assertThat(event.type()).isEqualTo("old");
                assertThat(event.transaction()).isEmpty();
                assertThat(event.payload()).isEmpty();
            });
        } catch (EventsUnavailableException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void missing_table_is_one_error_with_the_ddl_for_source_and_relay() throws RefreshException {
        assertThat(findings(DEFAULTS)).singleElement().satisfies(finding -> {
            assertThat(finding.isError()).isTrue();
            assertThat(finding.problem()).contains("\"public\".\"event_outbox\"");
            assertThat(finding.remedy()).contains(DEFAULTS.ddl());
        });
        try (PostgresOutboxSource source = PostgresOutboxSource.of(DATABASE.pooledDataSource());
                OutboxRelay relay = OutboxRelay.of(DATABASE.pooledDataSource(), new Outbox.Published())) {
            assertThatThrownBy(() -> source.poll(1, Outbox.AT_ONCE))
                    .isInstanceOf(EventsUnavailableException.class)
                    .hasMessageContaining("CREATE TABLE IF NOT EXISTS \"public\".\"event_outbox\"");
            assertThatThrownBy(relay::relayOnce)
                    .isInstanceOf(EventsUnavailableException.class)
                    .hasMessageContaining("CREATE TABLE IF NOT EXISTS \"public\".\"event_outbox\"");
        }
    }

    @ParameterizedTest
    @EnumSource(Column.class)
    void missing_column_is_named_with_the_ddl_that_adds_it(Column column) throws Exception {
        DATABASE.execute(
                DEFAULTS.ddl(),
                "INSERT INTO event_outbox (event_type) VALUES ('early')",
                "ALTER TABLE event_outbox DROP COLUMN " + DEFAULTS.columns().get(column));
        String name = ContractStore.quoted(DEFAULTS.columns().get(column));

        Finding finding = findings(DEFAULTS).get(0);

        assertThat(finding.problem()).contains("\"public\".\"event_outbox\"").contains(name);
        try (PostgresOutboxSource source = PostgresOutboxSource.of(DATABASE.pooledDataSource())) {
            assertThatThrownBy(() -> source.poll(1, Outbox.AT_ONCE)).hasMessageContaining(finding.remedy());
            DATABASE.execute(finding.remedy().replaceAll("; or .*", ""), DEFAULTS.ddl());
            assertThat(findings(DEFAULTS)).isEmpty();
            assertThat(source.poll(1, Outbox.AT_ONCE)).isNotNull();
        }
    }

    @Test
    void table_without_its_optional_columns_works() throws Exception {
        OutboxTable bare =
                DEFAULTS.without(Column.PAYLOAD).without(Column.TRANSACTION_ID).without(Column.CREATED_AT);
        Outbox outbox = Outbox.in(DATABASE, bare);
        outbox.write("a", 2);
        Outbox.Published published = new Outbox.Published();

        try (OutboxRelay relay = outbox.relay(published).batchSize(1).build()) {
            assertThat(relay.relayOnce()).isOne();
            assertThat(relay.status().oldestUnrelayed()).isEmpty();
        }

        assertThat(published.events.get(0).transaction()).isEmpty();
        assertThat(published.events.get(0).payload()).isEmpty();
    }

    @Test
    void column_of_another_type_is_named() throws RefreshException {
        DATABASE.execute(
                DEFAULTS.ddl(),
                "ALTER TABLE event_outbox ALTER transaction_id DROP DEFAULT",
                "ALTER TABLE event_outbox ALTER transaction_id TYPE text USING transaction_id::text");

        assertThat(findings(DEFAULTS))
                .singleElement()
                .satisfies(finding -> assertThat(finding.problem())
                        .contains("\"public\".\"event_outbox\"")
                        .contains("has text in its column \"transaction_id\"")
                        .contains("bigint or xid8"));
    }

    @Test
    void missing_index_is_a_warning_with_its_ddl() throws RefreshException {
        DATABASE.execute(DEFAULTS.ddl(), "DROP INDEX event_outbox_open");

        Finding finding = findings(DEFAULTS).get(0);

        assertThat(finding.isError()).isFalse();
        DATABASE.execute(finding.remedy());
        assertThat(findings(DEFAULTS)).isEmpty();
    }

    @Test
    void lack_of_a_privilege_is_named_with_the_grant() throws Exception {
        DATABASE.execute(DEFAULTS.ddl());
        try (TestRole role = new TestRole(DATABASE)) {
            DATABASE.execute("GRANT SELECT ON event_outbox TO " + role.quoted());

            assertThat(DEFAULTS.findings(role.dataSource()))
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.remedy())
                            .contains("GRANT UPDATE, DELETE ON \"public\".\"event_outbox\""));
        }
    }

    @Test
    void names_that_cannot_be_are_refused() {
        assertThatThrownBy(() -> DEFAULTS.withColumn(Column.DONE_AT, ""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("DONE_AT");
        assertThatThrownBy(() -> DEFAULTS.withColumn(Column.DONE_AT, "id"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("two purposes");
        assertThatThrownBy(() -> DEFAULTS.without(Column.DONE_AT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("DONE_AT");
        assertThatThrownBy(() -> OutboxTable.named("a.b.c")).isInstanceOf(IllegalArgumentException.class);
    }
}
