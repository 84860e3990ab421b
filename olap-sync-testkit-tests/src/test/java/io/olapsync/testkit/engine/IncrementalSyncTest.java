package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.OlapSync;
import io.olapsync.RefreshOptions;
import io.olapsync.RefreshResult;
import io.olapsync.RefreshResult.Status;
import io.olapsync.SyncPlan;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class IncrementalSyncTest {

    private static final SyncPlan STAR = SyncPlan.named("star")
            .view("dim")
            .view("fact", v -> v.after("dim"))
            .view("quick", v -> v.minInterval(Duration.ofSeconds(10)))
            .build();

    private static final ViewName FACT = view("fact");

    private final VirtualEngine engine = new VirtualEngine(STAR);

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void view_is_refreshed_after_what_it_reads_where_that_is_stale() {
        RefreshResult result = refresh("fact");
        assertThat(result.status()).isEqualTo(Status.COMPLETED);
        assertThat(result.asOf()).isPresent();
        assertThat(refreshed()).containsExactly("dim", "fact");
    }

    @Test
    void view_refreshed_less_than_its_interval_ago_is_too_recent_whoever_did_it() {
        engine.runFull();
        engine.fakes.warehouse().sourceRows(FACT, 5);
        engine.clock.advance(Duration.ofSeconds(299));
        assertThat(refresh("fact").reason()).contains(SkipReason.TOO_RECENT);
        engine.clock.advance(Duration.ofSeconds(1));
        assertThat(refresh("fact").status()).isEqualTo(Status.COMPLETED);
    }

    @Test
    void nothing_is_done_for_a_view_that_is_too_recent_not_even_for_what_it_reads() {
        engine.runFull();
        int before = refreshed().size();
        engine.fakes.warehouse().commit();
        engine.clock.advance(Duration.ofSeconds(1));
        refresh("fact");
        assertThat(refreshed()).hasSize(before);
    }

    @Test
    void interval_of_the_plan_goes_before_that_of_the_engine() {
        engine.runFull();
        engine.fakes.warehouse().commit();
        engine.clock.advance(Duration.ofSeconds(11));
        assertThat(refresh("quick").status()).isEqualTo(Status.COMPLETED);
    }

    @Test
    void twenty_six_hours_are_not_recent() {
        engine.runFull();
        engine.fakes.warehouse().commit();
        engine.clock.advance(Duration.ofHours(26));
        assertThat(refresh("fact").status()).isEqualTo(Status.COMPLETED);
    }

    @Test
    void clock_that_was_set_back_does_not_block() {
        engine.runFull();
        engine.fakes.warehouse().commit();
        engine.fakes.warehouse().stepClock(Duration.ofHours(-2));
        assertThat(refresh("fact").status()).isEqualTo(Status.COMPLETED);
    }

    @Test
    void nothing_changed_costs_no_refresh() {
        engine.runFull();
        engine.clock.advance(Duration.ofMinutes(6));
        RefreshResult result = refresh("fact");
        assertThat(result.reason()).contains(SkipReason.NOTHING_CHANGED);
        assertThat(result.asOf()).isPresent();
    }

    @Test
    void force_refreshes_in_spite_of_interval_and_no_change() {
        engine.runFull();
        assertThat(refresh(RefreshOptions.DEFAULTS.forced(), "fact").status()).isEqualTo(Status.COMPLETED);
    }

    @Test
    void without_ancestors_only_the_view_itself_is_refreshed() {
        refresh(RefreshOptions.DEFAULTS.withoutAncestors(), "fact");
        assertThat(refreshed()).containsExactly("fact");
    }

    @Test
    void view_that_shows_the_moment_is_left_alone() {
        engine.runFull();
        engine.fakes.warehouse().commit();
        Instant shown = engine.clock.now();
        engine.clock.advance(Duration.ofMinutes(6));
        assertThat(refresh(RefreshOptions.DEFAULTS.since(shown), "fact").reason())
                .contains(SkipReason.ALREADY_COVERED);
        assertThat(refresh(RefreshOptions.DEFAULTS.since(shown.plusMillis(1)), "fact")
                        .status())
                .isEqualTo(Status.COMPLETED);
    }

    @Test
    void deferred_call_runs_when_the_interval_ends_also_in_another_process() {
        engine.runFull();
        engine.fakes.warehouse().commit();
        engine.clock.advance(Duration.ofSeconds(100));
        RefreshResult result = refresh(RefreshOptions.DEFAULTS.deferring(), "fact");
        assertThat(result.reason()).contains(SkipReason.TOO_RECENT);
        assertThat(result.deferred()).isTrue();
        engine.close();
        long before = count("fact");
        try (OlapSync other = another()) {
            engine.clock.advance(Duration.ofSeconds(190));
            assertThat(count("fact")).isEqualTo(before);
            engine.clock.advance(Duration.ofSeconds(40));
            assertThat(count("fact")).isEqualTo(before + 1);
            engine.clock.advance(Duration.ofHours(1));
            assertThat(count("fact")).isEqualTo(before + 1);
        }
    }

    @Test
    void view_that_somebody_else_refreshes_is_left_to_him_or_waited_for() throws Exception {
        var lock = engine.fakes.locks().tryAcquire(Set.of(FACT)).orElseThrow();
        assertThat(refresh("fact").reason()).contains(SkipReason.ALREADY_RUNNING);
        var waiting = engine.sync.submitRefresh(RefreshOptions.DEFAULTS.waiting(), "fact");
        assertThat(waiting).isNotDone();
        lock.close();
        engine.clock.advance(Duration.ofMinutes(1));
        assertThat(waiting.join().get(0).status()).isEqualTo(Status.COMPLETED);
    }

    @Test
    void view_that_fails_five_times_in_a_row_is_suspended_tells_once_and_resumes_by_a_full_sync() {
        engine.fakes.executor().fail(FACT, Kind.PERMANENT, 6);
        for (int i = 0; i < 5; i++) {
            RefreshResult result = refresh("fact");
            assertThat(result.status()).isEqualTo(Status.FAILED);
            assertThat(result.error()).isPresent();
        }
        assertThat(refresh("fact").reason()).contains(SkipReason.SUSPENDED);
        assertThat(engine.events.stream().filter(SyncEvent.ViewsSuspended.class::isInstance))
                .hasSize(1);
        try (OlapSync other = another()) {
            assertThat(other.refresh("fact").get(0).reason()).contains(SkipReason.SUSPENDED);
        }
        engine.runFull();
        assertThat(refresh("fact").reason()).contains(SkipReason.SUSPENDED);
        engine.runFull();
        engine.clock.advance(Duration.ofMinutes(6));
        engine.fakes.warehouse().commit();
        assertThat(refresh("fact").status()).isEqualTo(Status.COMPLETED);
    }

    @Test
    void paused_view_is_left_alone_by_all_until_it_is_resumed() throws Exception {
        engine.sync.pause("reload", "fact");
        assertThat(refresh(RefreshOptions.DEFAULTS.forced(), "fact").reason()).contains(SkipReason.PAUSED);
        assertThat(engine.runFull().outcome("fact")).isEqualTo(new StepOutcome.Skipped(SkipReason.PAUSED, ""));
        assertThat(engine.sync.health().views())
                .filteredOn(view -> view.name().equals(FACT))
                .allMatch(view -> view.heldBack().equals(Optional.of(SkipReason.PAUSED)));
        engine.sync.resume("fact");
        assertThat(refresh("fact").status()).isEqualTo(Status.COMPLETED);
    }

    @Test
    void waits_until_a_commit_is_shown_also_through_what_the_view_reads() throws Exception {
        engine.runFull();
        long transaction = engine.fakes.warehouse().commit();
        int others = engine.clock.pending();
        var waiting = CompletableFuture.supplyAsync(
                () -> engine.sync.awaitCovered("fact", transaction, Duration.ofSeconds(20)));
        engine.clock.awaitPending(others + 1, Duration.ofSeconds(20));
        engine.clock.advance(Duration.ofSeconds(1));
        assertThat(waiting).isNotDone();
        refresh(RefreshOptions.DEFAULTS.forced().withoutAncestors(), "fact");
        engine.clock.advance(Duration.ofSeconds(1));
        assertThat(engine.sync.awaitCovered("fact", transaction, Duration.ZERO))
                .as("what it reads does not show it yet")
                .isFalse();
        refresh(RefreshOptions.DEFAULTS.forced(), "fact");
        engine.clock.advance(Duration.ofSeconds(1));
        assertThat(waiting.get(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void commit_is_not_seen_by_readers_whose_cache_has_not_been_told() {
        engine.runFull();
        long transaction = engine.fakes.warehouse().commit();
        engine.fakes.warehouse().sourceRows(view("fact"), 7);
        engine.fakes.invalidator().away(true);
        refresh(RefreshOptions.DEFAULTS.forced(), "fact");
        assertThat(engine.sync.awaitCovered("fact", transaction, Duration.ZERO)).isFalse();
        engine.fakes.invalidator().away(false);
        engine.clock.advance(Duration.ofMinutes(1));
        assertThat(engine.sync.awaitCovered("fact", transaction, Duration.ZERO)).isTrue();
    }

    @Test
    void unknown_view_is_refused_with_the_nearest_name() {
        assertThatThrownBy(() -> engine.sync.refresh("facts"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("facts")
                .hasMessageContaining("fact");
        assertThatThrownBy(() -> engine.sync.awaitCovered("facts", 1, Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("facts");
    }

    private RefreshResult refresh(String view) {
        return refresh(RefreshOptions.DEFAULTS, view);
    }

    private RefreshResult refresh(RefreshOptions options, String view) {
        List<RefreshResult> results = engine.sync.refresh(options, view);
        assertThat(results).extracting(RefreshResult::view).containsExactly(view(view));
        return results.get(0);
    }

    private OlapSync another() {
        return OlapSync.builder(STAR)
                .install(engine.fakes)
                .listener(engine.events::add)
                .clock(engine.clock)
                .executor(engine.clock.sameThread())
                .scheduler(engine.clock.scheduler())
                .build();
    }

    private long count(String view) {
        return refreshed().stream().filter(view::equals).count();
    }

    private List<String> refreshed() {
        return engine.events.stream()
                .filter(SyncEvent.StepFinished.class::isInstance)
                .map(SyncEvent.StepFinished.class::cast)
                .filter(step -> step.outcome() instanceof StepOutcome.Refreshed)
                .map(SyncEvent.StepFinished::step)
                .toList();
    }
}
