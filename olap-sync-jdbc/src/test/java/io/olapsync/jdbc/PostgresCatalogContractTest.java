package io.olapsync.jdbc;

import io.olapsync.spi.ViewCatalog;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.contract.ViewCatalogContract;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;

class PostgresCatalogContractTest extends ViewCatalogContract {

    private final ContractStore store = new ContractStore();
    private final TestRole role = new TestRole(store.db);
    private final PostgresCatalog catalog = new PostgresCatalog(store.dataSourceAs(role));

    @AfterEach
    void close() {
        role.close();
        store.close();
    }

    @Override
    protected ViewCatalog catalog() {
        return catalog;
    }

    @Override
    protected void createView(ViewName view, ViewName... reads) {
        create(view, Stream.of(reads).map(ViewName::sql).toList());
        store.db.execute(
                "CREATE UNIQUE INDEX ON " + view.sql() + " (a)",
                "ALTER MATERIALIZED VIEW " + view.sql() + " OWNER TO " + role.quoted());
    }

    @Override
    protected void createViewOnPlainViews(ViewName view, ViewName... reads) {
        for (ViewName read : reads) {
            String name = read.name();
            store.db.execute(
                    "CREATE VIEW plain_" + name + " AS SELECT * FROM " + read.sql(),
                    "CREATE VIEW plainer_" + name + " AS SELECT * FROM plain_" + name);
        }
        create(view, Stream.of(reads).map(read -> "plainer_" + read.name()).toList());
    }

    @Override
    protected Map<String, ViewName> createUnfitViews() {
        Map<String, ViewName> unfit = new LinkedHashMap<>();
        for (String name :
                List.of("table", "plain_view", "no_index", "partial_index", "expression_index", "forbidden")) {
            unfit.put(name, ViewName.of("public", name));
        }
        store.db.execute("CREATE TABLE \"table\" (a int PRIMARY KEY)", "CREATE VIEW plain_view AS SELECT 1 AS a");
        for (String name : List.of("no_index", "partial_index", "expression_index", "forbidden")) {
            create(ViewName.of("public", name), List.of());
            store.db.execute("ALTER MATERIALIZED VIEW " + name + " OWNER TO " + role.quoted());
        }
        store.db.execute(
                "CREATE UNIQUE INDEX ON partial_index (a) WHERE a > 0",
                "CREATE UNIQUE INDEX ON expression_index ((a + 1))",
                "CREATE UNIQUE INDEX ON forbidden (a)",
                "ALTER MATERIALIZED VIEW forbidden OWNER TO CURRENT_USER");
        return unfit;
    }

    private void create(ViewName view, List<String> reads) {
        String from = reads.isEmpty()
                ? "(VALUES (1), (2)) t(a)"
                : reads.get(0) + " x"
                        + reads.stream()
                                .skip(1)
                                .map(read -> " JOIN " + read + " USING (a)")
                                .collect(Collectors.joining());
        String schema = ContractStore.quoted(view.schema());
        store.db.execute(
                "CREATE SCHEMA IF NOT EXISTS " + schema,
                "GRANT USAGE ON SCHEMA " + schema + " TO " + role.quoted(),
                "CREATE MATERIALIZED VIEW " + view.sql() + " AS SELECT a FROM " + from);
    }

    @Override
    protected void loseStore() {
        store.cut();
    }
}
