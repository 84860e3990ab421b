package io.olapsync.jdbc;

import io.olapsync.spi.LockProvider;
import io.olapsync.testkit.contract.LockProviderContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

@Tag("one-major")
class PostgresLockProviderContractTest extends LockProviderContract {

    private final ContractStore store = new ContractStore();
    private final PostgresLockProvider locks = new PostgresLockProvider(store.dataSource);
    private final PostgresLockProvider otherProcess = new PostgresLockProvider(store.db.pooledDataSource());

    @AfterEach
    void close() {
        store.close();
    }

    @Override
    protected LockProvider locks() {
        return locks;
    }

    @Override
    protected LockProvider otherProcess() {
        return otherProcess;
    }

    @Override
    protected void takeLocksBack() {
        store.endSessions();
    }

    @Override
    protected void loseStore() {
        store.cut();
    }
}
