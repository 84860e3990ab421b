package io.olapsync.jdbc;

import io.olapsync.spi.CancelSignal;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.RunId;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.spi.ViewStates;
import io.olapsync.testkit.contract.ViewStatesContract;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

@Tag("one-major")
class PostgresViewStatesContractTest extends ViewStatesContract {

    private final ContractStore store = new ContractStore();
    private final PostgresLockProvider locks = new PostgresLockProvider(store.db.pooledDataSource());
    private final PostgresRefreshExecutor executor = new PostgresRefreshExecutor(store.db.pooledDataSource());
    private final PostgresViewStates states = new PostgresViewStates(store.dataSource);
    private final PostgresViewStates otherProcess = new PostgresViewStates(store.db.pooledDataSource());
    private final Map<ViewName, Integer> refreshes = new HashMap<>();

    @AfterEach
    void close() {
        executor.close();
        store.close();
    }

    @Override
    protected ViewRefresh refresh(ViewName view) throws RefreshException {
        int rows = refreshes.merge(view, 1, Integer::sum);
        if (rows == 1) {
            store.createView(view);
        }
        store.sourceRows(rows, view);
        RefreshRequest request = new RefreshRequest(
                RunId.random(),
                SyncKind.FULL,
                List.of(view),
                Duration.ofMinutes(1),
                Map.of(),
                true,
                CancelSignal.never());
        try (RefreshLock lock = locks.tryAcquire(Set.of(view)).orElseThrow()) {
            return executor.refresh(request, lock).get(0);
        }
    }

    @Override
    protected ViewStates states() {
        return states;
    }

    @Override
    protected ViewStates otherProcess() {
        return otherProcess;
    }

    @Override
    protected void loseStore() {
        store.cut();
    }
}
