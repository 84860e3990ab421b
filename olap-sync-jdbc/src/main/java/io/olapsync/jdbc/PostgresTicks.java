package io.olapsync.jdbc;

import io.olapsync.jdbc.internal.TickRows;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.TickClaim;
import io.olapsync.spi.TickStore;
import io.olapsync.spi.Ticks;
import java.time.Duration;
import java.util.Objects;
import javax.sql.DataSource;

/** Ticks of schedules, claimed in the table {@code olap_sync.tick} by the server's clock. */
public final class PostgresTicks implements TickStore {

    private final PostgresSchema schema;
    private final TickRows rows;

    /** The claims in this database; the data source stays the caller's. Touches no server yet. */
    public PostgresTicks(DataSource dataSource, PostgresSchema schema) {
        this.schema = Objects.requireNonNull(schema, "schema");
        this.rows = new TickRows(dataSource);
    }

    @Override
    public Ticks read(String plan) throws RefreshException {
        schema.ensure();
        return rows.read(plan);
    }

    @Override
    public boolean claim(TickClaim claim, Duration apart) throws RefreshException {
        schema.ensure();
        return rows.claim(claim, apart);
    }
}
