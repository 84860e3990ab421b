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
class NoRowsCheckContractTest extends CheckHandlerContract {

    private static final String TYPE = PostgresChecks.NO_ROWS;

    private final ContractStore store = new ContractStore();
    private final CheckHandler handler =
            Objects.requireNonNull(PostgresChecks.handlers(store.dataSource).get(TYPE));

    NoRowsCheckContractTest() {
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
        return PostgresChecks.noRows("SELECT a FROM t WHERE a > 1");
    }

    @Override
    protected Map<String, CheckSpec> failing() {
        return Map.of(
                "a row", PostgresChecks.noRows("SELECT a FROM t"),
                "false", PostgresChecks.noRows("SELECT a > 1 FROM t"),
                "no table", PostgresChecks.noRows("SELECT * FROM absent"),
                "no SQL", PostgresChecks.noRows("this is not SQL"),
                "writes", PostgresChecks.noRows("DELETE FROM t RETURNING a"));
    }

    @Override
    protected Map<String, CheckSpec> malformed() {
        return Map.of(
                "no query", CheckSpec.of(TYPE),
                "no duration", CheckSpec.of(TYPE, "SELECT 1", "soon"),
                "too many", new CheckSpec(TYPE, List.of("SELECT 1", "PT1M", "more")));
    }

    @Override
    protected void loseStore() {
        store.cut();
    }
}
