package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.OlapSync;
import io.olapsync.RefreshOptions;
import io.olapsync.SyncHealth;
import io.olapsync.SyncPlan;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.SyncPlugin;
import io.olapsync.spi.TickClaim;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Target lags in virtual time. A refresh that takes a while shows what was there as long before. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TargetLagTest {

    private static final Duration LAG = Duration.ofMinutes(5);
    private static final ViewName DIM = view("dim");
    private static final ViewName FACT = view("fact");

    private static final SyncPlan STAR = SyncPlan.named("p")
            .view("dim")
            .view("fact", v -> v.after("dim").targetLag(LAG))
            .view("other")
            .build();

    private final List<AutoCloseable> open = new ArrayList<>();
    private VirtualEngine engine;
    private long rows;

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    private void engine(SyncPlan plan) {
        engine = new VirtualEngine(plan);
        open.add(engine);
    }

    private OlapSync another(SyncPlan plan) {
        return another(plan, engine.fakes);
    }

    private OlapSync another(SyncPlan plan, SyncPlugin plugin) {
        OlapSync other = OlapSync.builder(plan)
                .install(plugin)
                .clock(engine.clock)
                .executor(engine.clock.sameThread())
                .scheduler(engine.clock.scheduler())
                .build();
        open.add(other);
        return other;
    }

    /** Lets the time pass while somebody writes all the time; returns the greatest age of the view that readers met. */
    private Duration write(Duration time, ViewName view, ViewName... changing) {
        Duration oldest = Duration.ZERO;
        for (long second = 0; second < time.toSeconds(); second++) {
            engine.fakes.warehouse().sourceRows(++rows, changing);
            engine.clock.advance(Duration.ofSeconds(1));
            Duration age = age(view);
            oldest = age.compareTo(oldest) > 0 ? age : oldest;
        }
        return oldest;
    }

    private Duration age(ViewName view) {
        return state(view).age();
    }

    private ViewState state(ViewName view) {
        return Objects.requireNonNull(
                engine.fakes.warehouse().read(List.of(view)).get(view), () -> view + " was never refreshed");
    }

    private long refreshes(String view) {
        return engine.fakes.executor().refreshed().stream()
                .filter(view(view)::equals)
                .count();
    }

    private static SyncHealth.Schedule health(OlapSync sync) {
        return sync.health().schedules().get(0);
    }

    @Test
    void view_is_never_older_than_its_lag_and_refreshed_no_more_often_than_that_takes() {
        engine(STAR);
        engine.sync.start();
        assertThat(write(Duration.ofHours(2), FACT, FACT)).isBetween(LAG.minusSeconds(15), LAG);
        assertThat(refreshes("fact")).isBetween(24L, 26L);
        assertThat(refreshes("other")).as("it has no lag").isZero();
        assertThat(engine.fakes.history().recentRuns("p", 100))
                .hasSizeBetween(24, 26)
                .allSatisfy(run -> {
                    assertThat(run.kind()).isEqualTo(SyncKind.INCREMENTAL);
                    assertThat(run.trigger()).isEqualTo("target lag");
                });
        assertThat(health(engine.sync).problem()).isEmpty();
    }

    @Test
    void what_it_reads_is_refreshed_first_and_kept_as_young_as_that_needs() {
        engine(STAR);
        engine.fakes.warehouse().takes(DIM, Duration.ofSeconds(20));
        engine.fakes.warehouse().takes(FACT, Duration.ofSeconds(40));
        engine.sync.start();
        // In this warehouse a refresh is over at once and shows what was there 20 or 40 s before: what readers would
        // wait for.
        assertThat(write(Duration.ofHours(1), DIM, DIM, FACT)).isLessThanOrEqualTo(LAG.minusSeconds(60));
        assertThat(age(FACT)).isLessThanOrEqualTo(LAG.minusSeconds(60));
        assertThat(refreshes("dim")).isEqualTo(refreshes("fact")).isBetween(18L, 24L);
        assertThat(engine.fakes.executor().refreshed()).startsWith(DIM, FACT, DIM, FACT);
        assertThat(engine.sync.health().views().get(0).nextDue())
                .isEqualTo(engine.sync.health().views().get(1).nextDue())
                .isPresent();
        assertThat(engine.sync.health().views().get(2).nextDue()).isEmpty();
    }

    @Test
    void view_beneath_with_a_shorter_lag_is_refreshed_on_its_own_too() {
        engine(SyncPlan.named("p")
                .view("dim", v -> v.targetLag(Duration.ofMinutes(1)))
                .view("fact", v -> v.after("dim").targetLag(Duration.ofMinutes(10)))
                .build());
        engine.sync.start();
        assertThat(write(Duration.ofHours(1), DIM, DIM, FACT)).isLessThanOrEqualTo(Duration.ofMinutes(1));
        assertThat(refreshes("fact")).isBetween(6L, 7L);
        assertThat(refreshes("dim")).isBetween(60L, 72L);
    }

    @Test
    void views_that_read_the_same_are_refreshed_in_one_run() {
        engine(SyncPlan.named("p")
                .view("dim")
                .view("a", v -> v.after("dim").targetLag(LAG))
                .view("b", v -> v.after("dim").targetLag(LAG.plusSeconds(10)))
                .build());
        engine.sync.start();
        write(Duration.ofHours(1), view("a"), DIM, view("a"), view("b"));
        assertThat(refreshes("dim"))
                .isEqualTo(refreshes("a"))
                .isEqualTo(refreshes("b"))
                .isLessThan(15);
    }

    @Test
    void view_that_somebody_else_refreshed_waits_as_long_again() {
        engine(STAR);
        engine.sync.start();
        write(Duration.ofMinutes(4), FACT, FACT);
        engine.sync.refresh(RefreshOptions.DEFAULTS.forced(), "fact");
        assertThat(refreshes("fact")).isEqualTo(2);
        write(Duration.ofMinutes(4), FACT, FACT);
        assertThat(refreshes("fact")).isEqualTo(2);
    }

    @Test
    void view_refreshed_alone_on_an_old_dimension_is_as_old_as_that() {
        engine(STAR);
        engine.sync.start();
        write(Duration.ofSeconds(290), FACT, DIM, FACT);
        engine.sync.refresh(RefreshOptions.DEFAULTS.forced().withoutAncestors(), "fact");
        long before = refreshes("dim");
        write(Duration.ofSeconds(60), FACT, DIM, FACT);
        assertThat(refreshes("dim")).isEqualTo(before + 1);
    }

    @Test
    void view_whose_dimension_was_refreshed_apart_is_as_old_as_what_it_has_read() {
        engine(STAR);
        engine.sync.start();
        write(Duration.ofSeconds(270), FACT, DIM, FACT);
        engine.sync.refresh(RefreshOptions.DEFAULTS.forced().withoutAncestors(), "fact");
        write(Duration.ofSeconds(10), FACT, DIM, FACT);
        engine.sync.refresh(RefreshOptions.DEFAULTS.forced().withoutAncestors(), "dim");
        long before = refreshes("fact");
        write(Duration.ofSeconds(60), FACT, DIM, FACT);
        assertThat(refreshes("fact")).isEqualTo(before + 1);
    }

    @Test
    void unchanged_view_is_confirmed_and_not_refreshed() {
        engine(STAR);
        engine.sync.start();
        for (int minute = 0; minute < 120; minute++) {
            engine.clock.advance(Duration.ofMinutes(1));
            assertThat(age(FACT)).isLessThanOrEqualTo(LAG);
            assertThat(age(DIM)).isLessThanOrEqualTo(LAG);
        }
        assertThat(refreshes("fact"))
                .as("begun, and left alone but the first time")
                .isBetween(20L, 30L);
        assertThat(state(FACT).asOf().time()).as("the first refresh").isEqualTo("2026-03-01T03:00:00Z");
        SyncHealth.View fact = engine.sync.health().views().get(1);
        assertThat(fact.staleness().orElseThrow()).isLessThanOrEqualTo(LAG);
        assertThat(health(engine.sync).problem()).isEmpty();

        write(Duration.ofMinutes(5), FACT, FACT);
        assertThat(state(FACT).asOf().time()).as("as soon as something changes").isAfter("2026-03-01T05:00:00Z");
    }

    @Test
    void lag_that_cannot_be_held_is_told_and_not_chased() {
        engine(STAR);
        engine.fakes.warehouse().takes(DIM, Duration.ofMinutes(1));
        engine.fakes.warehouse().takes(FACT, Duration.ofMinutes(2));
        engine.sync.start();
        write(Duration.ofHours(1), FACT, DIM, FACT);
        assertThat(health(engine.sync).problem())
                .contains("its refresh, and those of what it reads, take 3m: it will be up to 9m old");
        assertThat(refreshes("fact")).as("at most half of the time at work").isBetween(10L, 20L);

        engine.fakes.warehouse().takes(DIM, Duration.ofSeconds(5));
        engine.fakes.warehouse().takes(FACT, Duration.ofSeconds(5));
        write(Duration.ofMinutes(15), FACT, DIM, FACT);
        assertThat(health(engine.sync).problem()).isEmpty();
        assertThat(write(Duration.ofMinutes(30), FACT, DIM, FACT)).isLessThanOrEqualTo(LAG);
    }

    @Test
    void age_beyond_the_lag_is_told_with_who_is_at_it() {
        engine(STAR);
        engine.sync.start();
        write(Duration.ofMinutes(1), FACT, FACT);
        engine.fakes.executor().fail(FACT, Kind.TRANSIENT, 2); // and again after 5 minutes each
        write(Duration.ofMinutes(10), FACT, FACT);
        assertThat(health(engine.sync).problem())
                .get()
                .asString()
                .startsWith("what it shows is ")
                .contains(" began to refresh it ");
        write(Duration.ofMinutes(8), FACT, FACT);
        assertThat(health(engine.sync).problem()).isEmpty();
    }

    @Test
    void lag_that_no_process_looks_after_is_seen_by_any() {
        engine(STAR);
        engine.sync.start();
        write(Duration.ofMinutes(1), FACT, FACT);
        engine.close();
        OlapSync observer = another(STAR);
        write(Duration.ofMinutes(10), FACT, FACT);
        assertThat(health(observer).problem()).get().asString().endsWith("old, and no process has begun to refresh it");
        assertThat(health(observer).name()).isEqualTo("target lag fact");
        assertThat(health(observer).text()).isEqualTo("at most 5m old");
    }

    @Test
    void three_processes_refresh_as_often_as_one() {
        engine(STAR);
        engine.sync.start();
        another(STAR).start();
        another(STAR).start();
        assertThat(write(Duration.ofHours(2), FACT, DIM, FACT)).isLessThanOrEqualTo(LAG);
        assertThat(refreshes("fact")).isBetween(24L, 26L);
        assertThat(engine.fakes.history().recentRuns("p", 100)).hasSizeBetween(24, 26);
    }

    @Test
    void process_that_has_not_seen_the_claim_of_another_is_refused() {
        engine(STAR);
        engine.fakes.warehouse().takes(FACT, Duration.ofSeconds(20));
        engine.sync.start();
        UnseenClaims late = new UnseenClaims(engine.fakes);
        another(STAR, late).start();
        write(Duration.ofSeconds(5), FACT, FACT);
        engine.fakes.executor().fail(FACT, Kind.TRANSIENT, 1); // the next one is under way for 5 minutes
        write(Duration.ofSeconds(290), FACT, FACT);
        assertThat(late.refused).isPositive();
        assertThat(engine.fakes.history().recentRuns("p", 100)).hasSize(2);
    }

    @Test
    void refresh_that_a_dead_process_claimed_is_taken_over() throws Exception {
        engine(STAR);
        engine.fakes.warehouse().takes(FACT, Duration.ofSeconds(20));
        engine.sync.start();
        write(Duration.ofSeconds(200), FACT, FACT);
        Instant now = engine.clock.now();
        engine.fakes
                .ticks()
                .claim(new TickClaim("p", "target lag fact", now, Optional.empty(), "dead", ""), Duration.ZERO);
        write(Duration.ofSeconds(59), FACT, FACT);
        assertThat(refreshes("fact")).as("it may be at work").isOne();
        assertThat(write(Duration.ofSeconds(60), FACT, FACT)).isLessThanOrEqualTo(LAG);
        assertThat(refreshes("fact")).isEqualTo(2);
    }

    @Test
    void failing_view_is_not_tried_again_and_again() {
        engine(STAR);
        engine.fakes.warehouse().takes(FACT, Duration.ofSeconds(1));
        engine.sync.start();
        engine.fakes.executor().fail(FACT, Kind.PERMANENT, 100);
        write(Duration.ofMinutes(9), FACT, FACT);
        assertThat(refreshes("fact"))
                .as("once, and again after the retry interval")
                .isEqualTo(2);
        write(Duration.ofHours(2), FACT, FACT);
        assertThat(refreshes("fact")).as("suspended").isBetween(5L, 7L);
        assertThat(health(engine.sync).problem()).get().asString().startsWith("it is suspended after 5 failures");
    }

    @Test
    void paused_view_is_left_alone_and_its_lag_told() throws Exception {
        engine(STAR);
        engine.sync.start();
        engine.sync.pause("migration", "fact");
        write(Duration.ofMinutes(20), FACT, FACT);
        assertThat(refreshes("fact")).isOne();
        assertThat(health(engine.sync).problem()).contains("it is paused: migration");
        engine.sync.resume("fact");
        write(Duration.ofMinutes(1), FACT, FACT);
        assertThat(refreshes("fact")).isEqualTo(2);
        assertThat(health(engine.sync).problem()).isEmpty();
    }

    @Test
    void clock_that_is_set_back_or_forward_does_not_stop_it() {
        engine(STAR);
        engine.sync.start();
        write(Duration.ofMinutes(20), FACT, FACT);
        engine.fakes.warehouse().stepClock(Duration.ofDays(1));
        write(Duration.ofMinutes(1), FACT, FACT);
        long before = refreshes("fact");
        engine.fakes.warehouse().stepClock(Duration.ofDays(-1));
        write(Duration.ofMinutes(20), FACT, FACT);
        assertThat(refreshes("fact")).isGreaterThanOrEqualTo(before + 3);
    }

    @Test
    void store_that_comes_back_finds_it_at_work() {
        engine(STAR);
        engine.sync.start();
        write(Duration.ofMinutes(2), FACT, FACT);
        engine.fakes.ticks().away(true);
        write(Duration.ofMinutes(10), FACT, FACT);
        assertThat(health(engine.sync).problem()).get().asString().startsWith("its age cannot be read");
        engine.fakes.ticks().away(false);
        write(Duration.ofSeconds(5), FACT, FACT);
        assertThat(refreshes("fact")).isEqualTo(2);
        assertThat(health(engine.sync).problem()).isEmpty();
    }

    @Test
    void short_lag_is_held() {
        engine(SyncPlan.named("p")
                .view("fact", v -> v.targetLag(Duration.ofSeconds(10)))
                .build());
        engine.sync.start();
        assertThat(write(Duration.ofMinutes(10), FACT, FACT)).isLessThanOrEqualTo(Duration.ofSeconds(10));
        List<HistoryEntry.Run> runs = engine.fakes.history().recentRuns("p", 1000);
        assertThat(runs).hasSizeBetween(60, 75);
    }

    @Test
    void lag_needs_a_place_for_claims() {
        engine(STAR);
        assertThatThrownBy(() -> OlapSync.builder(STAR)
                        .install(registry -> registry.executor(engine.fakes.executor())
                                .locks(engine.fakes.locks())
                                .states(engine.fakes.warehouse())
                                .history(engine.fakes.history()))
                        .build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("target lags need a TickStore");
    }
}
