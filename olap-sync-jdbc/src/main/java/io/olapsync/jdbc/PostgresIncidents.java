package io.olapsync.jdbc;

import io.olapsync.jdbc.internal.IncidentRows;
import io.olapsync.spi.Incident;
import io.olapsync.spi.IncidentReport;
import io.olapsync.spi.IncidentStore;
import io.olapsync.spi.RefreshException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;

/** Incidents in the tables of the schema {@code olap_sync}. Times are by the server's clock. */
public final class PostgresIncidents implements IncidentStore {

    private final PostgresSchema schema;
    private final IncidentRows rows;

    /** The incidents in this database; the data source stays the caller's. Touches no server yet. */
    public PostgresIncidents(DataSource dataSource, PostgresSchema schema) {
        this.schema = Objects.requireNonNull(schema, "schema");
        this.rows = new IncidentRows(Objects.requireNonNull(dataSource, "dataSource"));
    }

    @Override
    public void report(Collection<IncidentReport> reports, Duration reopen) throws RefreshException {
        schema.ensure();
        rows.report(reports, reopen);
    }

    @Override
    public List<Incident> open(String plan) throws RefreshException {
        schema.ensure();
        return rows.open(plan);
    }

    @Override
    public void resolve(Map<Incident, Instant> ended) throws RefreshException {
        schema.ensure();
        rows.resolve(ended);
    }

    @Override
    public Optional<Turn> takeTurn(String plan, String notifier, String holder, Duration lease, Duration lately)
            throws RefreshException {
        schema.ensure();
        return rows.takeTurn(plan, notifier, holder, lease, lately);
    }

    @Override
    public void told(
            String plan,
            String notifier,
            String holder,
            Duration lease,
            Collection<Incident> incidents,
            boolean summary)
            throws RefreshException {
        schema.ensure();
        rows.told(plan, notifier, holder, lease, incidents, summary);
    }

    @Override
    public void endTurn(String plan, String notifier, String holder) throws RefreshException {
        schema.ensure();
        rows.endTurn(plan, notifier, holder);
    }

    @Override
    public void forget(String plan, Duration keep) throws RefreshException {
        schema.ensure();
        rows.forget(plan, keep);
    }
}
