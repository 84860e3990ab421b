package io.olapsync.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.PlannedView;
import io.olapsync.SyncPlan;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.SyncRun;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncClock;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RandomPlansTest {

    /** Fixed seeds, and one that is new each time; each is in the name of its test. */
    static List<Long> seeds() {
        List<Long> seeds = new ArrayList<>();
        for (long seed = 1; seed <= 40; seed++) {
            seeds.add(seed);
        }
        seeds.add(System.nanoTime());
        return seeds;
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void order_is_kept_and_exactly_the_descendants_of_failures_are_skipped(long seed) {
        Random random = new Random(seed);
        SyncPlan plan = randomPlan(random, 1 + random.nextInt(200));
        int bound = 1 + random.nextInt(8);
        Set<ViewName> failing = randomViews(plan, random);
        Set<ViewName> early = ConcurrentHashMap.newKeySet();
        Set<ViewName> committed = ConcurrentHashMap.newKeySet();
        InMemoryPlugin fakes = new InMemoryPlugin(SyncClock.system());
        for (PlannedView view : plan.views()) {
            fakes.executor().always(view.name(), request -> {
                if (!committed.containsAll(view.upstreams())) {
                    early.add(view.name());
                }
                if (failing.contains(view.name())) {
                    throw new RefreshException(Kind.PERMANENT, "told to fail", null);
                }
            });
        }

        SyncReport report;
        try (OlapSync sync = OlapSync.builder(plan)
                .install(fakes)
                .maxConcurrentRefreshes(bound)
                .listener(event -> {
                    if (event instanceof SyncEvent.StepFinished f && f.outcome() instanceof StepOutcome.Refreshed r) {
                        committed.add(r.result().view());
                    }
                })
                .build()) {
            report = sync.runFull();
        }

        assertThat(early).as("seed %d: begun before their upstreams", seed).isEmpty();
        assertThat(fakes.executor().mostAtOnce()).as("seed %d", seed).isLessThanOrEqualTo(bound);
        assertThat(fakes.executor().overlapped()).as("seed %d", seed).isFalse();
        Set<ViewName> skipped = new HashSet<>();
        failing.forEach(view -> skipped.addAll(plan.descendants(view)));
        for (PlannedView view : plan.views()) {
            StepOutcome outcome = report.outcome(view.name().toString());
            if (skipped.contains(view.name())) {
                assertThat(outcome)
                        .as("seed %d: %s", seed, view.name())
                        .isInstanceOfSatisfying(
                                StepOutcome.Skipped.class,
                                s -> assertThat(s.reason()).isEqualTo(SkipReason.UPSTREAM_FAILED));
            } else if (failing.contains(view.name())) {
                assertThat(outcome).as("seed %d: %s", seed, view.name()).isInstanceOf(StepOutcome.Failed.class);
            } else {
                assertThat(outcome).as("seed %d: %s", seed, view.name()).isInstanceOf(StepOutcome.Refreshed.class);
            }
        }
    }

    @Test
    void as_many_views_are_under_way_as_the_bound_allows() {
        int bound = 3;
        SyncPlan.Builder builder = SyncPlan.named("wide");
        for (int i = 0; i < 2 * bound; i++) {
            builder.view("v" + i);
        }
        SyncPlan plan = builder.build();
        CyclicBarrier all = new CyclicBarrier(bound); // opens only when that many are under way at once
        InMemoryPlugin fakes = new InMemoryPlugin(SyncClock.system());
        plan.views()
                .forEach(view -> fakes.executor().always(view.name(), request -> {
                    try {
                        all.await(20, TimeUnit.SECONDS);
                    } catch (Exception e) {
                        throw new RefreshException(Kind.PERMANENT, "fewer than " + bound + " were under way", e);
                    }
                }));
        try (OlapSync sync = OlapSync.builder(plan)
                .install(fakes)
                .maxConcurrentRefreshes(bound)
                .build()) {
            assertThat(sync.runFull().succeeded()).isTrue();
        }
        assertThat(fakes.executor().mostAtOnce()).isEqualTo(bound);
    }

    @Test
    void chain_of_ten_thousand_views_does_not_exhaust_the_stack() {
        SyncPlan.Builder builder = SyncPlan.named("chain").view("v0");
        for (int i = 1; i < 10_000; i++) {
            String upstream = "v" + (i - 1);
            builder.view("v" + i, v -> v.after(upstream));
        }
        try (VirtualEngine engine = new VirtualEngine(builder.build())) {
            engine.fakes.executor().fail(ViewName.parse("v5000"), Kind.PERMANENT, 1);
            SyncReport report = engine.runFull();
            assertThat(report.outcome("v4999").succeeded()).isTrue();
            assertThat(report.outcome("v9999")).isEqualTo(new StepOutcome.Skipped(SkipReason.UPSTREAM_FAILED, "v5000"));
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void run_that_is_cancelled_at_a_random_moment_ends_every_step_and_holds_nothing(long seed) {
        Random random = new Random(seed);
        SyncPlan plan = randomPlan(random, 1 + random.nextInt(60));
        try (VirtualEngine engine = new VirtualEngine(plan, b -> b.maxConcurrentRefreshes(2))) {
            for (PlannedView view : plan.views()) {
                if (random.nextInt(4) == 0) {
                    engine.fakes.executor().fail(view.name(), Kind.TRANSIENT, 1 + random.nextInt(5));
                }
            }
            SyncRun run = engine.sync.submit(SyncRequest.full());
            engine.clock.advance(Duration.ofSeconds(random.nextInt(1500)));
            run.cancel();

            SyncReport report = run.report().join();
            assertThat(report.steps()).as("seed %d", seed).hasSize(plan.views().size() + 2);
            assertThat(engine.fakes.locks().held()).as("seed %d", seed).isEmpty();
            int begun = engine.fakes.executor().refreshed().size();
            engine.clock.advance(Duration.ofHours(1));
            assertThat(engine.fakes.executor().refreshed()).as("seed %d", seed).hasSize(begun);
        }
    }

    private static SyncPlan randomPlan(Random random, int size) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            order.add(i);
        }
        Collections.shuffle(order, random); // the order of declaration is not the order of dependency
        SyncPlan.Builder builder = SyncPlan.named("random");
        for (int i : order) {
            builder.view("v" + i, v -> {
                for (int edges = random.nextInt(4); edges > 0 && i > 0; edges--) {
                    v.after("v" + random.nextInt(i));
                }
            });
        }
        return builder.build();
    }

    private static Set<ViewName> randomViews(SyncPlan plan, Random random) {
        Set<ViewName> views = new HashSet<>();
        plan.views().forEach(view -> {
            if (random.nextInt(20) == 0) {
                views.add(view.name());
            }
        });
        return views;
    }
}
