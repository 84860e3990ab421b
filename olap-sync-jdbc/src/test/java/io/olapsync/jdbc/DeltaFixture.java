package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.CancelSignal;
import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.RefreshCondition;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.RunId;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import io.olapsync.testkit.PostgresServer;
import io.olapsync.testkit.TestDatabase;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A database with orders and customers, views over them, and what turns those into delta tables. */
final class DeltaFixture implements AutoCloseable {

    static final ViewName TOTALS = ViewName.parse("totals");
    static final ViewName LINES = ViewName.parse("order_lines");

    /** Orders by their customer, whose name is looked up. */
    static final DeltaSpec LINES_SPEC = DeltaSpec.key("order_id")
            .source("orders", "id")
            .lookup("customers", "SELECT o.id FROM changed c JOIN public.orders o ON o.customer = c.id", "id");

    static final DeltaSpec TOTALS_SPEC = DeltaSpec.key("customer").source("orders", "customer");

    private static final List<String> SHOP = List.of(
            "CREATE TABLE customers (id int PRIMARY KEY, name text)",
            "CREATE TABLE orders (id int PRIMARY KEY, customer int, amount numeric(12, 2))",
            "CREATE INDEX orders_customer ON orders (customer)",
            "INSERT INTO customers SELECT g, 'customer ' || g FROM generate_series(1, 20) g",
            "INSERT INTO orders SELECT g, 1 + g % 20, g FROM generate_series(1, 1000) g",
            "CREATE MATERIALIZED VIEW order_lines AS SELECT o.id AS order_id, o.amount, c.name AS customer_name"
                    + " FROM orders o LEFT JOIN customers c ON c.id = o.customer",
            "CREATE UNIQUE INDEX order_lines_key ON order_lines (order_id)",
            "CREATE MATERIALIZED VIEW totals AS SELECT customer, count(*) AS orders, sum(amount) AS amount,"
                    + " count(DISTINCT amount) AS amounts FROM orders GROUP BY customer",
            "CREATE UNIQUE INDEX totals_key ON totals (customer)");

    final Fixture fixture;
    final TestDatabase db;
    final PostgresDeltaTables deltas;

    /** Orders and customers, and two views. */
    DeltaFixture() {
        this(Fixture.create("shop", db -> SHOP.forEach(db::execute)));
    }

    /** The same on another server. */
    DeltaFixture(PostgresServer server) {
        this(Fixture.create(server, PostgresSettings.defaults()));
        SHOP.forEach(db::execute);
    }

    /** Whatever these create. */
    DeltaFixture(List<String> creation, List<String> rows) {
        this(Fixture.create());
        creation.forEach(db::execute);
        rows.forEach(db::execute);
    }

    /** The same, created once for all tests that call it by this name. */
    static DeltaFixture begun(String name, List<String> creation, List<String> rows) {
        return new DeltaFixture(Fixture.create(name, db -> {
            creation.forEach(db::execute);
            rows.forEach(db::execute);
        }));
    }

    private DeltaFixture(Fixture fixture) {
        this.fixture = fixture;
        this.db = fixture.db;
        this.deltas = PostgresDeltaTables.of(fixture.dataSource);
    }

    /** The shop, and what the beginning of this name makes of it, once for all tests. */
    static DeltaFixture begun(String name, Consumer<DeltaFixture> beginning) {
        return new DeltaFixture(Fixture.create("shop " + name, db -> {
            SHOP.forEach(db::execute);
            try (Fixture once = new Fixture(db, db.pooledDataSource(), PostgresSettings.defaults())) {
                beginning.accept(new DeltaFixture(once));
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }));
    }

    /** Both views as delta tables, refreshed once. */
    static DeltaFixture converted() {
        return begun("converted", shop -> {
            shop.convert(Map.of(LINES, LINES_SPEC, TOTALS, TOTALS_SPEC));
            shop.refresh(LINES);
            shop.refresh(TOTALS);
        });
    }

    void convert(Map<ViewName, DeltaSpec> declared) {
        try {
            deltas.convert(declared);
        } catch (RefreshException e) {
            throw new IllegalStateException(e);
        }
    }

    void revert(ViewName... views) {
        try {
            deltas.revert(List.of(views));
        } catch (RefreshException e) {
            throw new IllegalStateException(e);
        }
    }

    /** An incremental refresh, as the engine asks for one. */
    ViewRefresh refresh(ViewName view) {
        return fixture.refresh(request(SyncKind.INCREMENTAL, view)).get(0);
    }

    /** An incremental refresh of these together. */
    List<ViewRefresh> refresh(List<ViewName> views) {
        return fixture.refresh(request(SyncKind.INCREMENTAL, views.toArray(ViewName[]::new)));
    }

    /** A full sync of these, together where they are several. */
    List<ViewRefresh> fullSync(ViewName... views) {
        return fixture.refresh(request(SyncKind.FULL, views));
    }

    static RefreshRequest request(SyncKind kind, ViewName... views) {
        return new RefreshRequest(
                RunId.random(), kind, List.of(views), Fixture.PATIENCE, Map.of(), true, CancelSignal.never());
    }

    /** An incremental refresh that compares all, as the engine asks for one that repairs. */
    static RefreshRequest repair(ViewName view) {
        return new RefreshRequest(
                RunId.random(),
                SyncKind.INCREMENTAL,
                List.of(view),
                Fixture.PATIENCE,
                Map.of(),
                true,
                true,
                RefreshCondition.ALWAYS,
                CancelSignal.never());
    }

    static DeltaRefresh how(ViewRefresh refresh) {
        return refresh.incremental().orElseThrow();
    }

    /** The number of a delta table. */
    long id(ViewName view) {
        return db.queryForLong("SELECT id FROM olap_sync.delta_table WHERE view_schema = '" + view.schema()
                + "' AND view_name = '" + view.name() + "'");
    }

    /**
     * From this size of the table of changes on, triggers whose function has such a name keep nothing, each of them from its next
     * statement on.
     */
    void mostBytes(String functions, String bytes) {
        db.execute("DO $do$ DECLARE f record; BEGIN FOR f IN SELECT pg_get_functiondef(oid) AS def FROM pg_proc"
                + " WHERE pronamespace = 'olap_sync'::regnamespace AND proname ~ '^" + functions + "$' LOOP"
                + " EXECUTE regexp_replace(f.def, '>\\) -?[0-9]+ THEN', '>) " + bytes
                + " THEN', 'g'); END LOOP; END $do$");
        db.rows("SELECT setval(oid, 1) FROM pg_class WHERE relnamespace = 'olap_sync'::regnamespace"
                + " AND relname ~ '^" + functions.replace("capture_", "full_") + "$'"); // as if one had found too much
    }

    /** The table has the rows of its definition, each as often. */
    void assertEqualsDefinition(ViewName view) {
        String definition = "olap_sync.definition_" + id(view);
        String should = "SELECT t::text AS row FROM " + definition + " t"; // as text: json has no equality
        String is = "SELECT t::text AS row FROM " + view.sql() + " t";
        assertThat(db.rows("SELECT '+', row FROM (" + should + " EXCEPT ALL " + is
                        + ") m UNION ALL SELECT '-', row FROM (" + is + " EXCEPT ALL " + should + ") s"))
                .as("%s against its definition", view)
                .isEmpty();
    }

    @Override
    public void close() throws Exception {
        fixture.close();
    }
}
