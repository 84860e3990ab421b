package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.LINES;
import static io.olapsync.jdbc.DeltaFixture.LINES_SPEC;
import static io.olapsync.jdbc.DeltaFixture.how;

import io.olapsync.spi.ChangeFeed.Row;
import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.TestDatabase;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** A database with delta tables of which events say what has changed in a source, in place of triggers. */
abstract class FedDeltaTables {

    static final ViewName ORDERS = ViewName.parse("orders");
    static final ViewName CUSTOMERS = ViewName.parse("customers");
    static final ViewName V = ViewName.parse("v");
    static final DeltaSpec FED = LINES_SPEC.fed("orders", "customers");
    static final String CALLS_FOR_ALL = "a source was truncated, or calls for all of it";

    final DeltaFixture deltas = new DeltaFixture();
    final TestDatabase db = deltas.db;
    final PostgresChangeFeed feed =
            new PostgresChangeFeed(deltas.fixture.dataSource, PostgresSchema.of(deltas.fixture.dataSource));

    @AfterEach
    void close() throws Exception {
        deltas.close();
    }

    void convert(DeltaSpec spec) {
        deltas.convert(Map.of(LINES, spec));
        deltas.refresh(LINES);
    }

    DeltaRefresh refresh() {
        return how(deltas.refresh(LINES));
    }

    long record(Row... rows) throws RefreshException {
        return feed.record(List.of(rows));
    }

    /** A row of a table, with its columns and their values by turns. */
    static Row row(ViewName table, @Nullable String... columns) {
        Map<String, Optional<String>> values = new LinkedHashMap<>();
        for (int i = 0; i < columns.length; i += 2) {
            values.put(String.valueOf(columns[i]), Optional.ofNullable(columns[i + 1]));
        }
        return new Row(table, values);
    }

    static Row order(long id) {
        return row(ORDERS, "id", Long.toString(id));
    }

    long triggers() {
        return db.queryForLong("SELECT count(*) FROM pg_trigger WHERE tgname ~ '^olap_sync_capture'");
    }
}
