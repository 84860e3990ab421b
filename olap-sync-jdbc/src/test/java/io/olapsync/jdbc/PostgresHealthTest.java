package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.SyncHealth;
import io.olapsync.SyncHealth.Status;
import io.olapsync.SyncPlan;
import java.sql.Connection;
import java.sql.Statement;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What health costs the server. */
@Timeout(60)
class PostgresHealthTest {

    private final Fixture fixture = Fixture.create();
    private final OlapSync sync = OlapSync.builder(
                    SyncPlan.named("p").view("mv").build())
            .install(PostgresPlugin.of(fixture.dataSource))
            .build();

    @AfterEach
    void close() throws Exception {
        sync.close();
        fixture.close();
    }

    @Test
    void row_counts_are_told_while_nobody_can_read_the_view() throws Exception {
        fixture.view("mv");
        assertThat(sync.runFull().succeeded()).isTrue();
        try (Connection other = fixture.db.dataSource().getConnection();
                Statement statement = other.createStatement()) {
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
}
