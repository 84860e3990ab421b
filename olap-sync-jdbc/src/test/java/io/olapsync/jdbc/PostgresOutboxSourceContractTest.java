package io.olapsync.jdbc;

import io.olapsync.spi.EventSource;
import io.olapsync.testkit.contract.EventSourceContract;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

@Tag("one-major")
class PostgresOutboxSourceContractTest extends EventSourceContract {

    private static final int MAX_DELIVERIES = 3;

    private final ContractStore store = new ContractStore();
    private final Outbox outbox;

    PostgresOutboxSourceContractTest() {
        // A column of jsonb would not take what is no JSON, nor give back the same text.
        store.db.execute(
                "CREATE TABLE event_outbox (id bigserial PRIMARY KEY, event_type text, payload text, transaction_id xid8,"
                        + " created_at timestamptz)");
        outbox = Outbox.in(store.db, OutboxTable.defaults());
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Override
    protected EventSource open() {
        return PostgresOutboxSource.builder(store.dataSource)
                .maxDeliveries(MAX_DELIVERIES)
                .build();
    }

    @Override
    protected OptionalLong send(String type, String payload) {
        return OptionalLong.of(outbox.write(type, payload));
    }

    @Override
    protected void sendMalformed() {
        store.db.execute("INSERT INTO event_outbox (event_type) VALUES (NULL)");
    }

    @Override
    protected boolean canLose() {
        return false;
    }

    @Override
    protected void cut() {
        throw new UnsupportedOperationException("rows leave no trace");
    }

    @Override
    protected void elapse(Duration time) {
        store.db.update("UPDATE event_outbox SET claimed_until = claimed_until - ?::interval", time.toString());
    }

    @Override
    protected int maxDeliveries() {
        return MAX_DELIVERIES;
    }

    @Override
    protected long unacknowledged() {
        return outbox.count("claimed_by IS NOT NULL AND done_at IS NULL AND set_aside IS NULL");
    }

    @Override
    protected long foundSetAside() {
        return outbox.count("set_aside IS NOT NULL");
    }

    @Override
    protected void loseQueue() {
        store.cut();
    }

    @Override
    protected void restoreQueue() {
        store.restore();
    }
}
