package io.olapsync.jdbc;

import io.olapsync.spi.CheckHandler;
import io.olapsync.spi.CheckSpec;
import io.olapsync.testkit.contract.CheckHandlerContract;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

@Tag("one-major")
class TablesReadableCheckContractTest extends CheckHandlerContract {

    private static final String TYPE = PostgresChecks.TABLES_READABLE;

    private final ContractStore store = new ContractStore();
    private final CheckHandler handler =
            Objects.requireNonNull(PostgresChecks.handlers(store.dataSource).get(TYPE));

    TablesReadableCheckContractTest() {
        store.db.execute("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)");
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Override
    protected CheckHandler handler() {
        return handler;
    }

    @Override
    protected CheckSpec passing() {
        return PostgresChecks.tablesReadable("t");
    }

    @Override
    protected Map<String, CheckSpec> failing() {
        return Map.of(
                "absent", PostgresChecks.tablesReadable("t", "absent"),
                "absent schema", PostgresChecks.tablesReadable("nowhere.t"));
    }

    @Override
    protected Map<String, CheckSpec> malformed() {
        return Map.of(
                "no table",
                CheckSpec.of(TYPE),
                "no name",
                CheckSpec.of(TYPE, "a.b.c"),
                "empty",
                new CheckSpec(TYPE, List.of("")));
    }

    @Override
    protected void loseStore() {
        store.cut();
    }
}
