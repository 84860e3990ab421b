package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.spi.CancelSignal;
import io.olapsync.spi.CheckSpec;
import io.olapsync.spi.Fuse;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.PendingInvalidation;
import io.olapsync.spi.RunId;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever was done on a connection of the host's, and however it ended, the host gets it back as it was. */
@Tag("one-major")
class ConnectionSettingsTest {

    private static final Duration LONG = Duration.ofDays(1);

    private final Fixture fixture = Fixture.create();

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    private static void assertGivenBack(BentDataSource bent) {
        assertThat(bent.returned())
                .isNotEmpty()
                .hasSameSizeAs(bent.given())
                .allSatisfy(left -> assertThat(left).isEqualTo(bent.given().get(0)));
    }

    private static List<HistoryEntry> line() {
        return List.of(Fixture.begun(RunId.random()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void what_is_read_and_written_beside_the_work_leaves_no_trace(boolean autoCommit) throws Exception {
        ViewName view = fixture.view("mv");
        fixture.refresh(view);
        BentDataSource bent = new BentDataSource(fixture.db, autoCommit);
        PostgresHistory history = new PostgresHistory(bent, PostgresSchema.of(bent));
        PostgresViewStates states = new PostgresViewStates(bent);

        history.write(line());
        history.recentRuns("p", 1);
        history.sweep(LONG, LONG);
        states.read(List.of(view));
        List<PendingInvalidation> pending = states.pendingInvalidations(List.of(view));
        states.invalidated(pending);
        new PostgresCatalog(bent).inspect(Set.of(view));
        PostgresChecks.handlers(bent)
                .get(PostgresChecks.noRows("SELECT 1 WHERE false").type())
                .check(PostgresChecks.noRows("SELECT 1 WHERE false"), CancelSignal.never());

        assertThat(pending).hasSize(1);
        assertThat(bent.given()).hasSizeGreaterThanOrEqualTo(8);
        assertGivenBack(bent);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nothing_that_fails_leaves_a_trace_either(boolean autoCommit) {
        BentDataSource bent = new BentDataSource(fixture.db, autoCommit);
        PostgresHistory history = new PostgresHistory(bent, PostgresSchema.of(bent));
        CheckSpec broken = PostgresChecks.noRows("SELECT 1 / 0");
        fixture.db.execute("ALTER TABLE olap_sync.run RENAME TO gone");

        assertThatThrownBy(() -> history.write(line())).hasMessageContaining("42P01");
        assertThatThrownBy(() -> history.sweep(LONG, LONG)).hasMessageContaining("42P01");
        assertThatThrownBy(
                        () -> PostgresChecks.handlers(bent).get(broken.type()).check(broken, CancelSignal.never()))
                .hasMessageContaining("22012");
        fixture.db.execute("DROP TABLE olap_sync.invalidation");
        assertThatThrownBy(() -> new PostgresViewStates(bent)
                        .invalidated(List.of(new PendingInvalidation(1, ViewName.parse("mv")))))
                .hasMessageContaining("42P01");

        assertGivenBack(bent);
    }

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void refreshes_leave_no_trace_whether_they_succeed_or_fail(boolean autoCommit, boolean together) throws Exception {
        ViewName view = fixture.view("mv");
        ViewName other = fixture.view("other");
        ViewName broken = fixture.view("broken", "SELECT a, 1 / (b - 1) AS b FROM t");
        ViewName[] sound = together ? new ViewName[] {view, other} : new ViewName[] {view};
        ViewName[] failing = together ? new ViewName[] {view, broken} : new ViewName[] {broken};
        BentDataSource bent = new BentDataSource(fixture.db, autoCommit);
        Fixture host =
                fixture.with(bent, fixture.settings.withVacuum(new VacuumPolicy(true, 0, 1, Duration.ofSeconds(9))));

        host.refresh(host.request(sound));
        fixture.db.execute("UPDATE t SET b = 1");
        host.failureOf(host.request(failing));
        host.failureOf(host.request(Fuse.ofChangedShare(0.1), view));
        host.failureOf(host.request(together ? new ViewName[] {view, ViewName.parse("missing")} : failing));
        host.refresh(host.request(sound));

        fixture.db.await(
                "SELECT (SELECT count(*) FROM olap_sync.view_vacuum) = (SELECT count(*) FROM olap_sync.view_state)"); // by the vacuum, on the side
        fixture.db.await("SELECT count(*) <= 1 FROM pg_stat_activity WHERE datname = current_database()");
        assertGivenBack(bent);
    }
}
