package io.olapsync.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EmbeddedPostgresTest {

    private static final EmbeddedPostgres POSTGRES =
            EmbeddedPostgres.builder().setting("max_connections", "37").start();

    @AfterAll
    static void close() {
        POSTGRES.close();
        assertThat(POSTGRES.isRunning()).isFalse();
    }

    @BeforeEach
    void run() {
        if (!POSTGRES.isRunning()) {
            POSTGRES.restart();
        }
    }

    @Test
    void is_the_version_it_says_it_is() {
        try (TestDatabase database = POSTGRES.newDatabase()) {
            assertThat(database.queryForLong("SELECT current_setting('server_version_num')::int / 10000"))
                    .isEqualTo(POSTGRES.major());
        }
        assertThat(POSTGRES.major()).isEqualTo(Integer.getInteger("olapsync.postgres.major", POSTGRES.major()));
    }

    @Test
    void is_durable_reads_utf8_and_listens_on_loopback_only() {
        try (TestDatabase database = POSTGRES.newDatabase()) {
            List<List<Object>> settings = database.rows("""
                    SELECT name, setting FROM pg_settings
                    WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'server_encoding',
                                   'listen_addresses', 'unix_socket_directories', 'max_connections')
                    """);
            assertThat(settings)
                    .containsExactlyInAnyOrder(
                            List.of("fsync", "on"),
                            List.of("synchronous_commit", "on"),
                            List.of("full_page_writes", "on"),
                            List.of("server_encoding", "UTF8"),
                            List.of("listen_addresses", "127.0.0.1"),
                            List.of("unix_socket_directories", ""),
                            List.of("max_connections", "37"));
            assertThat(database.queryForString("SELECT '사건 é'")).isEqualTo("사건 é");
        }
    }

    @Test
    void what_was_committed_survives_a_kill() {
        TestDatabase database = POSTGRES.newDatabase();
        database.execute("CREATE TABLE t AS SELECT 42 AS n");
        POSTGRES.kill();
        assertThat(POSTGRES.isRunning()).isFalse();
        assertThatThrownBy(database::connect).isInstanceOf(IllegalStateException.class);
        POSTGRES.restart();
        assertThat(database.queryForLong("SELECT n FROM t")).isEqualTo(42);
        database.close();
    }

    @Test
    void what_was_committed_survives_a_stop() {
        TestDatabase database = POSTGRES.newDatabase();
        database.execute("CREATE TABLE t AS SELECT 43 AS n");
        POSTGRES.stop();
        assertThat(POSTGRES.isRunning()).isFalse();
        POSTGRES.restart();
        assertThat(database.queryForLong("SELECT n FROM t")).isEqualTo(43);
        database.close();
    }

    @Test
    void a_taken_port_is_named() {
        assertThatThrownBy(
                        () -> EmbeddedPostgres.builder().port(POSTGRES.port()).start())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("Port " + POSTGRES.port() + " is in use");
    }

    @Test
    void a_bad_setting_shows_the_end_of_the_log() {
        assertThatThrownBy(() -> EmbeddedPostgres.builder()
                        .setting("no_such_setting", "1")
                        .start())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("unrecognized configuration parameter \"no_such_setting\"");
    }
}
