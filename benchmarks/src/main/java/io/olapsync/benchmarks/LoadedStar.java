package io.olapsync.benchmarks;

import io.olapsync.examples.star.StarData;
import io.olapsync.examples.star.StarSchema;
import io.olapsync.testkit.PostgresServer;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * A database with the example's star, its rows and its six views populated. A profile asks many questions of the same rows,
 * and a million takes minutes to load: so the first that asks loads them, and all work on copies.
 */
final class LoadedStar {

    /** The environment variable that names the profile's run; without it each asks for rows of its own. */
    static final String RUN = "OLAPSYNC_BENCHMARK_RUN";

    private static final long SEED = 20_260_301;

    private LoadedStar() {}

    /** The caller's own; the same rows on every machine. */
    static TestDatabase open(int stakeholders) throws SQLException {
        PostgresServer server = TestServers.postgres();
        String run = System.getenv().getOrDefault(RUN, "");
        if (run.isEmpty()) {
            TestDatabase database = server.newDatabase();
            load(database.connect(), stakeholders);
            return database;
        }
        String loaded = run + "_" + stakeholders;
        if (!names(server, run).contains(loaded)) {
            String unfinished = loaded + "_loading";
            execute(server, "DROP DATABASE IF EXISTS " + unfinished);
            server.createDatabase(unfinished);
            load(server.dataSource(unfinished).getConnection(), stakeholders);
            execute(server, "ALTER DATABASE " + unfinished + " RENAME TO " + loaded);
        }
        return server.newCopy(loaded);
    }

    /** Drops what the questions of this run have loaded. */
    static void drop(PostgresServer server, String run) throws SQLException {
        for (String name : names(server, run)) {
            execute(server, "DROP DATABASE " + name + " WITH (FORCE)");
        }
    }

    private static void load(Connection connection, int stakeholders) throws SQLException {
        try (connection;
                Statement statement = connection.createStatement()) {
            StarSchema.create(connection);
            new StarData(SEED, stakeholders).load(connection);
            for (String view : StarSchema.VIEWS) {
                statement.execute("REFRESH MATERIALIZED VIEW public." + view);
            }
            statement.execute("VACUUM ANALYZE");
        }
    }

    private static List<String> names(PostgresServer server, String run) throws SQLException {
        try (Connection connection = server.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT datname FROM pg_catalog.pg_database WHERE datname ^@ '" + run + "_'")) {
            List<String> names = new ArrayList<>();
            while (row.next()) {
                names.add(row.getString(1));
            }
            return names;
        }
    }

    private static void execute(PostgresServer server, String sql) throws SQLException {
        try (Connection connection = server.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
