package io.olapsync.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.olapsync.SyncPlan;
import io.olapsync.jdbc.PostgresPlugin;
import io.olapsync.redis.RedisClients;
import io.olapsync.redis.RedisPlugin;
import io.olapsync.spi.SyncPlugin;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/**
 * A database of small stars on the test servers: each has four dimensions of 100 rows, grouped from one table, and two
 * facts that join them. A change of one row of the table changes a row of every view.
 */
final class SmallStars implements AutoCloseable {

    /** The views of one star. */
    static final int VIEWS = 6;

    private static final int DIMENSIONS = 4;
    private static final int ROWS = 100;
    private static final int CONNECTIONS = 10;
    private static final String TWIN = "twin.";

    private final TestDatabase database;
    private final HikariDataSource pool;
    private final RedisClient redis;
    private final String prefix;
    private final Connection writer;
    private final List<String> dimensions = new ArrayList<>();
    private final List<String> facts = new ArrayList<>();
    private final SyncPlan plan;

    private SmallStars(TestDatabase database, int stars) throws SQLException {
        this.database = database;
        this.pool = pool(database);
        this.redis = RedisClient.create(RedisURI.create(TestServers.redis().uri()));
        redis.setOptions(RedisClients.recommendedOptions());
        this.prefix = TestServers.redis().newPrefix();
        this.writer = database.connect();
        SyncPlan.Builder declared = SyncPlan.named("stars");
        for (int star = 0; star < stars; star++) {
            declare(declared, star);
        }
        this.plan = declared.build();
        createViews("");
    }

    static SmallStars create(int stars) throws SQLException {
        TestDatabase database = TestServers.postgres().newDatabase();
        database.execute(
                "CREATE TABLE source (id int PRIMARY KEY, amount bigint NOT NULL)",
                "INSERT INTO source SELECT id, id FROM generate_series(1, " + ROWS + ") id");
        return new SmallStars(database, stars);
    }

    private void declare(SyncPlan.Builder declared, int star) {
        List<String> own = new ArrayList<>();
        for (int i = 1; i <= DIMENSIONS; i++) {
            own.add("dim_" + star + "_" + i);
        }
        own.forEach(declared::view);
        dimensions.addAll(own);
        for (int i = DIMENSIONS + 1; i <= VIEWS; i++) {
            String fact = "fact_" + star + "_" + i;
            declared.view(fact, view -> view.after(own.toArray(String[]::new)));
            facts.add(fact);
        }
    }

    private void createViews(String schema) {
        for (String dimension : dimensions) {
            createView(schema + dimension, "SELECT id, sum(amount) AS amount FROM source GROUP BY id");
        }
        for (String fact : facts) {
            String star = fact.substring("fact".length(), fact.lastIndexOf('_'));
            StringBuilder sql =
                    new StringBuilder("SELECT id, sum(amount) AS amount FROM " + schema + "dim" + star + "_1");
            for (int i = 2; i <= DIMENSIONS; i++) {
                sql.append(" JOIN ")
                        .append(schema)
                        .append("dim")
                        .append(star)
                        .append('_')
                        .append(i)
                        .append(" USING (id, amount)");
            }
            createView(schema + fact, sql + " GROUP BY id");
        }
        database.execute("ANALYZE");
    }

    private void createView(String name, String sql) {
        database.execute("CREATE MATERIALIZED VIEW " + name + " AS " + sql, "CREATE UNIQUE INDEX ON " + name + " (id)");
    }

    /** The plan, facts after dimensions. */
    SyncPlan plan() {
        return plan;
    }

    /** The views, facts after dimensions. */
    List<List<String>> stages() {
        return List.of(dimensions, facts);
    }

    /**
     * The same views once more, in a schema of their own, for bare statements: the library finds out that somebody else has refreshed a
     * view, and counts its rows anew.
     */
    List<List<String>> twins() {
        database.execute("CREATE SCHEMA twin");
        createViews(TWIN);
        return stages().stream()
                .map(stage -> stage.stream().map(view -> TWIN + view).toList())
                .toList();
    }

    TestDatabase database() {
        return database;
    }

    /** As many connections as a host would have. */
    DataSource pooled() {
        return pool;
    }

    /** Unpooled connections. */
    DataSource unpooled() {
        return database.dataSource();
    }

    /** The adapters on a pool, as a host would have them. */
    SyncPlugin postgres() {
        return PostgresPlugin.of(pool);
    }

    SyncPlugin redis() {
        return RedisPlugin.of(redis).with(invalidator -> invalidator.keyPrefix(prefix));
    }

    void changeOneRow() throws SQLException {
        try (Statement statement = writer.createStatement()) {
            statement.execute("UPDATE source SET amount = amount + 1 WHERE id = 1");
        }
    }

    private static HikariDataSource pool(TestDatabase database) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(database.dataSource());
        config.setMaximumPoolSize(CONNECTIONS);
        return new HikariDataSource(config);
    }

    @Override
    public void close() throws SQLException {
        writer.close();
        pool.close();
        redis.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        database.close();
    }
}
