package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.how;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A definition that gives other rows tomorrow, though nobody changes anything. */
@Tag("one-major")
class DeltaAgingTest {

    private static final ViewName DUE = ViewName.parse("due");
    private static final DeltaSpec SPEC = DeltaSpec.key("id").source("orders", "id");

    private final DeltaFixture deltas = new DeltaFixture();

    @BeforeEach
    void create() {
        deltas.db.execute(
                "CREATE MATERIALIZED VIEW due AS SELECT id, amount, date '2000-01-01' + id < current_date AS late FROM orders",
                "CREATE UNIQUE INDEX ON due (id)");
    }

    @AfterEach
    void close() throws Exception {
        deltas.close();
    }

    /** As if these had been computed when they were not late yet. */
    private void yesterday(DeltaSpec spec, String rows) {
        deltas.convert(Map.of(DUE, spec));
        deltas.refresh(DUE);
        deltas.db.execute(
                "SET LOCAL session_replication_role = replica; UPDATE due SET late = false WHERE id IN " + rows);
    }

    @Test
    void a_refresh_by_what_has_changed_does_not_see_the_time_and_a_full_sync_does_and_says_so() throws Exception {
        yesterday(SPEC, "(1, 2, 3)");
        deltas.db.execute("UPDATE orders SET amount = 0 WHERE id = 3");

        DeltaRefresh incremental = how(deltas.refresh(DUE));
        ViewRefresh full = deltas.fullSync(DUE).get(0);

        assertThat(incremental.way()).isEqualTo(Way.KEYS);
        assertThat(how(full).reason()).isEqualTo("verification; its definition depends on the time");
        assertThat(how(full).drift()).as("which cannot be told from age").isZero();
        assertThat(full.delta()).contains(new RowDelta(0, 2, 0));
        deltas.assertEqualsDefinition(DUE);
    }

    @Test
    void only_what_is_declared_to_age_may_differ_from_what_it_was() throws Exception {
        yesterday(SPEC.aging("id <= 2"), "(1, 2, 3)");

        assertThat(PostgresVerifier.of(deltas.fixture.dataSource).verify(DUE))
                .satisfies(found -> assertThat(found.different()).isEqualTo(3))
                .satisfies(found -> assertThat(found.pending()).isEqualTo(2));
        ViewRefresh full = deltas.fullSync(DUE).get(0);

        assertThat(how(full).reason()).isEqualTo("verification");
        assertThat(how(full).drift()).as("the third").isEqualTo(1);
        assertThat(full.delta()).contains(new RowDelta(0, 3, 0));
        deltas.assertEqualsDefinition(DUE);
    }
}
