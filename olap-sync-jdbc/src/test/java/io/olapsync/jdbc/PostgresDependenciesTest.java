package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.PlannedView;
import io.olapsync.SyncPlan;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PostgresDependenciesTest {

    private static final TestDatabase DATABASE = TestServers.postgres().newDatabase();
    private final PostgresCatalog catalog = new PostgresCatalog(DATABASE.pooledDataSource());

    @AfterEach
    void empty() {
        EmptyDatabase.reset(DATABASE);
    }

    @AfterAll
    static void drop() {
        DATABASE.close();
    }

    private static ViewName name(String text) {
        return ViewName.parse(text);
    }

    private static Set<ViewName> names(String... texts) {
        return Stream.of(texts).map(ViewName::parse).collect(Collectors.toSet());
    }

    private Map<ViewName, Set<ViewName>> upstreams(String... views) throws RefreshException {
        return catalog.upstreams(names(views));
    }

    @Test
    void follows_plain_views_across_schemas_up_to_the_first_materialized_view() throws RefreshException {
        DATABASE.execute(
                "CREATE SCHEMA \"차원\"",
                "CREATE TABLE t (id int)",
                "CREATE MATERIALIZED VIEW base AS SELECT id FROM t",
                "CREATE MATERIALIZED VIEW \"차원\".\"Dim Org\" AS SELECT id FROM base",
                "CREATE VIEW \"차원\".plain AS SELECT * FROM \"차원\".\"Dim Org\"",
                "CREATE VIEW plainer AS SELECT p.id FROM \"차원\".plain p JOIN t USING (id)",
                "CREATE MATERIALIZED VIEW fact AS SELECT a.id FROM plainer a JOIN plainer b USING (id)");
        assertThat(upstreams("fact", "차원.Dim Org", "base"))
                .isEqualTo(Map.of(
                        name("fact"), names("차원.Dim Org"),
                        name("차원.Dim Org"), names("base"),
                        name("base"), Set.of()));
    }

    @Test
    void sees_every_place_of_a_query_where_a_view_can_be_read() throws RefreshException {
        DATABASE.execute(Stream.of("a", "b", "c", "d", "e", "f", "g")
                .map("CREATE MATERIALIZED VIEW %s AS SELECT 1 AS id, 2 AS n"::formatted)
                .toArray(String[]::new));
        DATABASE.execute("""
                CREATE MATERIALIZED VIEW fact AS
                WITH x AS (SELECT id FROM a)
                SELECT x.id, (SELECT max(n) FROM b) AS top
                  FROM x LEFT JOIN LATERAL (SELECT 1 FROM c WHERE c.id = x.id) l ON true
                 WHERE EXISTS (SELECT FROM d) AND x.id IN (SELECT id FROM e)
                 UNION ALL SELECT count(*), (SELECT count(*) FROM f) FROM (TABLE g) s
                """);
        assertThat(upstreams("fact")).isEqualTo(Map.of(name("fact"), names("a", "b", "c", "d", "e", "f", "g")));
    }

    @Test
    void follows_functions_with_a_parsed_body_and_no_others() throws RefreshException {
        DATABASE.execute(
                "CREATE MATERIALIZED VIEW seen AS SELECT 1 AS id",
                "CREATE MATERIALIZED VIEW unseen AS SELECT 1 AS id",
                "CREATE VIEW plain AS SELECT * FROM seen",
                "CREATE FUNCTION parsed() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM plain; END",
                "CREATE FUNCTION text() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.unseen'",
                "CREATE MATERIALIZED VIEW fact AS SELECT parsed() AS a, text() AS b");
        assertThat(upstreams("fact")).isEqualTo(Map.of(name("fact"), names("seen")));
    }

    @Test
    void a_function_that_calls_itself_ends_the_walk() throws RefreshException {
        DATABASE.execute(
                "CREATE MATERIALIZED VIEW dim AS SELECT 1 AS id",
                "CREATE FUNCTION f(n int) RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT 1::bigint; END",
                """
                CREATE OR REPLACE FUNCTION f(n int) RETURNS bigint LANGUAGE sql
                BEGIN ATOMIC SELECT CASE WHEN n > 0 THEN f(n - 1) ELSE (SELECT count(*) FROM dim) END; END
                """,
                "CREATE MATERIALIZED VIEW fact AS SELECT f(1) AS n");
        assertThat(upstreams("fact")).isEqualTo(Map.of(name("fact"), names("dim")));
    }

    @Test
    void rules_that_write_are_not_reading() throws RefreshException {
        DATABASE.execute(
                "CREATE TABLE log (id int)",
                "CREATE MATERIALIZED VIEW other AS SELECT 1 AS id",
                "CREATE VIEW plain AS SELECT id FROM log",
                "CREATE RULE into_log AS ON INSERT TO plain DO INSTEAD INSERT INTO log SELECT id FROM other",
                "CREATE MATERIALIZED VIEW fact AS SELECT * FROM plain");
        assertThat(upstreams("fact")).isEqualTo(Map.of(name("fact"), Set.of()));
    }

    @Test
    void what_is_not_there_or_not_materialized_has_no_entry() throws RefreshException {
        DATABASE.execute("CREATE VIEW plain AS SELECT 1", "CREATE MATERIALIZED VIEW fact AS SELECT 1");
        assertThat(upstreams("fact", "plain", "missing", "nowhere.x")).containsOnlyKeys(name("fact"));
        assertThat(catalog.upstreams(Set.of())).isEmpty();
    }

    private void createTwoSchemas() throws RefreshException {
        PostgresSchema.of(DATABASE.pooledDataSource()).ensure();
        DATABASE.execute(
                "CREATE MATERIALIZED VIEW olap_sync.own AS SELECT 1",
                "CREATE SCHEMA sales",
                "CREATE SCHEMA shared",
                "CREATE MATERIALIZED VIEW shared.deep AS SELECT 1 AS id",
                "CREATE MATERIALIZED VIEW shared.dim AS SELECT * FROM shared.deep",
                "CREATE MATERIALIZED VIEW shared.unrelated AS SELECT 1 AS id",
                "CREATE MATERIALIZED VIEW sales.\"Fact\" AS SELECT * FROM shared.dim",
                "CREATE MATERIALIZED VIEW sales.by_month AS SELECT count(*) FROM sales.\"Fact\"");
    }

    @Test
    void discovers_a_plan_with_what_its_views_read_elsewhere() throws RefreshException {
        createTwoSchemas();
        SyncPlan plan = PostgresPlans.discover(DATABASE.pooledDataSource(), "sales");
        assertThat(plan.name()).isEqualTo("sales");
        assertThat(plan.views())
                .extracting(PlannedView::name)
                .containsExactly(name("shared.deep"), name("shared.dim"), name("sales.Fact"), name("sales.by_month"));
        assertThat(plan.view(name("sales.Fact")).upstreams()).isEqualTo(names("shared.dim"));
        assertThat(plan.view(name("sales.by_month")).upstreams()).isEqualTo(names("sales.Fact"));
        assertThat(plan.views().stream()
                        .filter(view -> view.tags().contains(PostgresPlans.OTHER_SCHEMA))
                        .map(PlannedView::name))
                .containsExactly(name("shared.deep"), name("shared.dim"));
        assertThat(PostgresPlans.discover("all", DATABASE.pooledDataSource(), "sales", "shared")
                        .views())
                .hasSize(5)
                .allMatch(view -> view.tags().isEmpty());
    }

    @Test
    void refuses_to_discover_nothing() throws RefreshException {
        createTwoSchemas();
        assertThatThrownBy(() -> PostgresPlans.discover(DATABASE.pooledDataSource(), "sales", "slaes"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the schema \"slaes\" has no materialized view; these have: \"sales\", \"shared\"");
        assertThatThrownBy(() -> PostgresPlans.discover(DATABASE.pooledDataSource()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at least one schema");
    }
}
