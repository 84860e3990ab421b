package io.olapsync.jdbc;

import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewCatalog;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.contract.DeltaCatalogContract;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

@Tag("one-major")
class PostgresDeltaCatalogContractTest extends DeltaCatalogContract {

    private final ContractStore store = new ContractStore();
    private final PostgresDeltaTables tables = PostgresDeltaTables.of(store.db.pooledDataSource());
    private final PostgresCatalog catalog = new PostgresCatalog(store.dataSource);

    @AfterEach
    void close() {
        store.close();
    }

    @Override
    protected ViewCatalog catalog() {
        return catalog;
    }

    @Override
    protected DeltaSpec createDeltaTable(ViewName view, ViewName... reads) {
        String source = "source_" + view.name();
        DeltaSpec spec = DeltaSpec.key("a").source(source, "a");
        StringBuilder from = new StringBuilder("public.\"" + source + "\" x");
        for (ViewName read : reads) {
            from.append(" JOIN ").append(read.sql()).append(" USING (a)");
            spec = spec.source(read.toString(), "a");
        }
        store.db.execute(
                "CREATE TABLE public.\"" + source + "\" (a int PRIMARY KEY)",
                "CREATE MATERIALIZED VIEW " + view.sql() + " AS SELECT a FROM " + from,
                "CREATE UNIQUE INDEX ON " + view.sql() + " (a)");
        try {
            tables.convert(view, spec);
        } catch (RefreshException e) {
            throw new IllegalStateException(e);
        }
        return spec;
    }

    @Override
    protected Map<String, Map.Entry<ViewName, DeltaSpec>> createUnfitDeltaTables() {
        Map<String, Map.Entry<ViewName, DeltaSpec>> unfit = new LinkedHashMap<>();
        Stream.of("renamed", "otherwise").forEach(name -> createDeltaTable(ViewName.of("public", name)));
        store.db.execute("ALTER TABLE renamed RENAME TO \"Renamed\"");
        unfit.put(
                "a table with another name than its row",
                Map.entry(ViewName.of("public", "Renamed"), DeltaSpec.key("a").source("source_renamed", "a")));
        unfit.put(
                "another declaration",
                Map.entry(ViewName.of("public", "otherwise"), DeltaSpec.key("a").whole("source_otherwise")));
        return unfit;
    }

    @Override
    protected void loseStore() {
        store.cut();
    }
}
