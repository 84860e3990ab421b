package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.CancelSignal;
import io.olapsync.spi.CheckSpec;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RunId;
import io.olapsync.testkit.TcpProxy;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.ds.PGSimpleDataSource;

/** The link goes silent while a statement beside the work is under way: nothing is reset, no answer ever comes. */
@Timeout(60)
@Tag("one-major")
class SilentLinkTest {

    /** What the tests wait instead of the limits that are asked for. */
    private static final int SHORTENED_MILLIS = 1_000;

    private final Fixture fixture = Fixture.create();
    private final URI server = URI.create(fixture.db.jdbcUrl().substring("jdbc:".length()));
    private final TcpProxy link = TcpProxy.to(server.getHost(), server.getPort());
    private final List<Integer> askedMillis = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void close() throws Exception {
        link.close();
        fixture.close();
    }

    private enum Statements {
        HISTORY_WRITTEN("olap_sync.run") {
            @Override
            void send(DataSource dataSource) throws Exception {
                new PostgresHistory(dataSource, PostgresSchema.of(dataSource)).write(List.of(line()));
            }
        },
        HISTORY_READ("olap_sync.run") {
            @Override
            void send(DataSource dataSource) throws Exception {
                new PostgresHistory(dataSource, PostgresSchema.of(dataSource)).recentRuns("p", 1);
            }
        },
        STATES_READ("olap_sync.view_state") {
            @Override
            void send(DataSource dataSource) throws Exception {
                new PostgresViewStates(dataSource).read(Set.of(Fixture.MV));
            }
        },
        ORDERS_WRITTEN("olap_sync.refresh_order") {
            @Override
            void send(DataSource dataSource) throws Exception {
                new PostgresViewStates(dataSource).order(Set.of(Fixture.MV), Duration.ZERO, "test");
            }
        },
        HOSTS_QUERY("t") {
            @Override
            void send(DataSource dataSource) throws Exception {
                CheckSpec check = PostgresChecks.noRows("SELECT a FROM t WHERE a < 0");
                PostgresChecks.handlers(dataSource).get(check.type()).check(check, CancelSignal.never());
            }
        };

        private final String table;

        Statements(String table) {
            this.table = table;
        }

        abstract void send(DataSource dataSource) throws Exception;
    }

    private static HistoryEntry line() {
        return Fixture.begun(RunId.random());
    }

    /** Through the link, with the limits that are asked for noted, and none of them longer than a second. */
    private DataSource linked() {
        PGSimpleDataSource linked = new PGSimpleDataSource();
        linked.setURL(fixture.db.jdbcUrl().replaceFirst("//[^/]*/", "//127.0.0.1:" + link.port() + "/"));
        return shortened(DataSource.class, linked);
    }

    private <T> T shortened(Class<T> type, T target) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, args) -> {
            if (method.getName().equals("setNetworkTimeout")) {
                askedMillis.add((Integer) args[1]);
                args[1] = Math.min((Integer) args[1], SHORTENED_MILLIS);
            }
            try {
                Object result = method.invoke(target, args);
                return result instanceof Connection connection ? shortened(Connection.class, connection) : result;
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }));
    }

    @ParameterizedTest
    @EnumSource
    void statement_whose_answer_never_comes_fails_as_transient_and_the_next_one_works(Statements statements)
            throws Exception {
        DataSource linked = linked();
        statements.send(linked); // what is looked for once
        try (Connection holder = fixture.db.connect();
                Statement lock = holder.createStatement()) {
            holder.setAutoCommit(false);
            lock.execute("LOCK TABLE " + statements.table + " IN ACCESS EXCLUSIVE MODE");
            Future<?> sent = fixture.async(() -> {
                statements.send(linked);
                return null;
            });
            fixture.db.await("SELECT count(*) = 1 FROM pg_locks WHERE relation = '" + statements.table
                    + "'::regclass AND NOT granted");

            int limitMillis = askedMillis.get(askedMillis.size() - 1);
            link.blackhole();

            RefreshException failure = Fixture.failure(sent);
            assertThat(failure.kind()).isEqualTo(Kind.TRANSIENT);
            assertThat(failure.sqlState()).contains("08006");
            assertThat(limitMillis)
                    .as("not less than the 30 s that the server itself gives a statement")
                    .isBetween(30_000, 60_000);
            holder.rollback();
        }
        link.restore();

        statements.send(linked);
    }
}
