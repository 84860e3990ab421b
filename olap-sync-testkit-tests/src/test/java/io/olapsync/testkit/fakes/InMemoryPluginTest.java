package io.olapsync.testkit.fakes;

import io.olapsync.spi.CacheInvalidator;
import io.olapsync.spi.ChangeFeed;
import io.olapsync.spi.IncidentStore;
import io.olapsync.spi.LockProvider;
import io.olapsync.spi.RefreshExecutor;
import io.olapsync.spi.SyncClock;
import io.olapsync.spi.SyncHistory;
import io.olapsync.spi.SyncPlugin;
import io.olapsync.spi.TickStore;
import io.olapsync.spi.ViewStates;
import io.olapsync.testkit.contract.SyncPluginContract;
import java.util.Set;

class InMemoryPluginTest extends SyncPluginContract {

    @Override
    protected SyncPlugin plugin() {
        return new InMemoryPlugin(SyncClock.system());
    }

    @Override
    protected Set<Class<?>> brings() {
        return Set.of(
                RefreshExecutor.class,
                LockProvider.class,
                ViewStates.class,
                SyncHistory.class,
                TickStore.class,
                CacheInvalidator.class,
                IncidentStore.class,
                ChangeFeed.class);
    }

    @Override
    protected long serverContacts() {
        return 0;
    }
}
