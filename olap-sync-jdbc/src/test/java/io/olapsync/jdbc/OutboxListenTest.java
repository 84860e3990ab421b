package io.olapsync.jdbc;

import static io.olapsync.jdbc.Outbox.AT_ONCE;
import static io.olapsync.jdbc.Outbox.LONG;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.olapsync.spi.EventSource.Batch;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.Statement;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
@Tag("one-major")
class OutboxListenTest {

    private static final String CHANNEL = "Neue Ereignisse";
    private static final String LISTENERS = " FROM pg_stat_activity WHERE datname = current_database() AND query LIKE"
            + " 'LISTEN%' AND state = 'idle'";

    private final Outbox outbox = Outbox.create();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void close() {
        threads.shutdownNow();
        outbox.close();
    }

    /** It looks at the table so rarely that only what it hears can wake it in time. */
    private PostgresOutboxSource listening(DataSource dataSource) {
        return PostgresOutboxSource.builder(dataSource)
                .pollInterval(LONG)
                .listen(CHANNEL)
                .build();
    }

    private void writeAndNotify() throws Exception {
        try (Connection connection = outbox.begin();
                Statement statement = connection.createStatement()) {
            PostgresTransactions.append(connection, outbox.table, "a", "");
            statement.execute("NOTIFY \"" + CHANNEL + "\"");
            connection.commit();
        }
    }

    private void awaitListener() {
        outbox.db.await("SELECT count(*) = 1" + LISTENERS);
    }

    @Test
    void notify_wakes_a_poll_at_once_each_time() throws Exception {
        try (PostgresOutboxSource source = listening(outbox.db.dataSource())) {
            for (int i = 0; i < 3; i++) {
                Future<Batch> waiting = threads.submit(() -> source.poll(10, LONG));
                awaitListener();
                writeAndNotify();
                assertThat(waiting.get(20, TimeUnit.SECONDS).events()).hasSize(1);
            }
        }
        outbox.db.await("SELECT count(*) = 0" + LISTENERS);
    }

    @Test
    void killed_listening_connection_is_opened_again_and_nothing_is_missed() throws Exception {
        try (PostgresOutboxSource source = listening(outbox.db.dataSource())) {
            Future<Batch> waiting = threads.submit(() -> source.poll(10, LONG));
            awaitListener();
            String killed = outbox.db.queryForString("SELECT pid" + LISTENERS);
            outbox.db.queryForBoolean("SELECT pg_terminate_backend(" + killed + ")");
            outbox.db.await("SELECT count(*) = 1" + LISTENERS + " AND pid <> " + killed);

            writeAndNotify();

            assertThat(waiting.get(20, TimeUnit.SECONDS).events()).hasSize(1);
        }
    }

    @Test
    void close_ends_a_poll_that_listens_and_its_connection() throws Exception {
        PostgresOutboxSource source = listening(outbox.db.dataSource());
        Future<Batch> waiting = threads.submit(() -> source.poll(10, LONG));
        awaitListener();

        source.close();

        assertThat(waiting.get(10, TimeUnit.SECONDS)).isEqualTo(Batch.EMPTY);
        outbox.db.await("SELECT count(*) = 0" + LISTENERS);
    }

    @Test
    void listens_through_a_pool_and_does_not_leave_it_a_listening_connection() throws Exception {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(outbox.db.jdbcUrl());
        config.setMaximumPoolSize(2);
        config.setMinimumIdle(0);
        try (HikariDataSource pool = new HikariDataSource(config)) {
            try (PostgresOutboxSource source = listening(pool)) {
                Future<Batch> waiting = threads.submit(() -> source.poll(10, LONG));
                awaitListener();
                writeAndNotify();
                assertThat(waiting.get(20, TimeUnit.SECONDS).events()).hasSize(1);
            }
            outbox.db.await("SELECT count(*) = 0" + LISTENERS);
            try (Connection one = pool.getConnection();
                    Connection other = pool.getConnection()) {
                assertThat(one.isValid(5) && other.isValid(5)).isTrue();
            }
        }
    }

    @Test
    void driver_that_cannot_listen_is_polled() throws Exception {
        DataSource wrapped = foreign(DataSource.class, outbox.db.dataSource());
        try (PostgresOutboxSource source =
                PostgresOutboxSource.builder(wrapped).listen(CHANNEL).build()) {
            Future<Batch> waiting = threads.submit(() -> source.poll(10, LONG));
            outbox.write("a", 1);

            assertThat(waiting.get(20, TimeUnit.SECONDS).events()).hasSize(1);
        }
    }

    @Test
    void poll_that_does_not_wait_does_not_listen() throws Exception {
        try (PostgresOutboxSource source = listening(outbox.db.dataSource())) {
            source.poll(1, AT_ONCE);
            assertThat(outbox.db.queryForLong("SELECT count(*)" + LISTENERS)).isZero();
        }
    }

    /** The same by another driver. */
    private static <T> T foreign(Class<T> type, T target) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    if (method.getName().equals("isWrapperFor")) {
                        return false;
                    }
                    try {
                        Object result = method.invoke(target, arguments);
                        return result instanceof Connection connection ? foreign(Connection.class, connection) : result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }
}
