package io.olapsync.benchmarks;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** What a script would do: the statements of one stage after those of the other, on a few connections kept open. */
final class BareRefresh implements AutoCloseable {

    private final List<Connection> connections = new ArrayList<>();
    private final List<List<String>> stages;
    private final ExecutorService pool;

    BareRefresh(SmallStars stars, int parallelism) throws SQLException {
        this.stages = List.of(stars.dimensions(), stars.facts());
        this.pool = Executors.newFixedThreadPool(parallelism);
        for (int i = 0; i < parallelism; i++) {
            connections.add(stars.unpooled().getConnection());
        }
    }

    /** Refreshes all views; returns how many. */
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
        try (Statement statement = connection.createStatement()) {
            for (String view = open.poll(); view != null; view = open.poll()) {
                statement.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY " + view);
                done++;
            }
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
