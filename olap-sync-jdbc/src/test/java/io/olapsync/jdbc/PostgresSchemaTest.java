package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PostgresSchemaTest {

    private static final TestDatabase DATABASE = TestServers.postgres().newDatabase();

    @AfterEach
    void empty() {
        EmptyDatabase.reset(DATABASE);
    }

    @AfterAll
    static void drop() {
        DATABASE.close();
    }

    private long tables() {
        return DATABASE.queryForLong("SELECT count(*) FROM pg_tables WHERE schemaname = 'olap_sync'");
    }

    @Test
    void many_instances_with_pooled_sessions_create_the_tables_at_once_and_none_fails() throws Exception {
        int starters = 12;
        CyclicBarrier barrier = new CyclicBarrier(starters);
        ExecutorService threads = Executors.newFixedThreadPool(starters);
        try {
            for (int round = 0; round < 5; round++) {
                List<Callable<Void>> starts = new ArrayList<>();
                for (int i = 0; i < starters; i++) {
                    PostgresSchema schema = PostgresSchema.of(DATABASE.pooledDataSource());
                    starts.add(() -> {
                        barrier.await();
                        schema.ensure();
                        return null;
                    });
                }
                for (Future<Void> start : threads.invokeAll(starts)) {
                    start.get();
                }
                assertThat(tables()).isEqualTo(19);
                assertThat(DATABASE.queryForLong("SELECT count(*) FROM olap_sync.schema_version"))
                        .isOne();
                DATABASE.execute("DROP SCHEMA olap_sync CASCADE");
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void the_file_can_be_run_by_a_migration_tool_before_and_after() throws Exception {
        DATABASE.execute(PostgresSchema.sql());
        PostgresSchema.existing(DATABASE.pooledDataSource()).ensure();
        PostgresSchema.of(DATABASE.pooledDataSource()).ensure();
        DATABASE.execute(PostgresSchema.sql());
        assertThat(tables()).isEqualTo(19);
    }

    @Test
    void present_tables_are_not_locked() throws Exception {
        DATABASE.execute(PostgresSchema.sql());
        try (Connection reader = DATABASE.connect();
                Statement statement = reader.createStatement()) {
            reader.setAutoCommit(false);
            statement.execute("SELECT * FROM olap_sync.refresh_history");
            // A reader's lock would keep DDL waiting, and the DDL every other reader.
            statement.execute("LOCK TABLE olap_sync.run, olap_sync.step IN SHARE UPDATE EXCLUSIVE MODE");
            PostgresSchema.of(DATABASE.pooledDataSource()).ensure();
            reader.rollback();
        }
    }

    @Test
    void a_newer_version_is_refused_with_what_to_do() {
        DATABASE.execute(PostgresSchema.sql(), "INSERT INTO olap_sync.schema_version (version) VALUES (7)");
        assertThatThrownBy(() -> PostgresSchema.of(DATABASE.pooledDataSource()).ensure())
                .isInstanceOf(RefreshException.class)
                .hasMessageContaining("version 7")
                .hasMessageContaining("knows 1")
                .satisfies(e -> assertThat(((RefreshException) e).remedy())
                        .get()
                        .asString()
                        .contains("upgrade"))
                .satisfies(e -> assertThat(((RefreshException) e).kind()).isEqualTo(Kind.PERMANENT));
    }

    @Test
    void absent_tables_are_not_created_where_that_is_switched_off() {
        PostgresSchema schema = PostgresSchema.existing(DATABASE.pooledDataSource());
        assertThatThrownBy(schema::ensure)
                .hasMessageContaining("absent")
                .satisfies(e -> assertThat(((RefreshException) e).remedy())
                        .get()
                        .asString()
                        .contains("schema-1.sql")
                        .contains("PostgresSchema.sql()"));
        assertThat(tables()).isZero();
    }

    @Test
    void a_failure_is_not_remembered() throws Exception {
        PostgresSchema schema = PostgresSchema.existing(DATABASE.pooledDataSource());
        assertThatThrownBy(schema::ensure).isInstanceOf(RefreshException.class);
        DATABASE.execute(PostgresSchema.sql());
        schema.ensure();
        DATABASE.execute("DROP SCHEMA olap_sync CASCADE");
        schema.ensure();
    }

    @Test
    void a_role_that_may_not_create_uses_what_is_there() throws Exception {
        try (TestRole role = new TestRole(DATABASE)) {
            DATABASE.execute(
                    PostgresSchema.sql(),
                    "GRANT USAGE ON SCHEMA olap_sync TO " + role.quoted(),
                    "GRANT SELECT ON ALL TABLES IN SCHEMA olap_sync TO " + role.quoted());
            PostgresSchema.of(role.dataSource()).ensure();
        }
    }

    @Test
    void a_role_that_may_not_create_is_told_what_to_run() {
        try (TestRole role = new TestRole(DATABASE)) {
            RefreshException refused = catchThrowableOfType(
                    RefreshException.class,
                    () -> PostgresSchema.of(role.dataSource()).ensure());
            assertThat(refused.kind()).isEqualTo(Kind.PERMANENT);
            assertThat(refused).hasMessageContaining("may not create them");
            assertThat(refused.remedy().orElseThrow())
                    .contains("PostgresSchema.sql()")
                    .contains("GRANT USAGE ON SCHEMA olap_sync TO " + role.name());
        }
    }

    @Test
    void a_role_that_may_not_read_is_told_the_grants() {
        try (TestRole role = new TestRole(DATABASE)) {
            DATABASE.execute(PostgresSchema.sql());
            RefreshException refused = catchThrowableOfType(
                    RefreshException.class,
                    () -> PostgresSchema.of(role.dataSource()).ensure());
            assertThat(refused.remedy().orElseThrow())
                    .isEqualTo(("GRANT USAGE ON SCHEMA olap_sync TO %1$s; GRANT SELECT, INSERT, UPDATE, DELETE "
                                    + "ON ALL TABLES IN SCHEMA olap_sync TO %1$s")
                            .formatted(role.name()));
            assertThat(refused).hasMessageNotContaining("MAINTAIN");
        }
    }

    @Test
    void a_schema_given_to_a_role_without_create_on_the_database_is_filled() throws Exception {
        try (TestRole role = new TestRole(DATABASE)) {
            DATABASE.execute("CREATE SCHEMA olap_sync AUTHORIZATION " + role.quoted());
            PostgresSchema.of(role.dataSource()).ensure();
            assertThat(tables()).isEqualTo(19);
        }
    }

    @Test
    void works_on_connections_that_a_pool_has_bent() throws Exception {
        HikariConfig config = new HikariConfig();
        config.setDataSource(DATABASE.pooledDataSource());
        config.setMaximumPoolSize(1);
        config.setConnectionTimeout(2_000);
        config.setAutoCommit(false);
        config.setTransactionIsolation("TRANSACTION_SERIALIZABLE");
        try (HikariDataSource pool = new HikariDataSource(config)) {
            PostgresSchema.of(pool).ensure();
            try (Connection connection = pool.getConnection()) {
                assertThat(connection.getAutoCommit()).isFalse();
                assertThat(setting(connection, "statement_timeout")).isEqualTo("0");
                assertThat(setting(connection, "transaction_isolation")).isEqualTo("serializable");
            }
        }
        assertThat(tables()).isEqualTo(19);
    }

    private static String setting(Connection connection, String name) throws SQLException {
        try (Statement statement = connection.createStatement();
                var result = statement.executeQuery("SHOW " + name)) {
            result.next();
            return result.getString(1);
        }
    }
}
