package io.olapsync.benchmarks;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.sql.DataSource;

/** What a script would do: the statements alone, on a few connections kept open. */
final class BareRefresh implements AutoCloseable {

    private final List<Connection> connections = new ArrayList<>();
    private final List<List<String>> stages;
    private final ExecutorService pool;

    /**
     * Opens the connections.
     *
     * @param stages the views, those of a stage after those of the one before
     */
    BareRefresh(DataSource unpooled, List<List<String>> stages, int parallelism) throws SQLException {
        this.stages = stages;
        this.pool = Executors.newFixedThreadPool(parallelism);
        for (int i = 0; i < parallelism; i++) {
            connections.add(unpooled.getConnection());
        }
    }

    /** Refreshes all views stage by stage, those of a stage beside each other; returns how many. */
    int run() throws Exception {
        int done = 0;
        for (List<String> stage : stages) {
            Queue<String> open = new ConcurrentLinkedQueue<>(stage);
            List<Callable<Integer>> workers = new ArrayList<>();
            connections.forEach(connection -> workers.add(() -> refresh(connection, open)));
            for (Future<Integer> worker : pool.invokeAll(workers)) {
                done += worker.get();
            }
        }
        return done;
    }

    private static int refresh(Connection connection, Queue<String> open) throws SQLException {
        int done = 0;
        for (String view = open.poll(); view != null; view = open.poll()) {
            refresh(connection, view);
            done++;
        }
        return done;
    }

    private static void refresh(Connection connection, String view) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY " + view);
        }
    }

    /** Refreshes one after the other; returns the milliseconds of each. */
    Map<String, Double> oneAfterTheOther() throws SQLException {
        Map<String, Double> took = new LinkedHashMap<>();
        for (List<String> stage : stages) {
            for (String view : stage) {
                long start = System.nanoTime();
                refresh(connections.get(0), view);
                took.put(view, (System.nanoTime() - start) / 1e6);
            }
        }
        return took;
    }

    /** Refreshes all in one transaction on one snapshot; returns how many. */
    int together() throws SQLException {
        Connection connection = connections.get(0);
        int done = 0;
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
            for (List<String> stage : stages) {
                done += refresh(connection, new ConcurrentLinkedQueue<>(stage));
            }
            connection.commit();
        } finally {
            connection.setAutoCommit(true);
        }
        return done;
    }

    @Override
    public void close() throws SQLException {
        pool.shutdownNow();
        for (Connection connection : connections) {
            connection.close();
        }
    }
}
