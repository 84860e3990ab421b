package io.olapsync.jdbc;

import io.olapsync.spi.ChangeFeed;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.Snapshot;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.contract.ChangeFeedContract;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;

@Tag("one-major")
class PostgresChangeFeedContractTest extends ChangeFeedContract {

    private static final ViewName FED = ViewName.parse("shop.Things");
    private static final ViewName VIEW = ViewName.parse("thing_names");

    private final ContractStore store = new ContractStore();
    private final DataSource beside = store.db.pooledDataSource();
    private final PostgresChangeFeed feed =
            new PostgresChangeFeed(store.dataSource, PostgresSchema.of(store.dataSource));
    private final Fixture fixture = new Fixture(store.db, beside, PostgresSettings.defaults());

    @BeforeEach
    void convert() throws RefreshException {
        store.db.execute(
                "CREATE SCHEMA shop",
                "CREATE TABLE shop.\"Things\" (id int PRIMARY KEY, name text)",
                "CREATE MATERIALIZED VIEW thing_names AS SELECT id, name FROM shop.\"Things\"",
                "CREATE UNIQUE INDEX ON thing_names (id)");
        PostgresDeltaTables.of(beside)
                .convert(VIEW, DeltaSpec.key("id").source(FED.toString(), "id").fed(FED.toString()));
        fixture.refresh(DeltaFixture.request(SyncKind.FULL, VIEW));
    }

    @AfterEach
    void close() throws Exception {
        fixture.close();
        store.close();
    }

    @Override
    protected ChangeFeed feed() {
        return feed;
    }

    @Override
    protected Snapshot now() throws RefreshException {
        return fixture.states.now();
    }

    @Override
    protected ViewName fedTable() {
        return FED;
    }

    @Override
    protected Optional<Long> pending() {
        List<Object> pending =
                store.db.rows("SELECT changes, whole FROM olap_sync.pending_1").get(0);
        return Boolean.TRUE.equals(pending.get(1)) ? Optional.empty() : Optional.of((Long) pending.get(0));
    }

    @Override
    protected void loseStore() {
        store.cut();
    }
}
