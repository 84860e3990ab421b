package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.SyncHealth;
import io.olapsync.SyncHealth.Status;
import io.olapsync.SyncPlan;
import io.olapsync.testkit.TcpProxy;
import java.net.URI;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** What health costs the server, and what it says while the server is away. */
@Timeout(60)
class PostgresHealthTest {

    private final Fixture fixture = Fixture.create();

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    private static OlapSync engine(DataSource dataSource) {
        return OlapSync.builder(SyncPlan.named("p").view("mv").build())
                .install(PostgresPlugin.of(dataSource))
                .closeGrace(Duration.ZERO)
                .build();
    }

    @Test
    void row_counts_are_told_while_nobody_can_read_the_view() throws Exception {
        fixture.view("mv");
        try (OlapSync sync = engine(fixture.dataSource);
                Connection other = fixture.db.dataSource().getConnection();
                Statement statement = other.createStatement()) {
            assertThat(sync.runFull().succeeded()).isTrue();
            other.setAutoCommit(false);
            statement.execute("DROP MATERIALIZED VIEW mv"); // whoever touches the view now waits for the rollback

            SyncHealth health = sync.health();

            assertThat(health.problems()).isEmpty();
            assertThat(health.status()).isEqualTo(Status.HEALTHY);
            assertThat(health.views())
                    .singleElement()
                    .satisfies(view -> assertThat(view.rows()).contains(10L));
            other.rollback();
        }
    }

    @Test
    void server_that_does_not_answer_or_is_away_is_told_and_what_was_known_is_shown() {
        fixture.view("mv");
        URI server = URI.create(fixture.db.jdbcUrl().substring("jdbc:".length()));
        try (TcpProxy proxy = TcpProxy.to(server.getHost(), server.getPort())) {
            PGSimpleDataSource behind = new PGSimpleDataSource();
            behind.setURL(fixture.db.jdbcUrl().replaceFirst("//[^/]*/", "//127.0.0.1:" + proxy.port() + "/"));
            try (OlapSync sync = engine(behind)) {
                assertThat(sync.runFull().succeeded()).isTrue();
                assertThat(sync.health().status()).isEqualTo(Status.HEALTHY);

                proxy.blackhole();
                SyncHealth silent = sync.health();
                assertThat(silent.status()).isEqualTo(Status.UNKNOWN);
                assertThat(silent.problems())
                        .anySatisfy(text -> assertThat(text).contains("not answered within"));
                assertThat(silent.views().get(0).rows()).contains(10L);

                proxy.cut();
                SyncHealth away = sync.health();
                assertThat(away.status()).isEqualTo(Status.UNKNOWN);
                assertThat(away.views().get(0).rows()).contains(10L);
                assertThat(away.lastFullSync()).isPresent();

                proxy.restore();
                assertThat(sync.health().status()).isEqualTo(Status.HEALTHY);
            }
        }
    }
}
