package io.olapsync.examples.star;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;

class StarSchemaTest extends StarTest {

    @Test
    void creates_twelve_relations_and_drops_them_all() throws SQLException {
        assertThat(StarSchema.exists(connection)).isFalse();

        StarSchema.create(connection);

        assertThat(StarSchema.exists(connection)).isTrue();
        assertThat(database.queryForLong("SELECT count(*) FROM pg_matviews WHERE schemaname = 'public'"))
                .isEqualTo(6);
        StarSchema.drop(connection);
        assertThat(StarSchema.exists(connection)).isFalse();
        assertThat(database.queryForLong("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"))
                .isZero();
        StarSchema.drop(connection);
    }

    @Test
    void creating_twice_is_refused_and_keeps_the_data() throws SQLException {
        createAndLoad(50);

        assertThatThrownBy(() -> StarSchema.create(connection))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("here already")
                .hasMessageContaining("public.cases");

        assertThat(database.queryForLong("SELECT count(*) FROM stakeholders")).isEqualTo(50);
    }

    @Test
    void a_table_of_the_host_is_neither_overwritten_nor_dropped() {
        database.execute("CREATE TABLE public.assets (a int)");

        assertThatThrownBy(() -> StarSchema.create(connection))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("not the example's own: public.assets;");
        assertThatThrownBy(() -> StarSchema.drop(connection))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("not the example's own: public.assets;");

        assertThat(database.rows("SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace"))
                .isEqualTo(List.of(List.of("assets")));
    }

    @Test
    void a_connection_in_a_transaction_is_refused() throws SQLException {
        connection.setAutoCommit(false);

        assertThatThrownBy(() -> StarSchema.create(connection))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("auto-commit");
    }

    @Test
    void every_view_has_a_unique_index_without_nulls_and_facts_read_all_dimensions() throws SQLException {
        createAndLoad(500);
        populate();

        for (String view : StarSchema.VIEWS) {
            assertThat(database.queryForLong(
                            "SELECT count(*) FROM pg_index WHERE indrelid = ?::regclass"
                                    + " AND indisunique AND indpred IS NULL AND indexprs IS NULL",
                            view))
                    .as(view)
                    .isEqualTo(1);
            assertThat(database.queryForLong("SELECT count(*) FROM public." + view + " v WHERE NOT v IS NOT NULL"))
                    .as("rows of %s with a NULL", view)
                    .isZero();
        }
        for (String fact : StarSchema.FACTS) {
            assertThat(database.queryForLong(
                            "SELECT count(DISTINCT d.refobjid) FROM pg_rewrite r"
                                    + " JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid"
                                    + " JOIN pg_class c ON c.oid = d.refobjid AND c.relname LIKE 'dim%'"
                                    + " WHERE r.ev_class = ?::regclass",
                            fact))
                    .as(fact)
                    .isEqualTo(4);
        }
    }

    @Test
    void a_refresh_under_the_narrowest_search_path_works() throws SQLException {
        createAndLoad(100);
        StarSchema.execute(connection, "SET search_path = pg_catalog, pg_temp");

        for (String view : StarSchema.VIEWS) {
            StarSchema.execute(connection, "REFRESH MATERIALIZED VIEW public." + view);
        }
        refreshTogether(connection);

        assertThat(StarInvariant.ofViews(connection)).isEqualTo(StarInvariant.ofTables(connection));
    }
}
