package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.LockUnavailableException;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.RunId;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.EmbeddedPostgres;
import io.olapsync.testkit.TestDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A pool that leads to a standby, as after a failover that it has not noticed. */
class StandbyTest {

    private final EmbeddedPostgres server = EmbeddedPostgres.start();
    private final TestDatabase db = server.newDatabase();
    private HikariDataSource pool;
    private Fixture fixture;
    private ViewName view;
    private ViewName other;

    @BeforeEach
    void stand_by() throws Exception {
        Fixture.install(db);
        PostgresSettings settings = PostgresSettings.defaults().withVacuum(VacuumPolicy.off());
        try (Fixture primary = new Fixture(db, db.dataSource(), settings)) {
            view = primary.view("mv");
            other = primary.view("other");
            primary.refresh(primary.request(view, other));
        }
        Path data = Path.of(query(db.dataSource(), "SHOW data_directory"));
        server.stop();
        Files.createFile(data.resolve("standby.signal"));
        server.restart();
        pool = poolOfOne();
        fixture = new Fixture(db, pool, settings);
    }

    @AfterEach
    void close() throws Exception {
        fixture.close();
        pool.close();
        server.close();
    }

    private HikariDataSource poolOfOne() {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(db.jdbcUrl());
        config.setMaximumPoolSize(1);
        return new HikariDataSource(config);
    }

    private static String query(DataSource source, String sql) throws SQLException {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    private static void assertRefused(ThrowingCallable write) {
        RefreshException failure = Fixture.failure(write);

        assertThat(failure.kind()).as(failure.getMessage()).isEqualTo(Kind.TRANSIENT);
        assertThat(failure.sqlState()).contains("25006");
        assertThat(failure.remedy()).hasValueSatisfying(text -> assertThat(text).contains("targetServerType=primary"));
    }

    @Test
    void refresh_is_refused_as_transient_and_works_once_the_standby_is_promoted() throws Exception {
        assertRefused(() -> fixture.tryRefresh(fixture.request(view)));
        assertRefused(() -> fixture.tryRefresh(fixture.request(view, other)));
        assertThat(Fixture.failure(() -> fixture.locks.tryAcquire(Set.of(view))))
                .isInstanceOf(LockUnavailableException.class);

        query(pool, "SELECT pg_promote()");

        assertThat(fixture.refresh(view).rows()).isEqualTo(10);
        assertThat(fixture.refresh(fixture.request(view, other))).hasSize(2);
    }

    @Test
    void connection_that_leads_to_a_standby_is_thrown_away() throws Exception {
        for (RefreshRequest request : List.of(fixture.request(view), fixture.request(view, other))) {
            try (Connection session = db.connect();
                    Fixture kept = new Fixture(db, new OneConnection(session), PostgresSettings.defaults())) {
                assertRefused(() -> kept.tryRefresh(request));

                assertThat(session.isClosed())
                        .as("the pool looks for the primary again")
                        .isTrue();
            }
        }
    }

    @Test
    void so_is_one_on_which_a_run_asks_what_it_must_know_first() throws Exception {
        try (Connection session = db.connect();
                Fixture kept = new Fixture(db, new OneConnection(session), PostgresSettings.defaults())) {
            assertRefused(() -> kept.states.look(List.of(view), Map.of()));

            assertThat(session.isClosed()).isTrue();
        }
    }

    @Test
    void what_is_written_beside_the_work_is_refused_as_transient_too() throws Exception {
        PostgresHistory history = new PostgresHistory(pool, PostgresSchema.of(pool));
        List<HistoryEntry> line = List.of(Fixture.begun(RunId.random()));

        assertRefused(() -> history.write(line)); // one statement
        assertRefused(() -> fixture.states.order(List.of(view), Duration.ZERO, "test")); // several
        assertRefused(() -> fixture.states.now());

        query(pool, "SELECT pg_promote()");

        history.write(line);
        fixture.states.order(List.of(view), Duration.ZERO, "test");
        assertThat(fixture.states.orders(List.of(view))).hasSize(1);
    }
}
