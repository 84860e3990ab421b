package io.olapsync.jdbc;

import io.olapsync.spi.LockProvider;
import io.olapsync.spi.RefreshExecutor;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewStates;
import io.olapsync.testkit.contract.RefreshExecutorContract;
import io.olapsync.testkit.contract.StalledRefresh;
import org.junit.jupiter.api.AfterEach;

class PostgresRefreshExecutorContractTest extends RefreshExecutorContract {

    private final ContractStore store = new ContractStore();
    private final PostgresLockProvider locks = new PostgresLockProvider(store.dataSource);
    private final PostgresRefreshExecutor executor = new PostgresRefreshExecutor(store.dataSource);
    private final PostgresViewStates states = new PostgresViewStates(store.db.pooledDataSource());

    @AfterEach
    void close() {
        executor.close();
        store.close();
    }

    @Override
    protected RefreshExecutor executor() {
        return executor;
    }

    @Override
    protected LockProvider locks() {
        return locks;
    }

    @Override
    protected ViewStates states() {
        return states;
    }

    @Override
    protected void createView(ViewName view) {
        store.createView(view);
    }

    @Override
    protected void sourceRows(long rows, ViewName... views) {
        store.sourceRows(rows, views);
    }

    @Override
    protected long visibleRows(ViewName view) {
        return store.visibleRows(view);
    }

    @Override
    protected void breakView(ViewName view) {
        store.breakView(view);
    }

    @Override
    protected StalledRefresh stall(ViewName view) {
        return store.stall(view);
    }

    @Override
    protected boolean isAtWork(ViewName view) {
        return store.isAtWork(view);
    }

    @Override
    protected void loseStore() {
        store.cut();
    }
}
