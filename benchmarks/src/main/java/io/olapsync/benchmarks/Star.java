package io.olapsync.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.olapsync.SyncPlan;
import io.olapsync.examples.star.StarSchema;
import io.olapsync.testkit.TestDatabase;
import java.sql.SQLException;
import java.util.List;

/** The example's star in a database of its own on the test servers, with its data, its six views populated. */
final class Star implements AutoCloseable {

    private static final int CONNECTIONS = 16;

    private final TestDatabase database;
    private final HikariDataSource pool;
    private int turn;

    private Star(TestDatabase database) {
        this.database = database;
        HikariConfig config = new HikariConfig();
        config.setDataSource(database.dataSource());
        config.setMaximumPoolSize(CONNECTIONS);
        this.pool = new HikariDataSource(config);
    }

    /** Creates it; the same rows on every machine. */
    static Star create(int stakeholders) throws SQLException {
        return new Star(LoadedStar.open(stakeholders));
    }

    /** The facts after the dimensions. */
    static SyncPlan plan() {
        SyncPlan.Builder plan = SyncPlan.named("star");
        StarSchema.DIMENSIONS.forEach(plan::view);
        String[] dimensions = StarSchema.DIMENSIONS.toArray(String[]::new);
        StarSchema.FACTS.forEach(fact -> plan.view(fact, view -> view.after(dimensions)));
        return plan.build();
    }

    /** The same as stages. */
    static List<List<String>> stages() {
        return List.of(StarSchema.DIMENSIONS, StarSchema.FACTS);
    }

    /** Changes rows of so large a share of the cases, in both facts; the next call, those of others. */
    void change(double share) {
        int every = (int) Math.round(1 / share);
        int which = turn++ % every;
        for (String update : List.of("stakeholders SET claim_amount", "cash_flow_entries SET amount")) {
            String column = update.substring(update.lastIndexOf(' ') + 1);
            database.execute(
                    "UPDATE public." + update + " = " + column + " + 1 WHERE case_id % " + every + " = " + which);
        }
    }

    /** Waits until nothing else works in this database: the library cleans up beside the refreshes, and so does the server. */
    void quiet() {
        database.await("SELECT pg_catalog.count(*) = 0 FROM pg_catalog.pg_stat_activity WHERE datname ="
                + " pg_catalog.current_database() AND state <> 'idle' AND pid <> pg_catalog.pg_backend_pid()");
    }

    TestDatabase database() {
        return database;
    }

    /** Pooled connections, 16 at most. */
    HikariDataSource pool() {
        return pool;
    }

    @Override
    public void close() {
        pool.close();
        database.close();
    }
}
