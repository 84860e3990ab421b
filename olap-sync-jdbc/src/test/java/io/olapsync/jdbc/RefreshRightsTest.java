package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whose rights a refresh needs, and whose names it sees; both changed with PostgreSQL 17. */
class RefreshRightsTest {

    private final Fixture fixture = Fixture.create();
    private final TestRole role = new TestRole(fixture.db);

    @AfterEach
    void close() throws Exception {
        role.close();
        fixture.close();
    }

    private Fixture asRole() {
        fixture.db.execute(
                "GRANT USAGE ON SCHEMA olap_sync TO " + role.quoted(),
                "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA olap_sync TO " + role.quoted());
        return fixture.with(role.dataSource(), fixture.settings.withVacuum(VacuumPolicy.off()));
    }

    private boolean since17() {
        return fixture.db.server().major() >= 17;
    }

    @Test
    void role_that_may_maintain_a_view_and_not_read_it_populates_and_refreshes_it() {
        assumeTrue(since17(), "MAINTAIN came with 17");
        ViewName view = fixture.view("mv");
        fixture.db.execute("REFRESH MATERIALIZED VIEW mv WITH NO DATA", "GRANT MAINTAIN ON mv TO " + role.quoted());
        Fixture maintainer = asRole();

        assertThat(maintainer.refresh(view).rows())
                .as("counted as they were written")
                .isEqualTo(10);

        fixture.db.execute("INSERT INTO t VALUES (11, 0)");
        ViewRefresh refreshed = maintainer.refresh(view);
        assertThat(refreshed.delta()).isEqualTo(Optional.of(new RowDelta(1, 0, 0)));
        assertThat(refreshed.rows()).as("those of the last time and the delta").isEqualTo(11);

        fixture.db.execute("REFRESH MATERIALIZED VIEW mv", "ANALYZE mv");
        assertThat(maintainer.refresh(view).rows())
                .as("as the server estimates")
                .isEqualTo(11);
    }

    @Test
    void member_of_the_owner_refreshes_the_view() {
        ViewName view = fixture.view("mv");
        try (TestRole owner = new TestRole(fixture.db)) {
            fixture.db.execute(
                    "GRANT SELECT ON t TO " + owner.quoted(), "ALTER MATERIALIZED VIEW mv OWNER TO " + owner.quoted());
            Fixture member = asRole();
            RefreshException refused = member.failureOf(member.request(view));
            assertThat(refused.sqlState()).contains("42501");

            fixture.db.execute("GRANT " + owner.quoted() + " TO " + role.quoted());

            assertThat(member.refresh(view).rows()).isEqualTo(10);
        }
    }

    @Test
    void function_that_finds_its_names_by_the_callers_path_fails_for_good_since_17_and_works_once_it_has_its_own() {
        fixture.db.execute("CREATE FUNCTION total() RETURNS bigint LANGUAGE plpgsql AS"
                + " $$ BEGIN RETURN (SELECT sum(b) FROM t); END $$");
        ViewName view = since17() ? unpopulated() : fixture.view("mv", "SELECT a, total() AS b FROM t");
        if (since17()) {
            RefreshException failure = fixture.failureOf(fixture.request(view));

            assertThat(failure.kind()).isEqualTo(Kind.PERMANENT);
            assertThat(failure.sqlState()).contains("42P01");

            fixture.db.execute("ALTER FUNCTION total() SET search_path = public, pg_temp");
        }
        assertThat(fixture.refresh(view).rows()).isEqualTo(10);
    }

    /** Since 17 not even its creation would find the table. */
    private ViewName unpopulated() {
        fixture.db.execute(
                "CREATE MATERIALIZED VIEW mv AS SELECT a, total() AS b FROM t WITH NO DATA",
                "CREATE UNIQUE INDEX ON mv (a)");
        return Fixture.MV;
    }
}
