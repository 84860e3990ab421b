package io.olapsync.jdbc;

import io.olapsync.spi.ChangeFeed;
import io.olapsync.spi.IncidentStore;
import io.olapsync.spi.LockProvider;
import io.olapsync.spi.RefreshExecutor;
import io.olapsync.spi.SyncHistory;
import io.olapsync.spi.SyncPlugin;
import io.olapsync.spi.TickStore;
import io.olapsync.spi.ViewCatalog;
import io.olapsync.spi.ViewStates;
import io.olapsync.testkit.contract.SyncPluginContract;
import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.junit.jupiter.api.Tag;

@Tag("one-major")
class PostgresPluginContractTest extends SyncPluginContract {

    private final AtomicLong contacts = new AtomicLong();

    /** Counts what is asked of it and has nothing to give. */
    private final DataSource dataSource = (DataSource) Proxy.newProxyInstance(
            DataSource.class.getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> {
                contacts.incrementAndGet();
                throw new SQLException("no server is to be touched", "08001");
            });

    @Override
    protected SyncPlugin plugin() {
        return PostgresPlugin.of(dataSource);
    }

    @Override
    protected Set<Class<?>> brings() {
        return Set.of(
                RefreshExecutor.class,
                LockProvider.class,
                ViewStates.class,
                SyncHistory.class,
                TickStore.class,
                ViewCatalog.class,
                IncidentStore.class,
                ChangeFeed.class);
    }

    @Override
    protected long serverContacts() {
        return contacts.get();
    }
}
