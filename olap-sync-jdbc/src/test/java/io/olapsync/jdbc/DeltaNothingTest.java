package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.LINES;
import static io.olapsync.jdbc.DeltaFixture.how;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewRefresh;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A delta table that needs nothing is left alone in the transaction that has looked at it. */
@Timeout(60)
class DeltaNothingTest {

    private DeltaFixture deltas;

    @BeforeEach
    void convert() {
        deltas = DeltaFixture.converted();
    }

    @AfterEach
    void close() throws Exception {
        deltas.close();
    }

    @Test
    void what_commits_after_the_count_is_not_taken_for_seen() throws Exception {
        Moment late = new Moment(
                "UPDATE olap_sync.delta_table",
                () -> deltas.db.execute("UPDATE orders SET amount = 4711 WHERE id = 10"));
        try (Fixture during = new Fixture(deltas.db, late.on(deltas.db.dataSource()), PostgresSettings.defaults())) {
            assertThat(how(during.refresh(request()).get(0)).way()).isEqualTo(Way.NOTHING);
        }
        assertThat(late.hasCome()).isTrue();

        ViewRefresh next = deltas.refresh(LINES);

        assertThat(how(next).keys()).isEqualTo(1);
        deltas.assertEqualsDefinition(LINES);
    }

    @Test
    void what_commits_between_the_look_and_the_count_is_not_lost_either() throws Exception {
        Moment late = new Moment(
                "SELECT capture, changes", () -> deltas.db.execute("UPDATE orders SET amount = 4712 WHERE id = 10"));
        try (Fixture during = new Fixture(deltas.db, late.on(deltas.db.dataSource()), PostgresSettings.defaults())) {
            assertThat(how(during.refresh(request()).get(0)).keys()).isEqualTo(1);
        }
        deltas.assertEqualsDefinition(LINES);
    }

    @Test
    void only_a_refresh_that_wrote_rows_waits_for_the_disk() throws Exception {
        deltas.db.execute(
                "CREATE TABLE seen (durability text)",
                "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " INSERT INTO public.seen SELECT pg_catalog.current_setting('synchronous_commit'); RETURN NULL; END $$",
                "CREATE CONSTRAINT TRIGGER note AFTER UPDATE ON olap_sync.view_state DEFERRABLE INITIALLY DEFERRED"
                        + " FOR EACH ROW EXECUTE FUNCTION public.note()");

        deltas.refresh(LINES);
        assertThat(deltas.db.queryForString("SELECT string_agg(durability, ',') FROM seen"))
                .isEqualTo("off");

        deltas.db.execute("TRUNCATE seen", "UPDATE orders SET amount = 4713 WHERE id = 10");
        deltas.refresh(LINES);
        assertThat(deltas.db.queryForString("SELECT string_agg(durability, ',') FROM seen"))
                .isEqualTo("on");

        deltas.refresh(DeltaFixture.TOTALS);
        deltas.db.execute("TRUNCATE seen", "UPDATE customers SET name = 'another' WHERE id = 10");
        List<ViewRefresh> both = deltas.refresh(List.of(LINES, DeltaFixture.TOTALS));
        assertThat(both).extracting(refresh -> how(refresh).way()).containsExactly(Way.KEYS, Way.NOTHING);
        assertThat(deltas.db.queryForString("SELECT string_agg(DISTINCT durability, ',') FROM seen"))
                .as("together with one that wrote rows")
                .isEqualTo("on");
    }

    private static RefreshRequest request() {
        return DeltaFixture.request(SyncKind.INCREMENTAL, LINES);
    }
}
