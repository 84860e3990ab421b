package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.LINES;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.ChangeFeed.Row;
import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.SyncKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Writers whose changes are told at some time after the commit, in any order and sometimes twice, while two processes refresh. */
@Timeout(120)
@Tag("one-major")
class FedDeltaChaosTest extends FedDeltaTables {

    private static final int ORDERS_AT_MOST = 600;

    @Test
    void every_table_equals_its_definition_whenever_its_changes_are_told() throws Exception {
        long seed = Long.getLong("olapsync.delta.seed", System.nanoTime() % 1_000_000);
        System.out.println("seed " + seed);
        db.execute("DELETE FROM orders WHERE id > " + ORDERS_AT_MOST); // fewer than make a refresh compute all
        convert(FED);
        AtomicBoolean writing = new AtomicBoolean(true);
        ConcurrentLinkedQueue<Row> untold = new ConcurrentLinkedQueue<>();
        List<Future<Integer>> writers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Random random = new Random(seed + i);
            writers.add(deltas.fixture.async(() -> write(random, untold)));
        }
        List<Future<Integer>> others = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Random random = new Random(seed + 10 + i);
            others.add(deltas.fixture.async(() -> tell(random, untold, writing)));
            others.add(deltas.fixture.async(() -> {
                int done = 0;
                while (writing.get()) {
                    done += refreshUnlessLocked();
                }
                return done;
            }));
        }
        writers.forEach(Fixture::get);
        writing.set(false);
        others.forEach(Fixture::get);
        feed.record(List.copyOf(untold));
        forgetCosts();

        assertThat(refresh().way()).as("seed %d", seed).isNotEqualTo(Way.FULL);
        deltas.assertEqualsDefinition(LINES);
    }

    private int write(Random random, ConcurrentLinkedQueue<Row> untold) {
        for (int step = 0; step < 150; step++) {
            int id = 1 + random.nextInt(ORDERS_AT_MOST);
            switch (random.nextInt(4)) {
                case 0 -> db.execute("DELETE FROM orders WHERE id = " + id);
                case 1 ->
                    db.execute("INSERT INTO orders VALUES (" + id + ", 1 + " + step + " % 20, " + step
                            + ") ON CONFLICT (id) DO UPDATE SET customer = excluded.customer");
                case 2 -> db.execute("UPDATE orders SET amount = " + step + " WHERE id = " + id);
                default -> {
                    db.execute("UPDATE customers SET name = 'name " + random.nextInt() + "' WHERE id = " + id % 20);
                    untold.add(row(CUSTOMERS, "id", Integer.toString(id % 20)));
                }
            }
            untold.add(order(id));
        }
        return 0;
    }

    private int tell(Random random, ConcurrentLinkedQueue<Row> untold, AtomicBoolean writing) throws RefreshException {
        List<Row> mine = new ArrayList<>();
        while (writing.get()) {
            Optional.ofNullable(untold.poll()).ifPresent(mine::add);
            if (mine.size() > random.nextInt(20)) {
                feed.record(mine);
                if (random.nextInt(3) > 0) {
                    mine.clear();
                }
            }
        }
        untold.addAll(mine);
        return 0;
    }

    /** So small a table is recomputed sooner than any key, which would mend whatever was missed. */
    private void forgetCosts() {
        db.execute("UPDATE olap_sync.delta_table SET full_micros = NULL, key_micros = NULL WHERE id IN"
                + " (SELECT id FROM olap_sync.delta_table FOR UPDATE SKIP LOCKED)");
    }

    private int refreshUnlessLocked() throws RefreshException {
        forgetCosts();
        try (var lock = deltas.fixture.locks.tryAcquire(Set.of(LINES)).orElse(null)) {
            if (lock == null) {
                return 0;
            }
            deltas.fixture.executor.refresh(DeltaFixture.request(SyncKind.INCREMENTAL, LINES), lock);
            return 1;
        } catch (RefreshException e) {
            if (e.kind() != RefreshException.Kind.CONTENDED) {
                throw e;
            }
            return 0;
        }
    }
}
