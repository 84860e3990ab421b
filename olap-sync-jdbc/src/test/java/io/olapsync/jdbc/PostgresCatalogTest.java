package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.Finding;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.PostgresServer;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class PostgresCatalogTest {

    private static final PostgresServer SERVER = TestServers.postgres();
    private static final ViewName V = ViewName.of("public", "v");

    private static final TestDatabase DATABASE = SERVER.newDatabase();
    private final PostgresCatalog catalog = new PostgresCatalog(DATABASE.pooledDataSource());

    @AfterEach
    void empty() {
        EmptyDatabase.reset(DATABASE);
    }

    @AfterAll
    static void drop() {
        DATABASE.close();
    }

    private List<Finding> inspect(ViewName... views) throws RefreshException {
        return catalog.inspect(new LinkedHashSet<>(List.of(views)));
    }

    private Finding only(ViewName view) throws RefreshException {
        List<Finding> findings = inspect(view);
        assertThat(findings).hasSize(1);
        assertThat(findings.get(0).isError()).isTrue();
        assertThat(findings.get(0).view()).isEqualTo(view);
        return findings.get(0);
    }

    private void createView(String columns) {
        DATABASE.execute("CREATE MATERIALIZED VIEW v AS SELECT " + columns + " FROM generate_series(1, 200) AS g(n)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mv_sales",
                "MV_Sales",
                "a view",
                "a \"quoted\".view",
                "사건_요약",
                "back\\slash",
                "it's {odd},NULL",
                "x23456789012345678901234567890123456789012345678901234567890123"
            })
    void finds_nothing_wrong_with_a_good_view_of_any_name(String name) throws RefreshException {
        ViewName view = ViewName.of("Schema of " + name.substring(0, 2), name);
        DATABASE.execute(
                "CREATE SCHEMA \"" + view.schema() + "\"",
                "CREATE MATERIALIZED VIEW " + view.sql() + " AS SELECT 1 AS id WITH NO DATA",
                "CREATE UNIQUE INDEX ON " + view.sql() + " (id)");
        assertThat(inspect(view)).isEmpty();
        assertThat(catalog.upstreams(Set.of(view))).isEqualTo(Map.of(view, Set.of()));
    }

    @Test
    void asks_one_query_for_any_number_of_good_views() throws Exception {
        Set<ViewName> views = new LinkedHashSet<>();
        StringBuilder ddl = new StringBuilder();
        for (int i = 0; i < 200; i++) {
            views.add(ViewName.of("public", "v" + i));
            ddl.append("CREATE MATERIALIZED VIEW v%1$d AS SELECT 1 AS id; CREATE UNIQUE INDEX ON v%1$d (id);"
                    .formatted(i));
        }
        DATABASE.execute(ddl.toString());
        CountingDataSource counting = new CountingDataSource(DATABASE.pooledDataSource());
        assertThat(new PostgresCatalog(counting.dataSource()).inspect(views)).isEmpty();
        assertThat(counting.prepared()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        "TABLE rel (id int), a table",
        "TABLE rel (id int) PARTITION BY RANGE (id), a partitioned table",
        "VIEW rel AS SELECT 1, a plain view",
        "SEQUENCE rel, a sequence",
        "TYPE rel AS (id int), a composite type"
    })
    void says_what_a_relation_is_that_is_not_a_materialized_view(String what, String kind) throws RefreshException {
        DATABASE.execute("CREATE " + what);
        Finding finding = only(ViewName.of("public", "rel"));
        assertThat(finding.code()).isEqualTo("not-a-materialized-view");
        assertThat(finding.problem()).contains("\"public\".\"rel\" is " + kind);
    }

    @ParameterizedTest
    @CsvSource({
        "public, mv_slaes, '\"public\".\"mv_sales\"'",
        "public, MV_SALES, '\"public\".\"mv_sales\"'",
        "sales, mv_sales, '\"public\".\"mv_sales\"'",
        "Public, mv_sales, '\"public\".\"mv_sales\"'",
        "public, by_month, '\"other\".\"By_Month\"'"
    })
    void proposes_the_view_that_was_meant(String schema, String name, String meant) throws RefreshException {
        DATABASE.execute(
                "CREATE SCHEMA other",
                "CREATE MATERIALIZED VIEW mv_sales AS SELECT 1",
                "CREATE MATERIALIZED VIEW other.\"By_Month\" AS SELECT 1");
        Finding finding = only(ViewName.of(schema, name));
        assertThat(finding.code()).isEqualTo("missing-view");
        assertThat(finding.remedy()).isEqualTo("did you mean " + meant + "?");
    }

    @Test
    void proposes_nothing_where_nothing_is_near() throws RefreshException {
        DATABASE.execute("CREATE MATERIALIZED VIEW mv_sales AS SELECT 1");
        Finding finding = only(ViewName.of("nowhere", "quite_another"));
        assertThat(finding.problem()).contains("there is no schema \"nowhere\"").contains(DATABASE.name());
        assertThat(finding.remedy()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "(a) WHERE a > 1 | has a WHERE clause | (\"a\") -- if that is unique in the whole view",
                "(lower(t), b) | is not on plain columns alone | (\"b\", \"t\")",
                "(b, a) INCLUDE (t) WHERE a > 1 | has a WHERE clause | (\"b\", \"a\") -- if"
            })
    void an_unusable_unique_index_is_explained_and_its_columns_proposed(String on, String reason, String proposal)
            throws RefreshException {
        createView("n AS a, n AS b, n::text AS t");
        DATABASE.execute("CREATE UNIQUE INDEX bad ON v " + on);
        Finding finding = only(V);
        assertThat(finding.code()).isEqualTo("no-unique-index");
        assertThat(finding.problem()).contains("\"bad\" " + reason);
        assertThat(finding.remedy()).startsWith("CREATE UNIQUE INDEX ON \"public\".\"v\" " + proposal);
        DATABASE.execute(finding.remedy());
        assertThat(inspect(V)).isEmpty();
    }

    @Test
    void an_invalid_index_is_to_be_dropped_first() throws RefreshException {
        createView("n % 100 AS a, n AS b");
        try {
            DATABASE.execute("CREATE UNIQUE INDEX CONCURRENTLY bad ON v (a)");
        } catch (IllegalStateException duplicates) {
            assertThat(duplicates).hasMessageContaining("23505");
        }
        Finding finding = only(V);
        assertThat(finding.problem()).contains("\"bad\" is invalid");
        assertThat(finding.remedy())
                .isEqualTo("DROP INDEX \"public\".\"bad\"; CREATE UNIQUE INDEX ON \"public\".\"v\" (\"a\")");
    }

    @Test
    void an_index_that_is_not_unique_is_none_and_the_statistics_propose_a_column() throws RefreshException {
        createView("1 AS one, n AS \"Case id\"");
        DATABASE.execute("CREATE INDEX ON v (one)", "ANALYZE v");
        Finding finding = only(V);
        assertThat(finding.problem()).doesNotContain(":");
        assertThat(finding.remedy()).startsWith("CREATE UNIQUE INDEX ON \"public\".\"v\" (\"Case id\") -- a guess");
        DATABASE.execute(finding.remedy());
        assertThat(inspect(V)).isEmpty();
    }

    @Test
    void without_any_hint_the_remedy_says_what_to_fill_in() throws RefreshException {
        createView("n AS a");
        assertThat(only(V).remedy())
                .isEqualTo(
                        "CREATE UNIQUE INDEX ON \"public\".\"v\" (<the columns that identify a row, none of them NULL>)");
    }

    /** What is called usable must be usable, and the other way round: the server is asked itself. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "UNIQUE INDEX ON v (a)",
                "UNIQUE INDEX ON v (a, t)",
                "UNIQUE INDEX ON v (a) INCLUDE (t)",
                "UNIQUE INDEX ON v (t DESC NULLS LAST)",
                "UNIQUE INDEX ON v (t COLLATE \"C\" text_pattern_ops)",
                "UNIQUE INDEX ON v (a) WHERE true",
                "UNIQUE INDEX ON v (a) WHERE a > 0",
                "UNIQUE INDEX ON v ((a + 1))",
                "UNIQUE INDEX ON v (a, (a + 1))",
                "INDEX ON v (a)"
            })
    void agrees_with_the_server_on_what_is_usable(String index) throws RefreshException {
        createView("n AS a, n::text AS t");
        DATABASE.execute("CREATE " + index);
        boolean refreshes = true;
        try {
            DATABASE.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY v");
        } catch (IllegalStateException refused) {
            assertThat(refused).hasMessageContaining("55000");
            refreshes = false;
        }
        assertThat(inspect(V).isEmpty()).as("no finding").isEqualTo(refreshes);
    }

    @Test
    void a_usable_index_beside_unusable_ones_is_enough() throws RefreshException {
        createView("n AS a");
        DATABASE.execute("CREATE UNIQUE INDEX ON v (a) WHERE a > 5", "CREATE UNIQUE INDEX ON v (a)");
        assertThat(inspect(V)).isEmpty();
    }

    @Test
    void a_role_that_may_not_refresh_is_told_the_grant_and_it_helps() throws RefreshException {
        createView("n AS a");
        DATABASE.execute("CREATE UNIQUE INDEX ON v (a)");
        try (TestRole owner = new TestRole(DATABASE);
                TestRole role = new TestRole(DATABASE)) {
            PostgresCatalog asRole = new PostgresCatalog(role.dataSource());
            DATABASE.execute("ALTER MATERIALIZED VIEW v OWNER TO " + owner.quoted());
            Finding finding = asRole.inspect(Set.of(V)).get(0);
            assertThat(finding.code()).isEqualTo("no-privilege");
            assertThat(finding.problem()).contains(role.quoted()).contains("belongs to " + owner.quoted());
            assertThat(finding.remedy())
                    .isEqualTo(
                            SERVER.major() >= 17
                                    ? "GRANT MAINTAIN ON \"public\".\"v\" TO " + role.quoted()
                                    : "GRANT " + owner.quoted() + " TO " + role.quoted()
                                            + " -- or: ALTER MATERIALIZED VIEW \"public\".\"v\" OWNER TO "
                                            + role.quoted());
            assertThat(refreshes(role.dataSource())).isFalse();
            DATABASE.execute(finding.remedy());
            assertThat(asRole.inspect(Set.of(V))).isEmpty();
            assertThat(refreshes(role.dataSource())).isTrue();
        }
    }

    @Test
    void nobody_is_told_to_become_a_superuser() throws RefreshException {
        createView("n AS a");
        DATABASE.execute("CREATE UNIQUE INDEX ON v (a)");
        try (TestRole role = new TestRole(DATABASE)) {
            String remedy = new PostgresCatalog(role.dataSource())
                    .inspect(Set.of(V))
                    .get(0)
                    .remedy();
            assertThat(remedy)
                    .isEqualTo(
                            SERVER.major() >= 17
                                    ? "GRANT MAINTAIN ON \"public\".\"v\" TO " + role.quoted()
                                    : "ALTER MATERIALIZED VIEW \"public\".\"v\" OWNER TO " + role.quoted());
            DATABASE.execute("ALTER MATERIALIZED VIEW v OWNER TO " + role.quoted());
        }
    }

    @Test
    void a_schema_that_may_not_be_used_is_a_finding_too() throws RefreshException {
        try (TestRole role = new TestRole(DATABASE)) {
            DATABASE.execute(
                    "CREATE SCHEMA closed",
                    "CREATE MATERIALIZED VIEW closed.v AS SELECT 1 AS id",
                    "CREATE UNIQUE INDEX ON closed.v (id)",
                    "GRANT CREATE, USAGE ON SCHEMA closed TO " + role.quoted(),
                    "ALTER MATERIALIZED VIEW closed.v OWNER TO " + role.quoted(),
                    "REVOKE ALL ON SCHEMA closed FROM " + role.quoted());
            ViewName view = ViewName.of("closed", "v");
            PostgresCatalog asRole = new PostgresCatalog(role.dataSource());
            List<Finding> findings = asRole.inspect(Set.of(view));
            assertThat(findings)
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.remedy())
                            .isEqualTo("GRANT USAGE ON SCHEMA \"closed\" TO " + role.quoted()));
            DATABASE.execute(findings.get(0).remedy());
            assertThat(asRole.inspect(Set.of(view))).isEmpty();
        }
    }

    @Test
    void findings_come_in_the_order_of_the_views() throws RefreshException {
        createView("n AS a");
        ViewName a = ViewName.of("public", "zzz");
        ViewName b = ViewName.of("public", "aaa");
        assertThat(inspect(a, V, b)).extracting(Finding::view).containsExactly(a, V, b);
        assertThat(inspect()).isEmpty();
    }

    private static boolean refreshes(DataSource dataSource) {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY v");
            return true;
        } catch (SQLException e) {
            assertThat(e.getSQLState()).isEqualTo("42501");
            return false;
        }
    }
}
