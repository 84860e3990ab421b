package io.olapsync.jdbc;

import io.olapsync.spi.TickStore;
import io.olapsync.testkit.contract.TickStoreContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

@Tag("one-major")
class PostgresTicksContractTest extends TickStoreContract {

    private final ContractStore store = new ContractStore();
    private final PostgresTicks ticks = new PostgresTicks(store.dataSource, PostgresSchema.of(store.dataSource));
    private final PostgresTicks otherProcess =
            new PostgresTicks(store.db.pooledDataSource(), PostgresSchema.of(store.db.pooledDataSource()));

    @AfterEach
    void close() {
        store.close();
    }

    @Override
    protected TickStore ticks() {
        return ticks;
    }

    @Override
    protected TickStore otherProcess() {
        return otherProcess;
    }

    @Override
    protected void loseStore() {
        store.cut();
    }
}
