package io.olapsync.testkit;

import io.olapsync.testkit.internal.Databases;
import io.olapsync.testkit.internal.KeptSessions;
import io.olapsync.testkit.internal.PortTakenException;
import io.olapsync.testkit.internal.Ports;
import io.olapsync.testkit.internal.PostgresBinaries;
import io.olapsync.testkit.internal.PostgresCluster;
import io.olapsync.testkit.internal.Privileges;
import io.olapsync.testkit.internal.ServerProcess;
import io.olapsync.testkit.internal.ShutdownHook;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A real PostgreSQL server with a data directory of its own, started from the binaries on the class path.
 *
 * <p>It is durable as in production ({@code fsync} and {@code synchronous_commit} are on), listens on the loopback
 * address only and lets every local user in as {@code postgres}. It runs for an ordinary user, and for root through a
 * user namespace or, where that is denied, as user 65534. However the JVM ends, the server ends with it.
 * Its data begins as a copy of what {@code initdb} made once for this user, so the system identifier may be that of others.
 *
 * <p>Thread-safe; {@link #stop()}, {@link #restart()} and {@link #kill()} block until it is done.
 */
public final class EmbeddedPostgres implements PostgresServer, AutoCloseable {

    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);
    private static final int PORT_ATTEMPTS = 10;

    private final PostgresCluster cluster;
    private final int major;
    private final int port;
    private final Databases databases;
    private final Map<String, String> templates = new HashMap<>();
    private final ShutdownHook hook;
    private @Nullable ServerProcess server;
    private boolean closed;

    private EmbeddedPostgres(Builder builder) {
        PostgresBinaries binaries = PostgresBinaries.find(builder.major);
        this.major = binaries.major();
        this.cluster = PostgresCluster.create(binaries, builder.settings, builder.privileges);
        this.hook = ShutdownHook.of("stop PostgreSQL", this::destroy);
        try {
            int chosen = builder.port.orElseGet(Ports::free);
            for (int attempt = 1; server == null; attempt++) {
                try {
                    server = cluster.start(chosen);
                } catch (PortTakenException e) {
                    if (builder.port.isPresent() || attempt == PORT_ATTEMPTS) {
                        throw new IllegalStateException(e.getMessage(), e);
                    }
                    chosen = Ports.free();
                }
            }
            this.port = chosen;
            this.databases = new Databases(new KeptSessions(dataSource()), major);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Starts a server of the default major version on a free port. */
    public static EmbeddedPostgres start() {
        return builder().start();
    }

    /** A server to be started. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public String jdbcUrl() {
        return jdbcUrl("postgres");
    }

    @Override
    public String jdbcUrl(String database) {
        String path = URLEncoder.encode(database, StandardCharsets.UTF_8).replace("+", "%20");
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + path + "?user=postgres";
    }

    @Override
    public int major() {
        return major;
    }

    @Override
    public TestDatabase newDatabase() {
        return TestDatabase.create(this, databases, null);
    }

    @Override
    public TestDatabase newDatabase(String name, Consumer<TestDatabase> beginning) {
        String template;
        synchronized (templates) {
            template = templates.computeIfAbsent(name, unused -> template(beginning));
        }
        return TestDatabase.create(this, databases, template);
    }

    private String template(Consumer<TestDatabase> beginning) {
        return PostgresServer.super.newDatabase("", beginning).becomeTemplate();
    }

    /** The port, the same over all restarts. */
    public int port() {
        return port;
    }

    /** Whether the server process runs. */
    public synchronized boolean isRunning() {
        return server != null && server.isAlive();
    }

    /** Shuts the server down in an orderly way; sessions are ended. The data stays for {@link #restart()}. */
    public synchronized void stop() {
        if (server != null) {
            server.stop("INT", STOP_LIMIT);
            server = null;
        }
    }

    /** Starts the server on its data and port again, after a {@link #stop()} if it still runs. */
    public synchronized void restart() {
        if (closed) {
            throw new IllegalStateException("The server on port " + port + " is closed");
        }
        stop();
        for (int attempt = 1; server == null; attempt++) {
            try {
                server = cluster.start(port);
            } catch (PortTakenException e) {
                if (attempt == PORT_ATTEMPTS) {
                    throw new IllegalStateException(e.getMessage(), e);
                }
                LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
            }
        }
    }

    /** Kills the postmaster and all its processes with SIGKILL, as a crash of the machine would. */
    public synchronized void kill() {
        if (server != null) {
            server.kill();
            server = null;
        }
    }

    /** Stops the server and deletes its data. */
    @Override
    public void close() {
        hook.cancel();
        destroy();
    }

    private synchronized void destroy() {
        if (!closed) {
            closed = true;
            if (server != null) {
                server.stop("QUIT", STOP_LIMIT);
                server = null;
            }
            cluster.delete();
        }
    }

    Privileges privileges() {
        return cluster.privileges();
    }

    @Override
    public String toString() {
        return "PostgreSQL " + major + " on port " + port;
    }

    /** Says how a server shall be. Not thread-safe. */
    public static final class Builder {
        private final Map<String, String> settings = new LinkedHashMap<>();
        private OptionalInt major = OptionalInt.empty();
        private OptionalInt port = OptionalInt.empty();
        private List<Privileges> privileges = List.of(Privileges.values());

        private Builder() {}

        /**
         * The major version; its binaries must be on the class path. Left out: the system property
         * {@code olapsync.postgres.major}, else the first on the class path.
         */
        public Builder major(int major) {
            this.major = OptionalInt.of(major);
            return this;
        }

        /** A line of {@code postgresql.conf}, for instance {@code max_connections}. */
        public Builder setting(String name, String value) {
            settings.put(name, value);
            return this;
        }

        /** The port to listen on. Left out: a free one. */
        public Builder port(int port) {
            this.port = OptionalInt.of(port);
            return this;
        }

        Builder privileges(Privileges... ways) {
            this.privileges = List.of(ways);
            return this;
        }

        /**
         * Starts the server and returns when it accepts connections.
         *
         * @throws IllegalStateException where it does not start, with the end of its log
         */
        public EmbeddedPostgres start() {
            return new EmbeddedPostgres(this);
        }
    }
}
