package io.olapsync.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.olapsync.SyncPlan;
import io.olapsync.examples.star.StarData;
import io.olapsync.examples.star.StarSchema;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.sql.Connection;
import java.sql.SQLException;

/** The example's star in a database of its own on the test servers, with its data, its six views populated. */
final class Star implements AutoCloseable {

    private static final long SEED = 20_260_301;
    private static final int CONNECTIONS = 16;

    private final TestDatabase database;
    private final HikariDataSource pool;

    private Star(TestDatabase database) {
        this.database = database;
        HikariConfig config = new HikariConfig();
        config.setDataSource(database.dataSource());
        config.setMaximumPoolSize(CONNECTIONS);
        this.pool = new HikariDataSource(config);
    }

    /** Creates it; the same rows on every machine. */
    static Star create(int stakeholders) throws SQLException {
        TestDatabase database = TestServers.postgres().newDatabase();
        try (Connection connection = database.connect()) {
            StarSchema.create(connection);
            new StarData(SEED, stakeholders).load(connection);
        }
        for (String view : StarSchema.VIEWS) {
            database.execute("REFRESH MATERIALIZED VIEW public." + view);
        }
        database.execute("VACUUM ANALYZE");
        return new Star(database);
    }

    /** The facts after the dimensions. */
    static SyncPlan plan() {
        SyncPlan.Builder plan = SyncPlan.named("star");
        StarSchema.DIMENSIONS.forEach(plan::view);
        String[] dimensions = StarSchema.DIMENSIONS.toArray(String[]::new);
        StarSchema.FACTS.forEach(fact -> plan.view(fact, view -> view.after(dimensions)));
        return plan.build();
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
