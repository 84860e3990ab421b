package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.PendingInvalidation;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.jdbc.AutoSave;

/** What a commit leaves for the caches, and when. */
@Tag("one-major")
class RefreshInvalidationTest {

    private final Fixture fixture = Fixture.create();

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    @Test
    void unchanged_view_has_an_empty_delta_and_leaves_no_invalidation() throws Exception {
        ViewName view = fixture.view("mv");
        fixture.refresh(view);
        fixture.states.invalidated(fixture.states.pendingInvalidations(List.of(view)));

        ViewRefresh refresh = fixture.refresh(view);

        assertThat(refresh.delta()).contains(RowDelta.NONE);
        assertThat(refresh.mayHaveChanged()).isFalse();
        assertThat(fixture.states.pendingInvalidations(List.of(view))).isEmpty();
    }

    @Test
    void changed_view_leaves_an_invalidation_until_it_is_forgotten() throws Exception {
        ViewName view = fixture.view("mv");
        fixture.refresh(view);
        fixture.db.execute("UPDATE t SET b = 1 WHERE a = 1");
        fixture.refresh(view);

        List<PendingInvalidation> pending = fixture.states.pendingInvalidations(List.of(view));

        assertThat(pending).hasSize(2).allMatch(p -> p.view().equals(view));
        fixture.states.invalidated(pending.subList(0, 1));
        assertThat(fixture.states.pendingInvalidations(List.of(view))).containsExactly(pending.get(1));
    }

    @Test
    void invalidations_are_left_only_where_they_are_asked_for() throws Exception {
        ViewName view = fixture.view("mv");
        RefreshRequest asked = fixture.request(view);

        fixture.refresh(new RefreshRequest(
                asked.run(), asked.kind(), asked.views(), asked.timeout(), asked.fuses(), false, asked.cancel()));

        assertThat(fixture.states.pendingInvalidations(List.of(view))).isEmpty();
    }

    @Test
    void change_made_by_a_host_without_a_cache_is_left_to_the_next_that_has_one() throws Exception {
        ViewName view = fixture.view("mv");
        fixture.refresh(view);
        fixture.states.invalidated(fixture.states.pendingInvalidations(List.of(view)));
        fixture.db.execute("UPDATE t SET b = 1 WHERE a = 1");
        RefreshRequest asked = fixture.request(view);
        RefreshRequest withoutCache = new RefreshRequest(
                asked.run(), asked.kind(), asked.views(), asked.timeout(), asked.fuses(), false, asked.cancel());
        fixture.refresh(withoutCache);
        fixture.refresh(withoutCache);

        assertThat(fixture.refresh(view).delta()).contains(RowDelta.NONE);

        List<PendingInvalidation> pending = fixture.states.pendingInvalidations(List.of(view));
        assertThat(pending).hasSize(1);
        fixture.states.invalidated(pending);
        fixture.refresh(view);
        assertThat(fixture.states.pendingInvalidations(List.of(view))).isEmpty();
    }

    @Test
    void read_only_default_of_the_host_does_not_stop_an_invalidation_from_being_forgotten() throws Exception {
        ViewName view = fixture.view("mv");
        fixture.db.execute("ALTER DATABASE " + fixture.db.name() + " SET default_transaction_read_only = on");
        fixture.refresh(view);

        fixture.states.invalidated(fixture.states.pendingInvalidations(List.of(view)));

        assertThat(fixture.states.pendingInvalidations(List.of(view))).isEmpty();
    }

    @Test
    void savepoints_of_the_driver_do_not_make_an_unchanged_view_look_changed() throws Exception {
        ViewName view = fixture.view("mv");
        PGSimpleDataSource savepoints = new PGSimpleDataSource();
        savepoints.setUrl(fixture.db.jdbcUrl());
        savepoints.setAutosave(AutoSave.ALWAYS);
        Fixture host = fixture.with(savepoints, fixture.settings);
        host.refresh(view);
        host.states.invalidated(host.states.pendingInvalidations(List.of(view)));

        host.refresh(view);

        assertThat(host.states.pendingInvalidations(List.of(view))).isEmpty();
    }
}
