package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.LINES;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.Snapshot;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewRefresh;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever is done to the sources of a delta table right before any statement of a refresh that finds nothing to do. */
@Timeout(60)
@Tag("one-major")
class DeltaMomentsTest {

    private static final List<String> MOMENTS = List.of(
            "SELECT pg_catalog.set_config('lock_timeout'",
            "SELECT capture, changes",
            "WITH RECURSIVE d AS",
            "UPDATE olap_sync.delta_table");

    private static final Map<String, List<String>> DEEDS = Map.of(
            "row",
            List.of("UPDATE orders SET amount = 4711 WHERE id = 10"),
            "looked up",
            List.of("UPDATE customers SET name = 'new' WHERE id = 3"),
            "truncated",
            List.of("TRUNCATE orders"),
            "uncaptured",
            List.of(
                    "ALTER TABLE orders DISABLE TRIGGER ALL",
                    "UPDATE orders SET amount = 4711 WHERE id = 10",
                    "ALTER TABLE orders ENABLE TRIGGER ALL"),
            "disabled",
            List.of("ALTER TABLE orders DISABLE TRIGGER ALL", "UPDATE orders SET amount = 4711 WHERE id = 10"),
            "overflown",
            List.of("SELECT 1"));

    static Stream<Arguments> all() {
        return MOMENTS.stream()
                .flatMap(moment -> DEEDS.keySet().stream().sorted().map(deed -> Arguments.of(moment, deed)));
    }

    @ParameterizedTest
    @MethodSource("all")
    void what_is_claimed_is_shown_and_the_rest_is_shown_next(String moment, String deed) throws Exception {
        try (DeltaFixture deltas = DeltaFixture.converted()) {
            if (deed.equals("overflown")) {
                long orders = deltas.db.queryForLong(
                        "SELECT min(id) FROM olap_sync.capture WHERE table_name = 'orders' AND columns = '{id}'");
                deltas.mostBytes("capture_" + orders, "-1");
            }
            List<Long> xids = new ArrayList<>();
            DataSource late = new Moment(moment, () -> xids.add(commit(deltas, deed))).on(deltas.db.dataSource());
            ViewRefresh first;
            try (Fixture during = new Fixture(deltas.db, late, PostgresSettings.defaults())) {
                first = during.refresh(DeltaFixture.request(SyncKind.INCREMENTAL, LINES))
                        .get(0);
            }
            assertThat(xids).hasSize(1);
            boolean claimed = Snapshot.parse(first.asOf().snapshot()).covers(xids.get(0));
            if (claimed) {
                deltas.assertEqualsDefinition(LINES);
            }
            deltas.refresh(LINES);
            deltas.assertEqualsDefinition(LINES);
        }
    }

    private static long commit(DeltaFixture deltas, String deed) throws Exception {
        try (Connection other = deltas.db.connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            if (deed.equals("overflown")) {
                statement.execute("UPDATE orders SET amount = 4711 WHERE id = 10");
            }
            for (String sql : DEEDS.get(deed)) {
                statement.execute(sql);
            }
            long xid;
            try (ResultSet row = statement.executeQuery("SELECT pg_current_xact_id()::text::bigint")) {
                row.next();
                xid = row.getLong(1);
            }
            other.commit();
            return xid;
        }
    }
}
