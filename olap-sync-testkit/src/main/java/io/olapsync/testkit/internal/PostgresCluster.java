package io.olapsync.testkit.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * A PostgreSQL data directory and the way to run a server on it.
 *
 * <p>Not thread-safe: {@code EmbeddedPostgres} serialises.
 */
public final class PostgresCluster {

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(10);
    private static final int STATUS_LINE = 7;

    private final PostgresBinaries binaries;
    private final Path directory;
    private final Path data;
    private final Privileges privileges;

    private PostgresCluster(PostgresBinaries binaries, Path directory, Privileges privileges) {
        this.binaries = binaries;
        this.directory = directory;
        this.data = directory.resolve("data");
        this.privileges = privileges;
    }

    /**
     * Creates a data directory, in the first of the given ways that works; given all of them, it may be a copy of an
     * earlier one.
     *
     * @param ways tried in order; a later one only where PostgreSQL refused to run as root in the one before
     */
    public static PostgresCluster create(
            PostgresBinaries binaries, Map<String, String> settings, List<Privileges> ways) {
        Path directory = Workspace.newDirectory("pg" + binaries.major());
        try {
            Privileges way = initialise(binaries, directory, ways);
            PostgresCluster cluster = new PostgresCluster(binaries, directory, way);
            cluster.configure(settings);
            return cluster;
        } catch (IOException e) {
            Workspace.delete(directory);
            throw new UncheckedIOException("Cannot prepare " + directory, e);
        } catch (RuntimeException e) {
            Workspace.delete(directory);
            throw e;
        }
    }

    private static Privileges initialise(PostgresBinaries binaries, Path directory, List<Privileges> ways)
            throws IOException {
        Path data = directory.resolve("data");
        // who names the ways wants to see them tried
        boolean anyWay = ways.equals(List.of(Privileges.values()));
        if (anyWay) {
            for (Privileges way : ways) {
                if (InitialData.of(binaries, way).copyTo(data)) {
                    return way;
                }
            }
        }
        StringBuilder failures = new StringBuilder();
        for (Privileges way : ways) {
            Command.Result result = initialise(binaries, data, way);
            if (result.succeeded()) {
                if (anyWay) {
                    InitialData.of(binaries, way).keep(data);
                }
                return way;
            }
            failures.append("\n[")
                    .append(way)
                    .append("] exit code ")
                    .append(result.exitCode())
                    .append(": ");
            failures.append(result.output());
            if (way == Privileges.PLAIN && !result.output().contains("cannot be run as root")) {
                break;
            }
        }
        throw new IllegalStateException("PostgreSQL " + binaries.major() + " cannot be initialised in " + directory
                + ". It does not run as root: run the tests as an ordinary user, allow user namespaces, or the use of "
                + "setpriv, in a directory every user can enter (-D" + Workspace.PROPERTY + "). What was tried:"
                + failures);
    }

    private static Command.Result initialise(PostgresBinaries binaries, Path data, Privileges way) throws IOException {
        Workspace.delete(data);
        Files.createDirectory(data);
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx------"));
        try {
            way.own(data);
            return Command.run(way.wrap(initdb(binaries, data)));
        } catch (IOException e) {
            return new Command.Result(-1, "cannot give " + data + " to another user: " + e.getMessage());
        }
    }

    private static List<String> initdb(PostgresBinaries binaries, Path data) {
        List<String> command = new ArrayList<>(List.of(
                binaries.executable("initdb"),
                "--pgdata=" + data,
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-instructions",
                "--no-sync"));
        if (binaries.major() >= 17) {
            command.addAll(List.of("--locale-provider=builtin", "--builtin-locale=C.UTF-8"));
        }
        return command;
    }

    private void configure(Map<String, String> settings) throws IOException {
        StringBuilder lines = new StringBuilder("\n");
        settings.forEach((name, value) -> lines.append(name)
                .append(" = '")
                .append(value.replace("'", "''"))
                .append("'\n"));
        Files.writeString(data.resolve("postgresql.conf"), lines, StandardOpenOption.APPEND);
    }

    /**
     * Starts a server and returns when it accepts connections.
     *
     * @throws PortTakenException where another process listens on the port
     */
    public ServerProcess start(int port) throws PortTakenException {
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        while (true) {
            ServerProcess server =
                    ServerProcess.start(command(port), directory.resolve("server.log"), directory, "QUIT");
            if (awaitReady(server, deadline)) {
                return server;
            }
            boolean exited = !server.isAlive();
            server.kill();
            String log = server.logTail();
            if (exited && server.foundPortTaken()) {
                throw new PortTakenException(port);
            }
            // after a kill -9 the last child may hold the old shared memory a moment longer
            boolean passing = exited && log.contains("pre-existing shared memory block");
            if (!passing || System.nanoTime() > deadline) {
                throw new IllegalStateException("PostgreSQL " + binaries.major() + " did not start on port " + port
                        + (exited ? "" : " within " + START_LIMIT.toSeconds() + " s") + "; its log ends with:\n" + log);
            }
            LockSupport.parkNanos(POLL.toNanos() * 10);
        }
    }

    private List<String> command(int port) {
        return privileges.wrap(List.of(
                binaries.executable("postgres"),
                "-D",
                data.toString(),
                "-c",
                "port=" + port,
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories="));
    }

    /** The postmaster says that it is ready in its pid file, as pg_ctl reads it. */
    private boolean awaitReady(ServerProcess server, long deadline) {
        while (System.nanoTime() < deadline) {
            if (server.awaitExit(POLL)) {
                return false;
            }
            List<String> lines = pidFile();
            if (lines.size() > STATUS_LINE
                    && lines.get(0).strip().equals(Long.toString(server.pid()))
                    && lines.get(STATUS_LINE).startsWith("ready")) {
                return true;
            }
        }
        return false;
    }

    private List<String> pidFile() {
        try {
            return Files.readAllLines(data.resolve("postmaster.pid"));
        } catch (IOException notYet) {
            return List.of();
        }
    }

    /** How the server is run. */
    public Privileges privileges() {
        return privileges;
    }

    /** The directory that holds the data and the log. */
    public Path directory() {
        return directory;
    }

    /** Deletes the data. */
    public void delete() {
        Workspace.delete(directory);
    }
}
