package io.olapsync.testkit.fakes;

import io.olapsync.spi.CancelSignal;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.RunId;
import io.olapsync.spi.SyncClock;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.spi.ViewStates;
import io.olapsync.testkit.contract.ViewStatesContract;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The states of the in-memory warehouse behind the faulty ones. */
class InMemoryStatesTest extends ViewStatesContract {

    private final InMemoryWarehouse warehouse = new InMemoryWarehouse(SyncClock.system());
    private final InMemoryLocks locks = new InMemoryLocks();
    private final FaultyStates states = new FaultyStates(warehouse);

    @Override
    protected ViewStates states() {
        return states;
    }

    @Override
    protected ViewStates otherProcess() {
        return warehouse;
    }

    @Override
    protected ViewRefresh refresh(ViewName view) throws RefreshException {
        warehouse.sourceRows(view, warehouse.rows(view) + 1);
        RefreshRequest request = new RefreshRequest(
                RunId.random(),
                SyncKind.FULL,
                List.of(view),
                Duration.ofMinutes(1),
                Map.of(),
                true,
                CancelSignal.never());
        try (RefreshLock lock = locks.tryAcquire(Set.of(view)).orElseThrow()) {
            return warehouse.refresh(request, lock).get(0);
        }
    }

    @Override
    protected void loseStore() {
        states.away(true);
    }
}
