package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.LINES;
import static io.olapsync.jdbc.DeltaFixture.TOTALS;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.PlannedView;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.Finding;
import io.olapsync.spi.RefreshFacts;
import io.olapsync.spi.ViewName;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Delta tables are views like others to whatever looks into the catalog. */
@Timeout(60)
class DeltaCatalogTest {

    private static final ViewName SUMMARY = ViewName.parse("summary");

    private final DeltaFixture deltas = DeltaFixture.begun("summed up", DeltaCatalogTest::convert);
    private final PostgresCatalog catalog = new PostgresCatalog(deltas.fixture.dataSource);

    private static void convert(DeltaFixture deltas) {
        deltas.db.execute(
                "CREATE VIEW plain_lines AS SELECT * FROM order_lines",
                "CREATE MATERIALIZED VIEW summary AS SELECT count(*) AS n FROM plain_lines",
                "CREATE UNIQUE INDEX summary_key ON summary (n)");
        deltas.convert(Map.of(LINES, DeltaFixture.LINES_SPEC, TOTALS, DeltaFixture.TOTALS_SPEC));
        deltas.refresh(LINES);
        deltas.refresh(TOTALS);
        deltas.fixture.refresh(SUMMARY);
    }

    @AfterEach
    void close() throws Exception {
        deltas.close();
    }

    @Test
    void nothing_is_wrong_with_delta_tables_and_a_plain_table_is_none() throws Exception {
        assertThat(catalog.inspect(Set.of(LINES, TOTALS, SUMMARY))).isEmpty();
        assertThat(catalog.inspect(Set.of(ViewName.parse("orders"))))
                .extracting(Finding::code)
                .containsExactly("not-a-materialized-view");
    }

    @Test
    void what_a_refresh_needs_is_told_with_the_grants_that_give_it() throws Exception {
        try (TestRole role = new TestRole(deltas.db)) {
            PostgresCatalog asRole = new PostgresCatalog(role.dataSource());
            deltas.db.execute("REVOKE USAGE ON SCHEMA public FROM PUBLIC");

            List<Finding> findings = asRole.inspect(Set.of(LINES));

            assertThat(findings).extracting(Finding::code).containsExactly("no-privilege");
            assertThat(findings.get(0).remedy())
                    .contains("USAGE ON SCHEMA \"public\"")
                    .contains("definition_")
                    .contains("keys_")
                    .contains("GRANT SELECT, DELETE ON olap_sync.changes_")
                    .contains("pending_");
            deltas.db.execute(findings.get(0).remedy());
            assertThat(asRole.inspect(Set.of(LINES))).isEmpty();
            for (String privilege : List.of("SELECT", "INSERT", "UPDATE", "DELETE")) {
                deltas.db.execute("REVOKE " + privilege + " ON order_lines FROM " + role.quoted());
                assertThat(asRole.inspect(Set.of(LINES)))
                        .as(privilege)
                        .extracting(Finding::remedy)
                        .anyMatch(remedy -> remedy.contains("ON public.order_lines TO"));
                deltas.db.execute("GRANT " + privilege + " ON order_lines TO " + role.quoted());
            }
        }
    }

    @Test
    void a_delta_table_without_a_unique_index_or_without_its_definition_cannot_be_refreshed() throws Exception {
        deltas.db.execute("DROP INDEX totals_key", "DROP VIEW olap_sync.definition_" + deltas.id(LINES));

        assertThat(catalog.inspect(Set.of(TOTALS, LINES)))
                .extracting(finding -> finding.code() + " " + finding.view())
                .containsExactlyInAnyOrder("no-unique-index totals", "delta-table-damaged order_lines");
        Finding noIndex = catalog.inspect(Set.of(TOTALS)).get(0);
        assertThat(noIndex.problem()).doesNotContain("CONCURRENTLY");
        assertThat(noIndex.remedy()).startsWith("CREATE UNIQUE INDEX ON \"public\".\"totals\"");
    }

    @Test
    void a_name_that_is_almost_that_of_a_delta_table_is_taken_for_it() throws Exception {
        assertThat(catalog.inspect(Set.of(ViewName.parse("order_linse"))).get(0).remedy())
                .contains("\"order_lines\"");
    }

    @Test
    void what_is_read_is_found_from_its_definition_and_it_is_found_where_it_is_read() throws Exception {
        ViewName over = ViewName.parse("big_lines");
        deltas.db.execute(
                "CREATE MATERIALIZED VIEW big_lines AS SELECT order_id, amount FROM plain_lines WHERE amount > 10",
                "CREATE UNIQUE INDEX ON big_lines (order_id)");
        deltas.convert(Map.of(over, DeltaSpec.key("order_id").source("order_lines", "order_id")));

        assertThat(catalog.upstreams(Set.of(LINES, TOTALS, SUMMARY, over)))
                .isEqualTo(Map.of(
                        LINES, Set.of(),
                        TOTALS, Set.of(),
                        SUMMARY, Set.of(LINES),
                        over, Set.of(LINES)));
        assertThat(PostgresPlans.discover(deltas.fixture.dataSource, "public").views())
                .extracting(PlannedView::name)
                .containsExactlyInAnyOrder(LINES, TOTALS, SUMMARY, over);
        assertThat(PostgresPlans.discover(deltas.fixture.dataSource, "public")
                        .view(over)
                        .upstreams())
                .containsExactly(LINES);
    }

    @Test
    void where_the_tables_of_the_library_are_out_of_reach_the_catalog_still_knows_a_delta_table() throws Exception {
        try (TestRole role = new TestRole(deltas.db)) {
            deltas.db.execute("GRANT USAGE ON SCHEMA public TO " + role.quoted());
            PostgresCatalog asRole = new PostgresCatalog(role.dataSource());

            assertThat(asRole.upstreams(Set.of(SUMMARY))).isEqualTo(Map.of(SUMMARY, Set.of(LINES)));
        }
    }

    @Test
    void nothing_has_changed_exactly_where_no_row_that_it_reads_has() throws Exception {
        deltas.db.execute("CREATE TABLE elsewhere (a int)");
        assertThat(nothingChanged(LINES)).isTrue();

        deltas.db.execute("INSERT INTO elsewhere VALUES (1)"); // which stops the question for a materialized view
        assertThat(nothingChanged(LINES)).isTrue();
        assertThat(nothingChanged(SUMMARY)).isFalse();

        deltas.db.execute("UPDATE customers SET name = 'x' WHERE id = 1");
        assertThat(nothingChanged(LINES)).isFalse();
        assertThat(nothingChanged(TOTALS)).as("reads no customers").isTrue();
        deltas.refresh(LINES);
        assertThat(nothingChanged(LINES)).isTrue();
    }

    @Test
    void where_a_change_could_have_been_missed_something_may_have_changed() throws Exception {
        deltas.db.execute(
                "ALTER TABLE orders DISABLE TRIGGER USER",
                "UPDATE orders SET amount = 0 WHERE id = 1",
                "ALTER TABLE orders ENABLE TRIGGER USER");

        assertThat(nothingChanged(LINES)).isFalse();
    }

    @Test
    void a_definition_that_depends_on_the_time_has_always_changed() throws Exception {
        ViewName recent = ViewName.parse("recent");
        deltas.db.execute(
                "CREATE MATERIALIZED VIEW recent AS SELECT id, amount FROM orders WHERE now() IS NOT NULL",
                "CREATE UNIQUE INDEX ON recent (id)");
        deltas.convert(Map.of(recent, DeltaSpec.key("id").source("orders", "id")));
        deltas.refresh(recent);

        assertThat(nothingChanged(recent)).isFalse();
    }

    @Test
    void a_materialized_view_over_a_delta_table_is_behind_as_soon_as_that_changed() throws Exception {
        quiet();
        deltas.fixture.refresh(SUMMARY);
        boolean before = nothingChanged(SUMMARY);
        assertThat(deltas.fixture.<Boolean>fact(SUMMARY, facts -> facts.showsLatest(Set.of(LINES))))
                .isTrue();

        deltas.db.execute("DELETE FROM orders WHERE id = 9");
        deltas.fixture.refresh(SUMMARY); // from here on only refreshes of ours write
        deltas.refresh(LINES);

        assertThat(before).isTrue();
        assertThat(deltas.fixture.<Boolean>fact(SUMMARY, facts -> facts.showsLatest(Set.of(LINES))))
                .isFalse();
        assertThat(nothingChanged(SUMMARY)).isFalse();
    }

    @Test
    void a_refresh_of_a_delta_table_alone_is_no_unknown_writer() throws Exception {
        quiet();
        deltas.fixture.refresh(SUMMARY);

        deltas.refresh(LINES); // nothing to do, but a transaction

        assertThat(nothingChanged(SUMMARY)).isTrue();
        deltas.db.execute("GRANT SELECT ON order_lines TO PUBLIC"); // writes its row in the catalog, not its rows
        assertThat(deltas.fixture.<Boolean>fact(SUMMARY, facts -> facts.showsLatest(Set.of(LINES))))
                .isTrue();
    }

    /** What others do on the server would be an unknown writer. */
    private void quiet() {
        deltas.db.execute("ALTER TABLE order_lines SET (autovacuum_enabled = off)");
        deltas.refresh(LINES);
    }

    private boolean nothingChanged(ViewName view) {
        return deltas.fixture.<Boolean>fact(view, facts -> changedNothing(facts));
    }

    private static boolean changedNothing(RefreshFacts facts) throws io.olapsync.spi.RefreshException {
        return facts.nothingChanged(Set.of());
    }
}
