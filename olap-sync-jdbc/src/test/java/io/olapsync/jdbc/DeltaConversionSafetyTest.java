package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.LINES;
import static io.olapsync.jdbc.DeltaFixture.LINES_SPEC;
import static io.olapsync.jdbc.DeltaFixture.TOTALS;
import static io.olapsync.jdbc.DeltaFixture.TOTALS_SPEC;
import static io.olapsync.jdbc.DeltaFixture.how;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.olapsync.InvalidPlanException;
import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A conversion is done, or nothing is: whoever stands in the way, whatever cannot be carried over, whoever does it. */
@Timeout(120)
@Tag("one-major")
class DeltaConversionSafetyTest {

    private static final Map<ViewName, DeltaSpec> BOTH = Map.of(LINES, LINES_SPEC, TOTALS, TOTALS_SPEC);

    private final DeltaFixture deltas = new DeltaFixture();

    @AfterEach
    void close() throws Exception {
        deltas.close();
    }

    private List<String> picture() {
        return DeltaPicture.of(deltas.db, true, "public", "olap_sync");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CREATE TABLE holder (line order_lines) | column line of table public.holder",
                "CREATE TABLE holder (lines order_lines[]) | column lines of table public.holder",
                "CREATE FUNCTION lines() RETURNS SETOF order_lines LANGUAGE sql AS 'SELECT * FROM order_lines' | function public.lines()",
                "CREATE FUNCTION of_line(l order_lines) RETURNS int LANGUAGE sql AS 'SELECT 1' | function public.of_line(public.order_lines)",
                "CREATE VIEW rows AS SELECT l FROM order_lines l | view public.rows",
                "INSERT INTO pg_seclabel SELECT 'order_lines'::regclass, 'pg_class'::regclass, 0, 'selinux', 'secret' | security label of selinux"
            })
    void what_cannot_be_carried_over_is_refused_by_its_name(String obstacle, String named) throws Exception {
        deltas.db.execute("SET LOCAL search_path = public; " + obstacle);
        List<String> before = picture();

        InvalidPlanException refused =
                catchThrowableOfType(InvalidPlanException.class, () -> deltas.deltas.convert(BOTH));

        assertThat(refused).hasMessageContaining(named).hasMessageContaining("\"order_lines\"");
        assertThat(picture()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"SELECT count(*) FROM order_lines", "UPDATE orders SET amount = 1 WHERE id = 1"})
    void somebody_in_the_way_ends_it_after_the_lock_timeout_and_nothing_has_changed(String inTheWay) throws Exception {
        List<String> before = picture();
        try (Connection other = deltas.db.connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute(inTheWay);

            RefreshException failed = catchThrowableOfType(
                    RefreshException.class,
                    () -> deltas.deltas.withLockTimeout(Duration.ofMillis(100)).convert(BOTH));

            assertThat(failed.sqlState()).contains("55P03");
            assertThat(failed.kind()).isEqualTo(RefreshException.Kind.CONTENDED);
            other.rollback();
        }
        assertThat(picture()).isEqualTo(before);
        deltas.convert(BOTH);
        deltas.refresh(LINES);
        deltas.assertEqualsDefinition(LINES);
    }

    @Test
    void a_refresh_that_is_under_way_is_in_the_way_too() throws Exception {
        try (RefreshLock lock = deltas.fixture.locks.tryAcquire(Set.of(LINES)).orElseThrow()) {
            RefreshException failed = catchThrowableOfType(
                    RefreshException.class,
                    () -> deltas.deltas.withLockTimeout(Duration.ofMillis(100)).convert(BOTH));

            assertThat(failed.sqlState()).contains("55P03");
            assertThat(lock.isHeld()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_backend_that_is_killed_in_the_middle_leaves_nothing(boolean converts) throws Exception {
        if (!converts) {
            deltas.convert(BOTH);
        }
        List<String> before = picture();
        try (Connection other = deltas.db.connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute(converts ? "UPDATE orders SET amount = 1 WHERE id = 1" : "SELECT count(*) FROM totals");
            Future<Boolean> running = deltas.fixture.async(() -> {
                if (converts) {
                    deltas.deltas.withLockTimeout(Duration.ofMinutes(1)).convert(BOTH);
                } else {
                    deltas.deltas.withLockTimeout(Duration.ofMinutes(1)).revert(BOTH.keySet());
                }
                return true;
            });
            deltas.db.await("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND locktype = 'relation'"
                    + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))");
            deltas.db.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND locktype = 'relation'"
                            + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
            assertThat(Fixture.failure(running).kind()).isEqualTo(RefreshException.Kind.TRANSIENT);
            other.rollback();
        }
        deltas.db.await("SELECT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory'"
                + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))");
        assertThat(picture()).isEqualTo(before);
    }

    @Test
    void where_all_tables_are_published_a_delta_table_can_be_written_all_the_same() throws Exception {
        deltas.db.execute("CREATE PUBLICATION all_of_them FOR ALL TABLES");
        deltas.convert(BOTH);
        deltas.refresh(LINES);

        deltas.db.execute("UPDATE orders SET amount = 1 WHERE id = 1", "DELETE FROM orders WHERE id = 2");
        ViewRefresh refresh = deltas.refresh(LINES);

        assertThat(how(refresh).way()).isEqualTo(Way.KEYS);
        deltas.assertEqualsDefinition(LINES);
    }

    @Test
    void what_a_session_has_set_does_not_show_in_what_is_created() throws Exception {
        deltas.db.execute("ALTER DATABASE \"" + deltas.db.name() + "\" SET default_table_access_method = 'heap'");
        List<String> shown = deltas.deltas.conversion(BOTH);

        assertThat(shown.subList(0, 3))
                .containsExactly(
                        "SET LOCAL search_path = pg_catalog, pg_temp",
                        "SET LOCAL default_tablespace = ''",
                        "SET LOCAL default_table_access_method = heap");
    }

    @Test
    void default_privileges_that_leave_the_owner_less_do_not_leave_the_library_less() throws Exception {
        try (TestRole role = new TestRole(deltas.db)) {
            deltas.db.execute("ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO " + role.quoted());
            deltas.convert(BOTH);

            assertThat(deltas.db.rows("SELECT has_table_privilege('" + role.name() + "', 'order_lines', 'SELECT'),"
                            + " has_table_privilege('order_lines', 'INSERT')"))
                    .containsExactly(List.of(false, true));
            deltas.db.execute("ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM " + role.quoted());
        }
    }

    @Test
    void a_view_declared_otherwise_is_declared_anew_and_looks_at_all_of_it_once() throws Exception {
        deltas.convert(BOTH);
        deltas.refresh(TOTALS);
        DeltaSpec otherwise = DeltaSpec.key("customer").whole("orders");

        deltas.convert(Map.of(TOTALS, otherwise));

        assertThat(how(deltas.refresh(TOTALS)).way()).isEqualTo(Way.FULL);
        assertThat(how(deltas.refresh(TOTALS)).way()).isEqualTo(Way.NOTHING);
        deltas.db.execute("UPDATE orders SET amount = 1 WHERE id = 1");
        assertThat(how(deltas.refresh(TOTALS)).way()).isEqualTo(Way.FULL);
        assertThat(deltas.deltas.conversion(Map.of(TOTALS, otherwise))).isEmpty();
        deltas.revert(TOTALS);
        deltas.fixture.refresh(TOTALS);
        deltas.db.execute("UPDATE orders SET amount = 2 WHERE id = 1");
        assertThat(deltas.db.queryForLong("SELECT count(*) FROM pg_trigger WHERE tgname ~ '^olap_sync_capture'"))
                .as("those of the other delta table remain: on orders and on customers")
                .isEqualTo(8);
    }

    /** A role that is nobody: it has the views and a schema of its own, and TRIGGER on the tables. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_role_that_is_no_superuser_converts_refreshes_and_reverts(boolean owns) throws Exception {
        try (TestRole role = new TestRole(deltas.db);
                TestRole owner = new TestRole(deltas.db)) {
            String r = role.quoted();
            String views = owns ? r : owner.quoted();
            deltas.db.execute(
                    "DROP SCHEMA olap_sync CASCADE",
                    "GRANT " + owner.quoted() + " TO " + r,
                    "GRANT CREATE ON DATABASE \"" + deltas.db.name() + "\" TO " + r,
                    "GRANT USAGE, CREATE ON SCHEMA public TO " + r + ", " + owner.quoted(),
                    "GRANT TRIGGER ON orders, customers TO " + r,
                    "GRANT SELECT ON orders, customers TO " + views + (owns ? "" : ", " + r),
                    "ALTER MATERIALIZED VIEW order_lines OWNER TO " + views,
                    "ALTER MATERIALIZED VIEW totals OWNER TO " + views,
                    "CREATE STATISTICS by_two ON order_id, amount FROM order_lines",
                    "ALTER STATISTICS by_two OWNER TO " + views);
            List<String> before = DeltaPicture.of(deltas.db, true, "public");
            Fixture asRole = deltas.fixture.with(role.dataSource(), PostgresSettings.defaults());
            PostgresDeltaTables tables = PostgresDeltaTables.of(role.dataSource());

            tables.convert(BOTH);
            assertThat(deltas.db.queryForString("SELECT tableowner FROM pg_tables WHERE tablename = 'order_lines'"))
                    .isEqualTo(owns ? role.name() : owner.name());
            assertThat(deltas.db.queryForBoolean(
                            "SELECT NOT has_schema_privilege('" + owner.name() + "', 'olap_sync', 'CREATE')"))
                    .isTrue();
            assertThat(new PostgresCatalog(role.dataSource()).inspect(BOTH.keySet()))
                    .isEmpty();
            asRole.refresh(DeltaFixture.request(SyncKind.FULL, LINES, TOTALS));
            deltas.db.execute("UPDATE customers SET name = 'x' WHERE id = 1");
            ViewRefresh refresh = asRole.refresh(DeltaFixture.request(SyncKind.INCREMENTAL, LINES))
                    .get(0);
            assertThat(how(refresh).way()).isEqualTo(Way.KEYS);
            deltas.assertEqualsDefinition(LINES);

            tables.revert(BOTH.keySet());
            assertThat(DeltaPicture.of(deltas.db, true, "public")).isEqualTo(before);
        }
    }

    @Test
    void where_another_converts_the_owner_refreshes_all_the_same() throws Exception {
        try (TestRole owner = new TestRole(deltas.db)) {
            deltas.db.execute(
                    "GRANT USAGE, CREATE ON SCHEMA public TO " + owner.quoted(),
                    "GRANT SELECT ON orders, customers TO " + owner.quoted(),
                    "GRANT USAGE ON SCHEMA olap_sync TO " + owner.quoted(),
                    "GRANT ALL ON ALL TABLES IN SCHEMA olap_sync TO " + owner.quoted(),
                    "GRANT ALL ON ALL SEQUENCES IN SCHEMA olap_sync TO " + owner.quoted(),
                    "ALTER MATERIALIZED VIEW order_lines OWNER TO " + owner.quoted(),
                    "ALTER MATERIALIZED VIEW totals OWNER TO " + owner.quoted());
            deltas.convert(BOTH);

            assertThat(new PostgresCatalog(owner.dataSource()).inspect(BOTH.keySet()))
                    .isEmpty();
            Fixture asOwner = deltas.fixture.with(owner.dataSource(), PostgresSettings.defaults());
            asOwner.refresh(DeltaFixture.request(SyncKind.FULL, LINES, TOTALS));
            deltas.db.execute("UPDATE customers SET name = 'x' WHERE id = 1");
            asOwner.refresh(DeltaFixture.request(SyncKind.INCREMENTAL, LINES, TOTALS));
            deltas.assertEqualsDefinition(LINES);
        }
    }
}
