package io.olapsync.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.CacheInvalidator;
import io.olapsync.spi.ChangeFeed;
import io.olapsync.spi.CheckHandler;
import io.olapsync.spi.EventSource;
import io.olapsync.spi.IncidentSource;
import io.olapsync.spi.IncidentStore;
import io.olapsync.spi.LockProvider;
import io.olapsync.spi.RefreshExecutor;
import io.olapsync.spi.SyncHistory;
import io.olapsync.spi.SyncListener;
import io.olapsync.spi.SyncPlugin;
import io.olapsync.spi.TickStore;
import io.olapsync.spi.ViewCatalog;
import io.olapsync.spi.ViewStates;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link SyncPlugin} promises. */
@Timeout(60)
public abstract class SyncPluginContract {

    /** A new plugin with the defaults, each time. */
    protected abstract SyncPlugin plugin();

    /** What {@link #plugin()} brings: {@code RefreshExecutor.class}, {@code LockProvider.class} and so on. */
    protected abstract Set<Class<?>> brings();

    /** How often a server was asked for something so far, connections included. */
    protected abstract long serverContacts();

    @Test
    void plugin_brings_what_it_says_each_kind_once() {
        Recorder registry = install();
        assertThat(registry.kinds).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(brings());
        assertThat(registry.checks).doesNotHaveDuplicates().noneMatch(String::isBlank);
    }

    @Test
    void installing_touches_no_server() {
        install();
        assertThat(serverContacts()).isZero();
    }

    @Test
    void engine_that_never_ran_can_close_what_was_brought_without_a_server() throws Exception {
        Recorder registry = install();
        for (int i = registry.resources.size() - 1; i >= 0; i--) {
            registry.resources.get(i).close();
        }
        assertThat(serverContacts()).isZero();
    }

    @Test
    void two_plugins_do_not_share_what_they_close() throws Exception {
        Recorder one = install();
        Recorder two = install();
        assertThat(two.resources)
                .hasSameSizeAs(one.resources)
                .noneMatch(resource -> one.resources.stream().anyMatch(other -> other == resource));
    }

    private Recorder install() {
        Recorder registry = new Recorder();
        plugin().install(registry);
        return registry;
    }

    /** Writes down what a plugin registers. */
    private static final class Recorder implements SyncPlugin.Registry {

        final List<Class<?>> kinds = new ArrayList<>();
        final List<String> checks = new ArrayList<>();
        final List<AutoCloseable> resources = new ArrayList<>();

        @Override
        public Recorder executor(RefreshExecutor executor) {
            return kind(RefreshExecutor.class, executor);
        }

        @Override
        public Recorder locks(LockProvider locks) {
            return kind(LockProvider.class, locks);
        }

        @Override
        public Recorder states(ViewStates states) {
            return kind(ViewStates.class, states);
        }

        @Override
        public Recorder history(SyncHistory history) {
            return kind(SyncHistory.class, history);
        }

        @Override
        public Recorder ticks(TickStore ticks) {
            return kind(TickStore.class, ticks);
        }

        @Override
        public Recorder catalog(ViewCatalog catalog) {
            return kind(ViewCatalog.class, catalog);
        }

        @Override
        public Recorder invalidator(CacheInvalidator invalidator) {
            return kind(CacheInvalidator.class, invalidator);
        }

        @Override
        public Recorder incidents(IncidentStore incidents) {
            return kind(IncidentStore.class, incidents);
        }

        @Override
        public Recorder changeFeed(ChangeFeed incidents) {
            return kind(ChangeFeed.class, incidents);
        }

        @Override
        public Recorder incidentSource(IncidentSource source) {
            return kind(IncidentSource.class, source);
        }

        @Override
        public Recorder events(EventSource source) {
            return kind(EventSource.class, source);
        }

        @Override
        public Recorder check(String type, CheckHandler handler) {
            Objects.requireNonNull(handler, "handler");
            checks.add(type);
            return this;
        }

        @Override
        public Recorder listener(SyncListener listener) {
            Objects.requireNonNull(listener, "listener");
            return this;
        }

        @Override
        public Recorder onClose(AutoCloseable resource) {
            resources.add(Objects.requireNonNull(resource, "resource"));
            return this;
        }

        private Recorder kind(Class<?> kind, Object adapter) {
            Objects.requireNonNull(adapter, kind.getSimpleName());
            kinds.add(kind);
            return this;
        }
    }
}
