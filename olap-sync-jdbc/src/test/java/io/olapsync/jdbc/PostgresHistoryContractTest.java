package io.olapsync.jdbc;

import io.olapsync.spi.SyncHistory;
import io.olapsync.testkit.contract.SyncHistoryContract;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

@Tag("one-major")
class PostgresHistoryContractTest extends SyncHistoryContract {

    private final ContractStore store = new ContractStore();
    private final PostgresHistory history = new PostgresHistory(store.dataSource, PostgresSchema.of(store.dataSource));

    @AfterEach
    void close() {
        store.close();
    }

    @Override
    protected SyncHistory history() {
        return history;
    }

    @Override
    protected void passTime(Duration time) {
        store.db.update("UPDATE olap_sync.run SET seen_at = seen_at - ?::interval", time.toString());
    }

    @Override
    protected void loseStore() {
        store.cut();
    }

    @Override
    protected void restoreStore() {
        store.restore();
    }
}
