package io.olapsync.examples.star;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StarOutboxTest {

    private static final long SEED = 20_260_303;

    private final TestDatabase db = TestServers.postgres().newDatabase();

    @BeforeEach
    void load() throws SQLException {
        try (Connection connection = db.connect()) {
            StarSchema.create(connection);
            new StarData(SEED, 50).load(connection);
            StarOutbox.create(connection);
        }
    }

    @AfterEach
    void close() {
        db.close();
    }

    @Test
    void event_carries_the_transaction_that_wrote_the_row() throws SQLException {
        AtomicLong transaction = new AtomicLong();
        try (Connection connection = db.connect()) {
            StarChanges.seeded(SEED)
                    .with((tx, change) -> transaction.set(StarOutbox.append(tx, change)))
                    .newCase(connection);
        }

        assertThat(db.queryForLong(
                        "SELECT count(*) FROM event_outbox JOIN cases ON case_id = (payload #>> '{ids,0}')::int"
                                + " WHERE event_type = 'case_created' AND transaction_id = '" + transaction.get()
                                + "'::xid8 AND cases.xmin::text = (transaction_id::text::bigint & 4294967295)::text"))
                .isOne();
    }

    @Test
    void change_whose_event_cannot_be_written_is_not_made() throws SQLException {
        long before = db.queryForLong("SELECT count(*) FROM cases");
        try (Connection connection = db.connect()) {
            StarChanges changes = StarChanges.seeded(SEED).with((tx, change) -> {
                StarOutbox.append(tx, change);
                throw new SQLException("as if the outbox were full");
            });

            assertThatThrownBy(() -> changes.newCase(connection)).hasMessageContaining("full");
        }

        assertThat(db.queryForLong("SELECT count(*) FROM cases")).isEqualTo(before);
        assertThat(db.queryForLong("SELECT count(*) FROM event_outbox")).isZero();
    }

    @Test
    void table_of_another_is_refused_as_it_is_and_ones_own_is_taken() throws SQLException {
        try (Connection connection = db.connect()) {
            StarOutbox.create(connection);
            db.execute("COMMENT ON TABLE event_outbox IS 'ours'");

            assertThatThrownBy(() -> StarOutbox.create(connection))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("public.event_outbox");
        }
    }
}
