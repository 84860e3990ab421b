package io.olapsync.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
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
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewStates;
import io.olapsync.testkit.EmbeddedRedis;
import io.olapsync.testkit.TcpProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class RedisPluginTest {

    @Test
    void installing_touches_no_server_and_closing_leaves_the_client() throws Exception {
        try (EmbeddedRedis redis = EmbeddedRedis.start();
                TcpProxy proxy = TcpProxy.to("127.0.0.1", redis.port())) {
            RedisClient client = RedisClient.create();
            Installed installed = new Installed();
            RedisPlugin.of(client, RedisURI.create("redis://127.0.0.1:" + proxy.port()))
                    .with(settings -> settings.keyPrefix("shop:").commandTimeout(Duration.ofSeconds(20)))
                    .install(installed);
            assertThat(proxy.connections()).isZero();

            installed.invalidators.get(0).invalidate(Set.of(ViewName.parse("mv")));
            assertThat(redis.command("EXISTS", "shop:ver:mv")).hasToString("1");
            assertThat(proxy.connections()).isEqualTo(1);

            installed.closeables.get(0).close();
            Awaitility.await().until(() -> proxy.connections() == 0);
            try (var own = client.connect(RedisURI.create(redis.uri()))) {
                assertThat(own.sync().ping()).isEqualTo("PONG");
            }
            client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        }
    }

    @Test
    void the_recommended_options_are_accepted() {
        var resources = RedisClients.recommendedResources();
        RedisClient client = RedisClient.create(resources);
        client.setOptions(RedisClients.recommendedOptions());
        assertThat(client.getOptions().getTimeoutOptions().isTimeoutCommands()).isTrue();
        assertThat(RedisClients.recommendedClusterOptions()
                        .getTopologyRefreshOptions()
                        .isPeriodicRefreshEnabled())
                .isTrue();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        resources.shutdown();
    }

    /** Keeps what a plugin registers. */
    private static final class Installed implements SyncPlugin.Registry {

        private final List<CacheInvalidator> invalidators = new ArrayList<>();
        private final List<EventSource> sources = new ArrayList<>();
        private final List<AutoCloseable> closeables = new ArrayList<>();

        @Override
        public SyncPlugin.Registry invalidator(CacheInvalidator invalidator) {
            invalidators.add(invalidator);
            return this;
        }

        @Override
        public SyncPlugin.Registry onClose(AutoCloseable resource) {
            closeables.add(resource);
            return this;
        }

        @Override
        public SyncPlugin.Registry events(EventSource source) {
            sources.add(source);
            return this;
        }

        @Override
        public SyncPlugin.Registry executor(RefreshExecutor executor) {
            throw new AssertionError("not a matter of Redis");
        }

        @Override
        public SyncPlugin.Registry ticks(TickStore ticks) {
            throw new AssertionError("not a matter of Redis");
        }

        @Override
        public SyncPlugin.Registry locks(LockProvider locks) {
            throw new AssertionError("not a matter of Redis");
        }

        @Override
        public SyncPlugin.Registry states(ViewStates states) {
            throw new AssertionError("not a matter of Redis");
        }

        @Override
        public SyncPlugin.Registry history(SyncHistory history) {
            throw new AssertionError("not a matter of Redis");
        }

        @Override
        public SyncPlugin.Registry catalog(ViewCatalog catalog) {
            throw new AssertionError("not a matter of Redis");
        }

        @Override
        public SyncPlugin.Registry incidentSource(IncidentSource source) {
            throw new AssertionError("not a matter of Redis");
        }

        @Override
        public SyncPlugin.Registry changeFeed(ChangeFeed feed) {
            throw new AssertionError("not a matter of Redis");
        }

        @Override
        public SyncPlugin.Registry incidents(IncidentStore incidents) {
            throw new AssertionError("not a matter of Redis");
        }

        @Override
        public SyncPlugin.Registry check(String type, CheckHandler handler) {
            throw new AssertionError("not a matter of Redis");
        }

        @Override
        public SyncPlugin.Registry listener(SyncListener listener) {
            throw new AssertionError("not a matter of Redis");
        }
    }
}
