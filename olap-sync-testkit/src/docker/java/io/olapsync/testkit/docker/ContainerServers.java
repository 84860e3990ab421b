package io.olapsync.testkit.docker;

import io.olapsync.testkit.PostgresServer;
import io.olapsync.testkit.RedisServer;
import io.olapsync.testkit.internal.ExternalPostgres;
import io.olapsync.testkit.internal.ExternalRedis;
import io.olapsync.testkit.internal.TestServerProvider;
import java.util.OptionalInt;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;

/** Starts servers in containers; Testcontainers removes them when the JVM is gone. */
public final class ContainerServers implements TestServerProvider {

    private static final int DEFAULT_MAJOR = 15;
    private static final int REDIS_PORT = 6379;

    @Override
    public PostgresServer startPostgres(OptionalInt major) {
        PostgreSQLContainer container =
                new PostgreSQLContainer(DockerImageName.parse("postgres:" + major.orElse(DEFAULT_MAJOR)));
        // a command of our own also drops fsync=off, which Testcontainers would pass
        container.setCommand("postgres", "-c", "max_connections=200");
        container.start();
        String separator = container.getJdbcUrl().contains("?") ? "&" : "?";
        return new ExternalPostgres(container.getJdbcUrl() + separator + "user=" + container.getUsername()
                + "&password=" + container.getPassword());
    }

    @Override
    public RedisServer startRedis() {
        GenericContainer<?> container = new GenericContainer<>(DockerImageName.parse("redis:7.0.15"))
                .withExposedPorts(REDIS_PORT)
                .withCommand("redis-server", "--appendonly", "yes", "--appendfsync", "always", "--save", "")
                .waitingFor(Wait.forListeningPort());
        container.start();
        return new ExternalRedis("redis://" + container.getHost() + ":" + container.getMappedPort(REDIS_PORT));
    }
}
