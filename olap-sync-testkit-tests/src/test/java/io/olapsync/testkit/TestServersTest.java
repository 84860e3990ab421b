package io.olapsync.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.olapsync.testkit.internal.TestServerProvider;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class TestServersTest {

    @Test
    void the_shared_servers_are_started_once() {
        assertThat(TestServers.postgres()).isSameAs(TestServers.postgres());
        assertThat(TestServers.redis()).isSameAs(TestServers.redis());
        assertThat(TestServers.redis().command("PING")).isEqualTo("PONG");
    }

    @Test
    void the_environment_names_other_servers() {
        TestServers servers = new TestServers(Map.of(
                TestServers.JDBC_URL,
                TestServers.postgres().jdbcUrl(),
                TestServers.REDIS_URI,
                TestServers.redis().uri() + "/3"));
        PostgresServer postgres = servers.sharedPostgres();
        assertThat(postgres).isNotInstanceOf(EmbeddedPostgres.class).isSameAs(servers.sharedPostgres());
        assertThat(postgres.jdbcUrl()).isEqualTo(TestServers.postgres().jdbcUrl());
        assertThat(postgres.major()).isEqualTo(TestServers.postgres().major());
        try (TestDatabase database = postgres.newDatabase()) {
            assertThat(database.queryForString("SELECT current_database()")).isEqualTo(database.name());
        }
        RedisServer redis = servers.sharedRedis();
        assertThat(redis).isNotInstanceOf(EmbeddedRedis.class);
        String key = redis.newPrefix() + "k";
        redis.command("SET", key, "in database 3");
        assertThat(redis.command("GET", key)).isEqualTo("in database 3");
        assertThat(TestServers.redis().command("EXISTS", key)).isEqualTo(0L);
    }

    @Test
    void a_wrong_address_is_refused_without_its_password() {
        assertThatThrownBy(() -> new TestServers(Map.of(TestServers.JDBC_URL, "jdbc:mysql://h/d?password=secret"))
                        .sharedPostgres())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("secret");
        assertThatThrownBy(() -> new TestServers(Map.of(TestServers.REDIS_URI, "http://u:secret@h")).sharedRedis())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("secret");
    }

    @Test
    void each_database_is_empty_and_gone_when_closed_even_with_sessions_in_it() throws Exception {
        TestDatabase database = TestServers.postgres().newDatabase();
        Connection left = database.connect();
        database.execute("CREATE TABLE t (n int, s text)", "INSERT INTO t VALUES (1, 'é'), (2, NULL)");
        try (TestDatabase other = TestServers.postgres().newDatabase()) {
            assertThat(other.queryForString("SELECT to_regclass('t')")).isNull();
        }
        assertThat(database.rows("SELECT n, s FROM t WHERE n > ? ORDER BY n", 0))
                .isEqualTo(List.of(List.of(1, "é"), Arrays.asList(2, null)));
        assertThat(database.update("UPDATE t SET n = n + 1")).isEqualTo(2);
        assertThat(database.queryForLong("SELECT sum(n) FROM t")).isEqualTo(5);
        database.close();
        assertThat(left.isValid(1)).isFalse();
        try (TestDatabase other = TestServers.postgres().newDatabase()) {
            assertThat(other.queryForLong("SELECT count(*) FROM pg_database WHERE datname = ?", database.name()))
                    .isZero();
        }
        database.close();
    }

    @Test
    void a_statement_that_fails_is_in_the_message() {
        try (TestDatabase database = TestServers.postgres().newDatabase()) {
            assertThatThrownBy(() -> database.execute("SELECT 1", "SELEC 2"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("42601")
                    .hasMessageEndingWith("in: SELEC 2");
            assertThatThrownBy(() -> database.queryForLong("SELECT 1 WHERE false"))
                    .hasMessageContaining("No row");
        }
    }

    @Test
    void waits_for_what_another_session_does() {
        try (TestDatabase database = TestServers.postgres().newDatabase()) {
            database.execute("CREATE TABLE t (n int)");
            CompletableFuture<Void> writer =
                    CompletableFuture.runAsync(() -> database.execute("INSERT INTO t SELECT 1 FROM pg_sleep(0.2)"));
            database.await("SELECT EXISTS (SELECT FROM t WHERE n = ?)", 1);
            assertThat(writer).succeedsWithin(Duration.ofSeconds(10));
        }
    }

    @Test
    void a_database_may_have_any_name() {
        PostgresServer postgres = TestServers.postgres();
        String name = "사건 \"Olap\" %/?";
        postgres.createDatabase(name);
        try (Connection connection = postgres.dataSource(name).getConnection()) {
            assertThat(connection.getCatalog()).isEqualTo(name);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void containers_without_the_profile_are_refused_with_its_name() {
        assumeTrue(ServiceLoader.load(TestServerProvider.class).findFirst().isEmpty(), "built with the profile");
        System.setProperty(TestServers.DOCKER, "true");
        try {
            assertThatThrownBy(() -> new TestServers(Map.of()).sharedPostgres()).hasMessageContaining("-Pdocker");
            assertThatThrownBy(() -> new TestServers(Map.of()).sharedRedis()).hasMessageContaining("-Pdocker");
        } finally {
            System.clearProperty(TestServers.DOCKER);
        }
    }
}
