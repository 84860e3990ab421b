package io.olapsync.jdbc;

import io.olapsync.spi.IncidentStore;
import io.olapsync.testkit.contract.IncidentStoreContract;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

@Tag("one-major")
class PostgresIncidentsContractTest extends IncidentStoreContract {

    private final ContractStore store = new ContractStore();
    private final PostgresIncidents incidents =
            new PostgresIncidents(store.dataSource, PostgresSchema.of(store.dataSource));
    private final PostgresIncidents otherProcess =
            new PostgresIncidents(store.db.pooledDataSource(), PostgresSchema.of(store.db.pooledDataSource()));

    @AfterEach
    void close() {
        store.close();
    }

    @Override
    protected IncidentStore incidents() {
        return incidents;
    }

    @Override
    protected IncidentStore otherProcess() {
        return otherProcess;
    }

    @Override
    protected void passTime(Duration time) {
        String by = time.toString();
        store.db.update(
                "UPDATE olap_sync.incident SET opened_at = opened_at - ?::interval, last_at = last_at - ?::interval,"
                        + " resolved_at = resolved_at - ?::interval",
                by,
                by,
                by);
        store.db.update(
                "UPDATE olap_sync.incident_told SET opened_at = opened_at - ?::interval,"
                        + " recovered_at = recovered_at - ?::interval",
                by,
                by);
        store.db.update("UPDATE olap_sync.alert_turn SET ends_at = ends_at - ?::interval", by);
    }

    @Override
    protected void loseStore() {
        store.cut();
    }
}
