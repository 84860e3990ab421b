package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.Fuse;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The fuse, which rolls a refresh back that changes more than is believed. */
class RefreshFuseTest {

    private final Fixture fixture = Fixture.create();

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    @Test
    void fuse_rolls_back_what_changes_too_much() throws Exception {
        ViewName view = fixture.view("mv");
        fixture.refresh(view);
        ViewState before = fixture.states.read(List.of(view)).get(view);
        fixture.db.execute("UPDATE t SET b = 9 WHERE a <= 6");

        RefreshException failure = fixture.failureOf(fixture.request(Fuse.ofChangedShare(0.5), view));

        assertThat(failure.kind()).isEqualTo(Kind.PERMANENT);
        assertThat(failure).hasMessageContaining("6 of its 10 rows (60.0 %)").hasMessageContaining("50.0 %");
        assertThat(failure.view()).contains(view);
        assertThat(fixture.db.queryForLong("SELECT count(*) FROM mv WHERE b = 9"))
                .isZero();
        assertThat(fixture.states.read(List.of(view)).get(view).asOf()).isEqualTo(before.asOf());
        assertThat(fixture.refresh(fixture.request(Fuse.ofChangedShare(0.6), view))
                        .get(0)
                        .delta())
                .contains(new RowDelta(6, 0, 6));
        fixture.assertNothingLeft();
    }

    @Test
    void fuse_keeps_a_view_from_becoming_empty_unless_it_may() {
        ViewName view = fixture.view("mv");
        fixture.refresh(view);
        fixture.db.execute("TRUNCATE t");

        RefreshException failure = fixture.failureOf(fixture.request(new Fuse(10, false), view));

        assertThat(failure.kind()).isEqualTo(Kind.PERMANENT);
        assertThat(failure).hasMessageContaining("all of its 10 rows would vanish");
        assertThat(fixture.refresh(fixture.request(new Fuse(10, true), view))
                        .get(0)
                        .rows())
                .isZero();
    }

    @Test
    void fuse_does_not_stop_the_first_population() {
        fixture.db.execute(
                "CREATE MATERIALIZED VIEW mv AS SELECT a, b FROM t WITH NO DATA", "CREATE UNIQUE INDEX ON mv (a)");

        assertThat(fixture.refresh(fixture.request(Fuse.ofChangedShare(0.1), Fixture.MV))
                        .get(0)
                        .rows())
                .isEqualTo(10);
    }
}
