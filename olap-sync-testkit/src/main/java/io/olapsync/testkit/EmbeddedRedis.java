package io.olapsync.testkit;

import io.olapsync.testkit.internal.Ports;
import io.olapsync.testkit.internal.RedisBinary;
import io.olapsync.testkit.internal.RespConnection;
import io.olapsync.testkit.internal.ServerProcess;
import io.olapsync.testkit.internal.ShutdownHook;
import io.olapsync.testkit.internal.Workspace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A real Redis 7.0 server with a directory of its own.
 *
 * <p>It is durable by default ({@code appendonly yes}, {@code appendfsync always}): what it acknowledged is there after
 * a {@link #kill()} and a {@link #restart()}. It listens on the loopback address only. However the JVM ends, the server
 * ends with it.
 *
 * <p>Thread-safe; {@link #stop()}, {@link #restart()} and {@link #kill()} block until it is done.
 */
public final class EmbeddedRedis implements RedisServer, AutoCloseable {

    private static final String HOST = "127.0.0.1";
    /** After a crash it reads all that it has written, and on a busy machine that takes its time. */
    private static final Duration START_LIMIT = Duration.ofMinutes(2);

    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(5);
    private static final int PORT_ATTEMPTS = 10;

    private final Path executable;
    private final Path directory;
    private final Map<String, String> settings;
    private final int port;
    private final ShutdownHook hook;
    private @Nullable ServerProcess server;
    private boolean closed;

    private EmbeddedRedis(Builder builder) {
        this.executable = RedisBinary.find();
        this.settings = Map.copyOf(builder.settings);
        this.directory = Workspace.newDirectory("redis");
        this.hook = ShutdownHook.of("stop Redis", this::destroy);
        try {
            int chosen = builder.port.orElseGet(Ports::free);
            for (int attempt = 1; !launch(chosen); attempt++) {
                if (builder.port.isPresent() || attempt == PORT_ATTEMPTS) {
                    throw new IllegalStateException("Port " + chosen + " is in use by another process");
                }
                chosen = Ports.free();
            }
            this.port = chosen;
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Starts a server on a free port. */
    public static EmbeddedRedis start() {
        return builder().start();
    }

    /** A server to be started. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public String uri() {
        return "redis://" + HOST + ":" + port;
    }

    /** The port, the same over all restarts. */
    public int port() {
        return port;
    }

    /** Whether the server process runs. */
    public synchronized boolean isRunning() {
        return server != null && server.isAlive();
    }

    @Override
    public @Nullable Object command(String... words) {
        try (RespConnection connection = new RespConnection(HOST, port)) {
            return connection.command(words);
        } catch (IOException e) {
            throw new UncheckedIOException("Redis on port " + port + " does not answer: " + e.getMessage(), e);
        }
    }

    /** Shuts the server down in an orderly way. The data stays for {@link #restart()}. */
    public synchronized void stop() {
        if (server != null) {
            server.stop("TERM", STOP_LIMIT);
            server = null;
        }
    }

    /** Starts the server on its data and port again, after a {@link #stop()} if it still runs. */
    public synchronized void restart() {
        if (closed) {
            throw new IllegalStateException("The server on port " + port + " is closed");
        }
        stop();
        if (!launch(port)) {
            throw new IllegalStateException("Port " + port + " is in use by another process");
        }
    }

    /** Kills the server with SIGKILL. */
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
            kill();
            Workspace.delete(directory);
        }
    }

    /** False: the port is taken. */
    private boolean launch(int onPort) {
        ServerProcess started =
                ServerProcess.start(command(onPort), directory.resolve("server.log"), directory, "KILL");
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        while (!started.awaitExit(POLL)) {
            if (answers(onPort)) {
                server = started;
                return true;
            }
            if (System.nanoTime() > deadline) {
                started.kill();
                throw new IllegalStateException("Redis did not answer on port " + onPort + " within "
                        + START_LIMIT.toSeconds() + " s; its log ends with:\n" + started.logTail());
            }
        }
        if (started.foundPortTaken()) {
            return false;
        }
        throw new IllegalStateException(
                "Redis did not start on port " + onPort + "; its log ends with:\n" + started.logTail());
    }

    private List<String> command(int onPort) {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("appendonly", "yes");
        all.put("appendfsync", "always");
        all.put("save", "");
        all.putAll(settings);
        all.put("port", Integer.toString(onPort));
        all.put("bind", HOST);
        all.put("dir", directory.toString());
        List<String> command = new ArrayList<>(List.of(executable.toString()));
        all.forEach((name, value) -> {
            command.add("--" + name);
            command.add(value);
        });
        return command;
    }

    /**
     * Whether our server answers, not another one that had the port before it. It refuses with LOADING while it reads its
     * data.
     */
    private boolean answers(int port) {
        try (RespConnection connection = new RespConnection(HOST, port)) {
            return "PONG".equals(connection.command("PING"))
                    && List.of("dir", workingDirectory()).equals(connection.command("CONFIG", "GET", "dir"));
        } catch (IOException | RedisErrorException notYet) {
            return false;
        }
    }

    private String workingDirectory() throws IOException {
        return directory.toRealPath().toString();
    }

    @Override
    public String toString() {
        return "Redis on port " + port;
    }

    /** Says how a server shall be. Not thread-safe. */
    public static final class Builder {
        private final Map<String, String> settings = new LinkedHashMap<>();
        private OptionalInt port = OptionalInt.empty();

        private Builder() {}

        /** A line of {@code redis.conf}, for instance {@code appendfsync} with {@code everysec}. */
        public Builder setting(String name, String value) {
            settings.put(name, value);
            return this;
        }

        /** The port to listen on. Left out: a free one. */
        public Builder port(int port) {
            this.port = OptionalInt.of(port);
            return this;
        }

        /**
         * Starts the server and returns when it answers.
         *
         * @throws IllegalStateException where it does not start, with the end of its log
         */
        public EmbeddedRedis start() {
            return new EmbeddedRedis(this);
        }
    }
}
