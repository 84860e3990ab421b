package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.SyncRejectedException;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.report.ReportText;
import io.olapsync.report.StatusPage;
import io.olapsync.spi.Finding;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.StepStatus;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.ViewCatalog;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class EngineRecordTest {

    private static final SyncPlan STAR = SyncPlan.named("star")
            .view("dim_a")
            .view("dim_b")
            .view("fact", v -> v.after("dim_a", "dim_b"))
            .view("summary", v -> v.after("fact"))
            .view("other")
            .build();

    @Test
    void cache_that_is_away_does_not_fail_the_run_and_is_invalidated_once_it_is_back() {
        try (VirtualEngine engine = new VirtualEngine(STAR)) {
            engine.fakes.invalidator().away(true);

            SyncReport report = engine.runFull();

            assertThat(report.status()).isEqualTo(RunStatus.COMPLETED);
            assertThat(report.pendingInvalidations()).hasSize(5);
            assertThat(report.outcome("invalidate_caches")).isInstanceOf(StepOutcome.Skipped.class);
            assertThat(engine.sync.health().pendingInvalidations()).hasSize(5);

            engine.fakes.invalidator().away(false);
            engine.clock.advance(Duration.ofMinutes(1));
            assertThat(engine.fakes.invalidator().invalidated()).hasSize(5).doesNotHaveDuplicates();
            assertThat(engine.sync.health().pendingInvalidations()).isEmpty();
        }
    }

    @Test
    void unchanged_views_keep_their_caches() {
        try (VirtualEngine engine = new VirtualEngine(STAR)) {
            engine.runFull();
            int before = engine.fakes.invalidator().invalidated().size();
            engine.fakes.warehouse().sourceRows(view("dim_b"), 3);

            engine.runFull();

            assertThat(engine.fakes.invalidator().invalidated().subList(before, before + 1))
                    .containsExactly(view("dim_b"));
            assertThat(engine.fakes.invalidator().invalidated()).hasSize(before + 1);
        }
    }

    @Test
    void what_the_catalog_forbids_is_refused_before_anything_is_touched() {
        Finding noIndex = new Finding(
                Finding.Severity.ERROR, "no-unique-index", view("fact"), "no unique index", "CREATE UNIQUE INDEX ...");
        try (VirtualEngine engine = new VirtualEngine(
                STAR,
                b -> b.install(r -> r.catalog(new ViewCatalog() {
                    @Override
                    public List<Finding> inspect(Set<ViewName> views) {
                        return List.of(noIndex);
                    }

                    @Override
                    public Map<ViewName, Set<ViewName>> upstreams(Set<ViewName> views) {
                        return Map.of();
                    }
                })))) {
            assertThatThrownBy(engine.sync::runFull)
                    .isInstanceOf(SyncRejectedException.class)
                    .hasMessageContaining("fact")
                    .hasMessageContaining("CREATE UNIQUE INDEX");
            assertThat(engine.fakes.executor().refreshed()).isEmpty();
            assertThat(engine.fakes.history().recentRuns("star", 1).get(0).status())
                    .isEqualTo(RunStatus.REJECTED);
        }
    }

    @Test
    void listener_is_told_that_a_run_cannot_begin_yet_and_why() {
        AtomicInteger asked = new AtomicInteger();
        try (VirtualEngine engine = new VirtualEngine(
                STAR,
                b -> b.install(r -> r.catalog(new ViewCatalog() {
                    @Override
                    public List<Finding> inspect(Set<ViewName> views) throws RefreshException {
                        if (asked.incrementAndGet() <= 2) {
                            throw new RefreshException(Kind.TRANSIENT, "the catalog is away", null);
                        }
                        return List.of();
                    }

                    @Override
                    public Map<ViewName, Set<ViewName>> upstreams(Set<ViewName> views) {
                        return Map.of();
                    }
                })))) {
            SyncReport report = engine.runFull();

            assertThat(report.succeeded()).isTrue();
            List<SyncEvent.RunDelayed> delays = engine.events.stream()
                    .filter(SyncEvent.RunDelayed.class::isInstance)
                    .map(SyncEvent.RunDelayed.class::cast)
                    .toList();
            assertThat(delays).extracting(SyncEvent.RunDelayed::attempt).containsExactly(1, 2);
            assertThat(delays)
                    .allMatch(delayed -> delayed.run().equals(report.run())
                            && delayed.delay().equals(Duration.ofMinutes(5))
                            && String.valueOf(delayed.cause().getMessage()).equals("the catalog is away"));
            assertThat(engine.events.indexOf(delays.get(1)))
                    .as("before any step")
                    .isLessThan(engine.events.indexOf(engine.events.stream()
                            .filter(SyncEvent.StepStarted.class::isInstance)
                            .findFirst()
                            .orElseThrow()));
        }
    }

    @Test
    void history_has_a_line_for_every_step() {
        try (VirtualEngine engine = new VirtualEngine(STAR)) {
            engine.fakes.executor().fail(view("dim_a"), Kind.TRANSIENT, 4);
            SyncReport report = engine.runFull();

            HistoryEntry.Run run = engine.fakes.history().recentRuns("star", 1).get(0);
            assertThat(run.status()).isEqualTo(RunStatus.FAILED);
            assertThat(run.endedAt()).isPresent();
            List<HistoryEntry.Step> steps = engine.fakes.history().steps(report.run());
            assertThat(steps).hasSize(7);
            assertThat(steps).allMatch(step -> step.status() != StepStatus.RUNNING);
            assertThat(steps.stream()
                            .filter(step -> step.status() == StepStatus.SKIPPED)
                            .map(HistoryEntry.Step::step))
                    .containsExactlyInAnyOrder("fact", "summary");
            assertThat(steps.stream()
                            .filter(s -> s.step().equals("dim_a"))
                            .findFirst()
                            .orElseThrow()
                            .attempts())
                    .isEqualTo(4);
        }
    }

    @Test
    void remedy_that_is_not_in_its_message_is_in_the_history_and_on_the_page() throws Exception {
        String remedy = "GRANT <all> ON \"fact\" TO olap";
        try (VirtualEngine engine = new VirtualEngine(STAR)) {
            engine.fakes.executor().next(view("fact"), request -> {
                throw new RefreshException(Kind.PERMANENT, "not ours", view("fact"), "42501", remedy, null);
            });
            engine.fakes.executor().next(view("other"), request -> {
                throw new RefreshException(Kind.PERMANENT, "do: " + remedy, view("other"), "42501", remedy, null);
            });

            SyncReport report = engine.runFull();

            Map<String, String> errors = new HashMap<>();
            engine.fakes
                    .history()
                    .steps(report.run())
                    .forEach(step -> step.error().ifPresent(error -> errors.put(step.step(), error)));
            assertThat(errors)
                    .containsEntry("fact", "not ours; remedy: " + remedy)
                    .containsEntry("other", "do: " + remedy);
            assertThat(StatusPage.of(engine.sync, engine.fakes.history()).html())
                    .contains("not ours; remedy: GRANT &lt;all&gt; ON");
            assertThat(ReportText.of(report)).contains("not ours [42501]; remedy: " + remedy);
        }
    }

    @Test
    void remedy_of_a_run_that_could_not_begin_is_in_the_history_and_in_the_report() throws Exception {
        try (VirtualEngine engine = new VirtualEngine(
                STAR,
                b -> b.install(r -> r.catalog(new ViewCatalog() {
                    @Override
                    public List<Finding> inspect(Set<ViewName> views) throws RefreshException {
                        throw new RefreshException(Kind.PERMANENT, "no access", null, "42501", "GRANT it", null);
                    }

                    @Override
                    public Map<ViewName, Set<ViewName>> upstreams(Set<ViewName> views) {
                        return Map.of();
                    }
                })))) {
            SyncReport report = engine.runFull();

            assertThat(engine.fakes.history().recentRuns("star", 1).get(0).error())
                    .contains("no access; remedy: GRANT it");
            assertThat(ReportText.of(report)).contains("failed: no access [42501]; remedy: GRANT it");
        }
    }

    @Test
    void listener_that_throws_hurts_nobody() {
        try (VirtualEngine engine = new VirtualEngine(
                STAR,
                b -> b.listener(event -> {
                    throw new IllegalStateException("listener");
                }))) {
            assertThat(engine.runFull().succeeded()).isTrue();
        }
    }

    @Test
    void missing_and_doubled_adapters_are_all_named_at_once() {
        assertThatThrownBy(() -> OlapSync.builder(STAR).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("RefreshExecutor")
                .hasMessageContaining("LockProvider")
                .hasMessageContaining("ViewStates")
                .hasMessageContaining("SyncHistory");
    }

    @Test
    void health_tells_the_age_of_the_data() {
        try (VirtualEngine engine = new VirtualEngine(STAR)) {
            assertThat(engine.sync.health().status().name()).isEqualTo("STALE");
            engine.runFull();
            assertThat(engine.sync.health().status().name()).isEqualTo("HEALTHY");
            assertThat(engine.sync.health().lastFullSync()).isEqualTo(Optional.of(engine.clock.now()));
            engine.clock.advance(Duration.ofHours(25));
            assertThat(engine.sync.health().status().name()).isEqualTo("STALE");
        }
    }

    @Test
    void executor_that_refuses_work_fails_the_run_and_does_not_hang_it() {
        try (VirtualEngine engine = new VirtualEngine(
                STAR,
                b -> b.executor(task -> {
                    throw new RejectedExecutionException("full");
                }))) {
            SyncReport report = engine.finish(engine.sync.submit(SyncRequest.full()));
            assertThat(report.status()).isEqualTo(RunStatus.FAILED);
            assertThat(report.failure()).isPresent();
        }
    }
}
