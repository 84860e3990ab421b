package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.jdbc.OutboxTable.Column;
import java.sql.Connection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("one-major")
class PostgresTransactionsTest {

    private final Outbox outbox = Outbox.create();

    @AfterEach
    void close() {
        outbox.close();
    }

    @Test
    void id_is_that_of_the_rows_which_the_transaction_writes() throws Exception {
        outbox.db.execute("CREATE TABLE t (a int)");
        try (Connection connection = outbox.begin()) {
            long id = PostgresTransactions.currentTransactionId(connection);
            connection.setSavepoint();
            assertThat(PostgresTransactions.currentTransactionId(connection)).isEqualTo(id);
            long appended = PostgresTransactions.append(connection, outbox.table, "case_created", "{\"case\": 1}");
            assertThat(appended).isEqualTo(id);
            connection.commit();

            assertThat(outbox.db.queryForBoolean(
                            "SELECT pg_visible_in_snapshot(?::text::xid8, pg_current_snapshot())", Long.toString(id)))
                    .isTrue();
            assertThat(outbox.count("transaction_id::text = '" + id + "' AND payload = '{\"case\": 1}'"))
                    .isOne();
        }
    }

    @Test
    void connection_in_autocommit_is_refused_and_nothing_is_written() throws Exception {
        try (Connection connection = outbox.db.connect()) {
            assertThatThrownBy(() -> PostgresTransactions.currentTransactionId(connection))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("autocommit");
            assertThatThrownBy(() -> PostgresTransactions.append(connection, outbox.table, "a", ""))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("autocommit");
        }
        assertThat(outbox.ids()).isEmpty();
    }

    @Test
    void event_of_a_transaction_that_was_rolled_back_is_not_there() throws Exception {
        try (Connection connection = outbox.begin()) {
            PostgresTransactions.append(connection, outbox.table, "a", "");
            connection.rollback();
        }
        assertThat(outbox.ids()).isEmpty();
    }

    @Test
    void transaction_is_written_into_a_bigint_without_a_default_too() throws Exception {
        OutboxTable table = OutboxTable.named("host").withColumn(Column.PAYLOAD, "body");
        outbox.db.execute(
                "CREATE TABLE host (id bigserial PRIMARY KEY, event_type text, body text, transaction_id bigint,"
                        + " created_at timestamptz)",
                table.ddl());
        Outbox host = Outbox.in(outbox.db, table);

        long transaction = host.write("a", "not json");

        try (PostgresOutboxSource source = host.source().build()) {
            assertThat(source.poll(1, Outbox.AT_ONCE).events()).singleElement().satisfies(event -> {
                assertThat(event.transaction()).hasValue(transaction);
                assertThat(event.payload()).isEqualTo("not json");
            });
        }
    }

    @Test
    void empty_type_is_refused() throws Exception {
        try (Connection connection = outbox.begin()) {
            assertThatThrownBy(() -> PostgresTransactions.append(connection, outbox.table, "", ""))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
