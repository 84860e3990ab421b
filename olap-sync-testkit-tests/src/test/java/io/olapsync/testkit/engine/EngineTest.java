package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.Publication;
import io.olapsync.Selection;
import io.olapsync.StepReport;
import io.olapsync.SyncPlan;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.SyncRun;
import io.olapsync.spi.CheckSpec;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RowDelta;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EngineTest {

    private static final SyncPlan STAR = SyncPlan.named("star")
            .view("dim_a")
            .view("dim_b")
            .view("fact", v -> v.after("dim_a", "dim_b"))
            .view("summary", v -> v.after("fact"))
            .view("other")
            .build();

    @Test
    void full_run_refreshes_every_view_after_what_it_reads() {
        try (VirtualEngine engine = new VirtualEngine(STAR)) {
            engine.fakes.warehouse().sourceRows(view("fact"), 7);

            SyncReport report = engine.runFull();

            assertThat(report.status()).isEqualTo(RunStatus.COMPLETED);
            List<ViewName> order = engine.fakes.executor().refreshed();
            assertThat(order)
                    .containsExactlyInAnyOrder(
                            view("dim_a"), view("dim_b"), view("fact"), view("summary"), view("other"));
            assertThat(order.indexOf(view("fact")))
                    .isGreaterThan(order.indexOf(view("dim_a")))
                    .isGreaterThan(order.indexOf(view("dim_b")))
                    .isLessThan(order.indexOf(view("summary")));
            StepOutcome.Refreshed fact = (StepOutcome.Refreshed) report.outcome("fact");
            assertThat(fact.result().delta()).contains(new RowDelta(7, 0, 0));
            assertThat(fact.attempts()).isEqualTo(1);
            assertThat(report.asOf()).isPresent();
        }
    }

    @Test
    void longest_remaining_path_goes_first() {
        SyncPlan plan = SyncPlan.named("p")
                .view("short")
                .view("long_1")
                .view("long_2", v -> v.after("long_1"))
                .build();
        try (VirtualEngine engine = new VirtualEngine(plan, b -> b.maxConcurrentRefreshes(1))) {
            engine.runFull();

            assertThat(engine.fakes.executor().refreshed())
                    .containsExactly(view("long_1"), view("short"), view("long_2"));
        }
    }

    @Test
    void failed_view_skips_only_its_descendants() {
        try (VirtualEngine engine = new VirtualEngine(STAR)) {
            engine.fakes.executor().fail(view("dim_a"), Kind.PERMANENT, 1);

            SyncReport report = engine.runFull();

            assertThat(report.status()).isEqualTo(RunStatus.FAILED);
            assertThat(report.outcome("dim_a")).isInstanceOf(StepOutcome.Failed.class);
            StepOutcome skipped = new StepOutcome.Skipped(SkipReason.UPSTREAM_FAILED, "dim_a");
            assertThat(report.outcome("fact")).isEqualTo(skipped);
            assertThat(report.outcome("summary")).isEqualTo(skipped);
            assertThat(report.outcome("dim_b").succeeded()).isTrue();
            assertThat(report.outcome("other").succeeded()).isTrue();
            assertThat(report.outcome("invalidate_caches").succeeded()).isTrue();
            assertThat(report.outcome("record_sync_completion").succeeded()).isTrue();
            assertThat(engine.fakes.invalidator().invalidated())
                    .containsExactlyInAnyOrder(view("dim_b"), view("other"));
        }
    }

    @Test
    void transient_failure_is_tried_three_times_again_five_minutes_apart() {
        try (VirtualEngine engine = new VirtualEngine(STAR)) {
            engine.fakes.executor().fail(view("dim_a"), Kind.TRANSIENT, 3);
            SyncRun run = engine.sync.submit(SyncRequest.full());

            engine.clock.advance(Duration.ofSeconds(299));
            assertThat(attempts(engine, "dim_a")).isEqualTo(1);
            engine.clock.advance(Duration.ofSeconds(1));
            assertThat(attempts(engine, "dim_a")).isEqualTo(2);
            engine.clock.advance(Duration.ofMinutes(5));
            assertThat(attempts(engine, "dim_a")).isEqualTo(3);
            assertThat(run.report()).isNotDone();
            engine.clock.advance(Duration.ofMinutes(5));

            SyncReport report = run.report().join();
            assertThat(report.status()).isEqualTo(RunStatus.COMPLETED);
            assertThat(report.step("dim_a").attempts()).isEqualTo(4);
            assertThat(report.makespan()).isEqualTo(Duration.ofMinutes(15));
            assertThat(report.criticalPath())
                    .containsExactly("dim_a", "fact", "summary", "invalidate_caches", "record_sync_completion");
        }
    }

    @Test
    void view_fails_for_good_after_the_last_retry() {
        try (VirtualEngine engine = new VirtualEngine(STAR)) {
            engine.fakes.executor().fail(view("dim_a"), Kind.TRANSIENT, 4);

            StepReport step = engine.runFull().step("dim_a");

            assertThat(step.outcome()).isInstanceOf(StepOutcome.Failed.class);
            assertThat(step.attempts()).isEqualTo(4);
        }
    }

    @Test
    void permanent_failure_is_never_retried() {
        for (Kind kind : List.of(Kind.PERMANENT, Kind.TIMED_OUT)) {
            try (VirtualEngine engine = new VirtualEngine(STAR)) {
                engine.fakes.executor().fail(view("dim_a"), kind, 1);
                assertThat(engine.runFull().makespan()).isZero();
                assertThat(attempts(engine, "dim_a")).isEqualTo(1);
            }
        }
    }

    @Test
    void contention_is_tried_again_within_seconds() {
        try (VirtualEngine engine = new VirtualEngine(STAR)) {
            engine.fakes.executor().fail(view("dim_a"), Kind.CONTENDED, 3);

            SyncReport report = engine.runFull();

            assertThat(report.succeeded()).isTrue();
            assertThat(report.makespan()).isLessThan(Duration.ofSeconds(3));
        }
    }

    @Test
    void nothing_is_held_while_a_retry_waits() {
        SyncPlan plan = SyncPlan.named("p").view("a").view("b").build();
        try (VirtualEngine engine = new VirtualEngine(plan, b -> b.maxConcurrentRefreshes(1))) {
            engine.fakes.executor().fail(view("a"), Kind.TRANSIENT, 1);
            SyncRun run = engine.sync.submit(SyncRequest.full());

            assertThat(run.report()).isNotDone();
            assertThat(engine.fakes.locks().held()).isEmpty();
            // the only slot is free for others: b has been refreshed already
            assertThat(engine.fakes.executor().refreshed()).containsExactly(view("a"), view("b"));
            assertThat(engine.finish(run).succeeded()).isTrue();
        }
    }

    @Test
    void locked_view_is_waited_for_without_counting_attempts() throws Exception {
        try (VirtualEngine engine = new VirtualEngine(STAR)) {
            RefreshLock other =
                    engine.fakes.locks().tryAcquire(Set.of(view("dim_a"))).orElseThrow();
            SyncRun run = engine.sync.submit(SyncRequest.full());
            engine.clock.advance(Duration.ofMinutes(2));
            assertThat(engine.fakes.executor().refreshed()).containsExactlyInAnyOrder(view("dim_b"), view("other"));
            other.close();

            SyncReport report = engine.finish(run);

            assertThat(report.succeeded()).isTrue();
            assertThat(report.step("dim_a").attempts()).isEqualTo(1);
            assertThat(report.makespan()).isLessThan(Duration.ofSeconds(130));
            assertThat(engine.events.stream()
                            .filter(event -> event instanceof SyncEvent.StepRetrying r
                                    && r.step().equals("dim_a")))
                    .hasSize(1);
        }
    }

    @Test
    void group_fails_as_one_and_names_the_view_at_fault() {
        try (VirtualEngine engine = new VirtualEngine(STAR)) {
            engine.fakes.executor().fail(view("fact"), Kind.PERMANENT, 1);

            SyncReport report =
                    engine.finish(engine.sync.submit(SyncRequest.full().withPublication(Publication.TOGETHER)));

            assertThat(report.outcome("fact")).isInstanceOf(StepOutcome.Failed.class);
            for (String other : List.of("dim_a", "dim_b", "summary", "other")) {
                assertThat(report.outcome(other)).isEqualTo(new StepOutcome.Skipped(SkipReason.GROUP_FAILED, "fact"));
            }
            assertThat(engine.fakes.warehouse().read(List.of(view("dim_a")))).isEmpty();
        }
    }

    @Test
    void named_group_is_one_unit_in_the_order_of_the_plan() {
        SyncPlan plan = SyncPlan.named("p")
                .view("fact", v -> v.after("dim").together("star"))
                .view("dim", v -> v.together("star"))
                .view("before")
                .view("after", v -> v.after("fact"))
                .build();
        try (VirtualEngine engine = new VirtualEngine(plan)) {
            engine.fakes
                    .executor()
                    .next(
                            view("fact"),
                            request -> assertThat(request.views()).containsExactly(view("dim"), view("fact")));
            SyncReport report = engine.runFull();
            assertThat(report.succeeded()).isTrue();
            assertThat(report.outcome("dim")).isInstanceOf(StepOutcome.Refreshed.class);
        }
    }

    @Test
    void failed_check_stops_every_view() {
        SyncPlan plan = SyncPlan.named("p")
                .check("validate", CheckSpec.of("test.check", "x"))
                .view("a")
                .view("b", v -> v.after("a"))
                .build();
        try (VirtualEngine engine = new VirtualEngine(
                plan,
                b -> b.install(registry -> registry.check("test.check", (spec, cancel) -> {
                    throw new RefreshException(Kind.PERMANENT, "no " + spec.arguments(), null);
                })))) {
            SyncReport report = engine.runFull();

            assertThat(report.outcome("validate")).isInstanceOf(StepOutcome.Failed.class);
            assertThat(report.outcome("a")).isEqualTo(new StepOutcome.Skipped(SkipReason.UPSTREAM_FAILED, "validate"));
            assertThat(report.outcome("b")).isEqualTo(new StepOutcome.Skipped(SkipReason.UPSTREAM_FAILED, "validate"));
            assertThat(engine.fakes.executor().refreshed()).isEmpty();
        }
    }

    @Test
    void selection_runs_only_what_it_names() {
        try (VirtualEngine engine = new VirtualEngine(STAR)) {
            engine.finish(engine.sync.submit(SyncRequest.of(Selection.parse("+fact"))));
            assertThat(engine.sync.health().lastFullSync()).isEmpty();
            assertThat(engine.sync.health().lastIncrementalSync()).isPresent();
            assertThat(engine.fakes.executor().refreshed())
                    .containsExactlyInAnyOrder(view("dim_a"), view("dim_b"), view("fact"));
        }
    }

    @Test
    void unexpected_exception_of_an_adapter_fails_its_view_only() {
        try (VirtualEngine engine = new VirtualEngine(STAR)) {
            engine.fakes.executor().next(view("other"), request -> {
                throw new IllegalStateException("bug");
            });
            SyncReport report = engine.runFull();
            assertThat(report.outcome("other")).isInstanceOf(StepOutcome.Failed.class);
            assertThat(report.outcome("summary").succeeded()).isTrue();
        }
    }

    private static long attempts(VirtualEngine engine, String view) {
        return engine.fakes.executor().refreshed().stream()
                .filter(view(view)::equals)
                .count();
    }
}
