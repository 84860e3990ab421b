package io.olapsync.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.olapsync.spi.CacheInvalidator;
import io.olapsync.spi.SyncPlugin;
import io.olapsync.testkit.contract.SyncPluginContract;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;

class RedisPluginContractTest extends SyncPluginContract {

    private final AtomicLong contacts = new AtomicLong();
    private final ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    private final RedisClient client =
            RedisClient.create(RedisURI.create(server.getInetAddress().getHostAddress(), server.getLocalPort()));

    RedisPluginContractTest() throws IOException {
        Thread thread = new Thread(this::countContacts, "counts contacts");
        thread.setDaemon(true);
        thread.start();
    }

    @AfterEach
    void close() throws IOException {
        server.close();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }

    @Override
    protected SyncPlugin plugin() {
        return RedisPlugin.of(client);
    }

    @Override
    protected Set<Class<?>> brings() {
        return Set.of(CacheInvalidator.class);
    }

    /** Knocks itself: when that has been answered, all who came before have been counted. */
    @Override
    protected long serverContacts() {
        try (Socket knock = new Socket(server.getInetAddress(), server.getLocalPort())) {
            knock.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return contacts.decrementAndGet();
    }

    private void countContacts() {
        while (!server.isClosed()) {
            try (Socket contact = server.accept()) {
                contacts.incrementAndGet();
            } catch (IOException e) {
                assertThat(server.isClosed())
                        .as("only the end of the test ends the counting")
                        .isTrue();
            }
        }
    }
}
