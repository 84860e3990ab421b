package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.jdbc.DeltaChaos.Shape;
import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

/**
 * Random writers, and two engines that refresh at random moments. Each full sync on the way compares all of a table with its
 * definition in one snapshot, and so proves what the refreshes before it have left; at the end so does this test.
 *
 * <p>How to run it for longer, or the same again: {@code docs/soak.md}.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES) // for the long run; what a shorter one may take, finish() says
class DeltaChaosTest {

    private static final int WRITERS = 3;
    private static final int REFRESHES = 60;
    private static final int STEPS = Integer.getInteger("olapsync.delta.steps", 500);

    private final long seed = Long.getLong("olapsync.delta.seed", System.nanoTime() % 1_000_000);
    private final DeltaFixture deltas = DeltaFixture.begun("chaos", DeltaChaos.TABLES, DeltaChaos.ROWS);
    private final Map<ViewName, Shape> shapes = DeltaChaos.shapes();
    private final List<ViewName> views = new ArrayList<>(shapes.keySet());
    private final Map<Way, AtomicLong> ways = new EnumMap<>(Way.class);
    private final AtomicBoolean writing = new AtomicBoolean(true);

    /** What is refreshed together is declared by what was derived from the catalog, the rest by hand. */
    @BeforeEach
    void convert(TestInfo test) throws RefreshException {
        boolean derives = test.getTestMethod().orElseThrow().getName().contains("together");
        for (Way way : Way.values()) {
            ways.put(way, new AtomicLong());
        }
        Map<ViewName, DeltaSpec> declared = new LinkedHashMap<>();
        for (ViewName name : views) {
            Shape shape = shapes.get(name);
            deltas.db.execute(
                    "CREATE MATERIALIZED VIEW " + name.sql() + " AS " + shape.definition(),
                    "CREATE UNIQUE INDEX ON " + name.sql() + " (" + shape.unique() + ")");
            DeltaSpec derived = deltas.deltas.propose(name).spec().orElseThrow();
            declared.put(name, derives ? derived : shape.spec());
        }
        deltas.convert(declared);
        deltas.refresh(views); // the first of each computes all: a short run would be half of these
    }

    @AfterEach
    void close() throws Exception {
        deltas.close();
    }

    @Test
    void every_table_equals_its_definition_whatever_the_writers_and_two_engines_do() throws Exception {
        refreshAtRandomWhileOthersWrite();

        assertThat(views)
                .as("seed %d", seed)
                .allMatch(view -> DeltaFixture.how(deltas.refresh(view)).way() == Way.NOTHING);
        assertThat(ways.get(Way.KEYS).get())
                .as("refreshes by keys, seed %d", seed)
                .isPositive();
    }

    @Tag("one-major")
    @Test
    void every_table_equals_its_definition_where_more_changes_than_is_kept_all_the_time() throws Exception {
        deltas.mostBytes("capture_[0-9]+", "8192");
        deltas.db.execute("UPDATE olap_sync.capture SET most_bytes = 8192");

        refreshAtRandomWhileOthersWrite();

        // Any snapshot in the database, an autovacuum's too, keeps for a while what was deleted: then the next refresh
        // tries again.
        for (int tries = 0; resumed() == 0 && tries < 50; tries++) {
            views.forEach(deltas::refresh);
        }
        assertThat(resumed()).as("captures that had overflown, seed %d", seed).isPositive();
    }

    private long resumed() {
        return deltas.db.queryForLong("SELECT count(*) FROM olap_sync.capture WHERE resumed > '0'");
    }

    private void refreshAtRandomWhileOthersWrite() throws Exception {
        Fixture other = deltas.fixture.with(deltas.fixture.dataSource, deltas.fixture.settings);
        List<Future<Integer>> writers = writers();
        List<Future<Integer>> refreshers = new ArrayList<>();
        for (Fixture engine : List.of(deltas.fixture, other)) {
            long own = seed + 100 + refreshers.size();
            refreshers.add(refresher(() -> refreshAtRandom(engine, new Random(own))));
        }
        finish(writers, refreshers);

        deltas.fixture
                .assertNothingLeft(); // a connection given up in a cancellation has its lock until its backend notices
        views.forEach(deltas::refresh);
        views.forEach(deltas::assertEqualsDefinition);
    }

    @Tag("one-major")
    @Test
    void readers_of_what_is_refreshed_together_see_one_state_and_it_is_one_that_was() throws Exception {
        List<Future<Integer>> writers = writers();
        Future<Integer> refresher = refresher(this::refreshTogether);
        Future<Integer> reader = deltas.fixture.async(this::read);
        finish(writers, List.of(refresher, reader));

        deltas.refresh(views);
        views.forEach(deltas::assertEqualsDefinition);
    }

    private void finish(List<Future<Integer>> writers, List<Future<Integer>> others) throws Exception {
        int reloads = 0;
        try {
            for (Future<Integer> writer : writers) {
                reloads += writer.get(60 + STEPS / 100, TimeUnit.SECONDS);
            }
        } finally {
            writing.set(false);
        }
        long done = 0;
        for (Future<Integer> other : others) {
            done += Fixture.get(other);
        }
        System.out.printf("seed %d: %d refreshes and looks, by way %s, %d reloads%n", seed, done, ways, reloads);
    }

    /** They go on until enough was refreshed beside them, however slow the machine is. */
    private List<Future<Integer>> writers() {
        List<Future<Integer>> writers = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            long own = seed + i;
            writers.add(deltas.fixture.async(() -> {
                try (DeltaWriter writer = new DeltaWriter(deltas.db, own)) {
                    writer.write(STEPS);
                    while (refreshes() < REFRESHES && writing.get()) {
                        writer.write(STEPS / 10);
                    }
                    return writer.reloaded();
                }
            }));
        }
        return writers;
    }

    /** Where one fails, the writers need not wait for it. */
    private Future<Integer> refresher(Callable<Integer> task) {
        return deltas.fixture.async(() -> {
            try {
                return task.call();
            } finally {
                writing.set(false);
            }
        });
    }

    private long refreshes() {
        return ways.values().stream().mapToLong(AtomicLong::get).sum();
    }

    private int refreshAtRandom(Fixture engine, Random random) throws RefreshException {
        int done = 0;
        while (writing.get()) {
            ViewName view = views.get(random.nextInt(views.size()));
            SyncKind kind = random.nextInt(6) == 0 ? SyncKind.FULL : SyncKind.INCREMENTAL;
            done += refresh(engine, DeltaFixture.request(kind, view));
        }
        return done;
    }

    /**
     * So small a database is always recomputed sooner than anything else; what has not been measured is tried. Only while the
     * views are locked: the other engine's refresh could not write the same row.
     */
    private void forgetCosts(List<ViewName> locked) {
        for (ViewName view : locked) {
            deltas.db.execute(
                    "UPDATE olap_sync.delta_table SET full_micros = NULL, key_micros = NULL, change_micros = NULL"
                            + " WHERE view_schema = '" + view.schema() + "' AND view_name = '" + view.name() + "'");
        }
    }

    private int refreshTogether() throws RefreshException {
        int done = 0;
        while (writing.get()) {
            SyncKind kind = done % 4 == 3 ? SyncKind.FULL : SyncKind.INCREMENTAL;
            done += refresh(deltas.fixture, DeltaFixture.request(kind, views.toArray(ViewName[]::new)));
        }
        return done;
    }

    /** One refresh; a lock that the other has, or a row that it wrote, is what happens to an engine too. */
    private int refresh(Fixture engine, RefreshRequest request) throws RefreshException {
        try (RefreshLock lock =
                engine.locks.tryAcquire(new LinkedHashSet<>(request.views())).orElse(null)) {
            if (lock == null) {
                return 0;
            }
            forgetCosts(request.views());
            for (ViewRefresh refresh : engine.executor.refresh(request, lock)) {
                ways.get(DeltaFixture.how(refresh).way()).incrementAndGet();
                assertThat(DeltaFixture.how(refresh).drift())
                        .as("seed %d: rows of %s that differ though nothing called for it", seed, refresh.view())
                        .isZero();
                assertThat(refresh.rows())
                        .as("seed %d: rows of %s, which nobody has left without any", seed, refresh.view())
                        .isPositive();
            }
            return 1;
        } catch (RefreshException e) {
            if (e.kind() != RefreshException.Kind.CONTENDED) {
                throw e;
            }
            return 0;
        }
    }

    /** All orders, or all items, are in both sides of each of these; and nobody has left the shop without items. */
    private Integer read() {
        int looks = 0;
        while (writing.get()) {
            assertThat(deltas.db.queryForBoolean("SELECT (SELECT coalesce(sum(amount), 0) FROM windowed)"
                            + " = (SELECT coalesce(sum(amount), 0) FROM of_customers)"
                            + " AND (SELECT coalesce(sum(orders), 0) FROM of_customers)"
                            + " = (SELECT count(*) FROM united WHERE what = 'order')"
                            + " AND EXISTS (SELECT FROM aggregate) AND (SELECT coalesce(sum(items), 0) FROM aggregate)"
                            + " = (SELECT count(*) FROM united WHERE what = 'item')"
                            + " AND (SELECT coalesce(sum(total), 0) FROM united_sums)"
                            + " = (SELECT coalesce(sum(amount), 0) FROM windowed)"
                            + " + (SELECT coalesce(sum(price), 0) FROM sums_of_null)"))
                    .as("seed %d: sums over views that are refreshed together", seed)
                    .isTrue();
            looks++;
        }
        return looks;
    }
}
