package io.olapsync.jdbc;

import io.olapsync.jdbc.internal.delta.FedRows;
import io.olapsync.spi.ChangeFeed;
import io.olapsync.spi.RefreshException;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;

/**
 * What events say of changed rows, appended to the tables {@code olap_sync.changes_<n>} of those captures that are fed by events.
 * Rows of a table that no delta table is fed with are dropped. A batch is one transaction, which waits for the disk.
 */
public final class PostgresChangeFeed implements ChangeFeed {

    private final PostgresSchema schema;
    private final FedRows rows;

    /** The feed of this database; the data source stays the caller's. Touches no server yet. */
    public PostgresChangeFeed(DataSource dataSource, PostgresSchema schema) {
        this.schema = Objects.requireNonNull(schema, "schema");
        this.rows = new FedRows(dataSource);
    }

    @Override
    public long record(List<Row> changed) throws RefreshException {
        schema.ensure();
        return rows.record(changed);
    }
}
