package io.olapsync.testkit.fakes;

import io.olapsync.spi.LockProvider;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RefreshExecutor;
import io.olapsync.spi.SyncClock;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewStates;
import io.olapsync.testkit.contract.RefreshExecutorContract;
import io.olapsync.testkit.contract.StalledRefresh;

/** The in-memory executor behind the scripted one. */
class InMemoryWarehouseTest extends RefreshExecutorContract {

    private final InMemoryWarehouse warehouse = new InMemoryWarehouse(SyncClock.system());
    private final InMemoryLocks locks = new InMemoryLocks();
    private final ScriptedExecutor executor = new ScriptedExecutor(warehouse);
    private volatile boolean away;

    @Override
    protected RefreshExecutor executor() {
        return (request, lock) -> {
            if (away) {
                throw new RefreshException(Kind.TRANSIENT, "the warehouse is away: " + request.views(), null);
            }
            return executor.refresh(request, lock);
        };
    }

    @Override
    protected LockProvider locks() {
        return locks;
    }

    @Override
    protected ViewStates states() {
        return warehouse;
    }

    @Override
    protected void createView(ViewName view) {
        warehouse.sourceRows(view, 0);
    }

    @Override
    protected void sourceRows(long rows, ViewName... views) {
        warehouse.sourceRows(rows, views);
    }

    @Override
    protected long visibleRows(ViewName view) {
        return warehouse.rows(view);
    }

    @Override
    protected void breakView(ViewName view) {
        executor.fail(view, Kind.PERMANENT, 100);
    }

    @Override
    protected StalledRefresh stall(ViewName view) {
        ScriptedExecutor.Stall stall = executor.stall(view);
        return new StalledRefresh() {
            @Override
            public void await() throws InterruptedException {
                stall.await();
            }

            @Override
            public void close() {
                stall.close();
            }
        };
    }

    @Override
    protected boolean isAtWork(ViewName view) {
        return executor.isRefreshing(view);
    }

    @Override
    protected void loseStore() {
        away = true;
    }
}
