package io.olapsync.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import io.olapsync.spi.TickClaim;
import io.olapsync.spi.TickStore;
import io.olapsync.spi.Ticks;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link TickStore} promises. */
@Timeout(60)
public abstract class TickStoreContract {

    private static final Duration HOUR = Duration.ofHours(1);

    /** The store under test, always the same. */
    protected abstract TickStore ticks();

    /** The store as another process would use it, which {@link #loseStore} leaves alone. */
    protected abstract TickStore otherProcess();

    /** {@link #ticks()} does not reach the store any more, until the test ends. */
    protected abstract void loseStore();

    @Test
    void clock_of_the_store_is_told_and_goes_on() throws Exception {
        Instant before = ticks().read("plan").now();
        assertThat(otherProcess().read("another").now()).isAfterOrEqualTo(before);
        assertThat(ticks().read("plan").claims()).isEmpty();
    }

    @Test
    void claim_is_read_back_as_it_was_made() throws Exception {
        Instant now = now();
        TickClaim run =
                new TickClaim("plan 매출", "nightly \"a\"", now, Optional.of(RunId.random()), "host (pid 42)", "");
        TickClaim none = new TickClaim("plan 매출", "hourly", now.minusSeconds(1), Optional.empty(), "host", "missed\n'");
        assertThat(ticks().claim(run, Duration.ZERO)).isTrue();
        assertThat(ticks().claim(none, Duration.ZERO)).isTrue();
        Ticks read = otherProcess().read("plan 매출");
        assertThat(read.claims()).containsOnlyKeys("nightly \"a\"", "hourly");
        assertThat(read.last("nightly \"a\"").orElseThrow().claim()).isEqualTo(run);
        assertThat(read.last("hourly").orElseThrow().claim()).isEqualTo(none);
        assertThat(read.last("hourly").orElseThrow().at()).isBetween(now, read.now());
        assertThat(read.last("weekly")).isEmpty();
        assertThat(ticks().read("plan").claims()).as("of another plan").isEmpty();
    }

    @Test
    void tick_is_claimed_once_and_none_before_it_any_more() throws Exception {
        Instant tick = now();
        assertThat(ticks().claim(claim("s", tick), Duration.ZERO)).isTrue();
        assertThat(otherProcess().claim(claim("s", tick), Duration.ZERO)).isFalse();
        assertThat(ticks().claim(claim("s", tick), Duration.ZERO)).isFalse();
        assertThat(otherProcess().claim(claim("s", tick.minusMillis(1)), Duration.ZERO))
                .isFalse();
        assertThat(otherProcess().claim(claim("s", tick.plusMillis(1)), Duration.ZERO))
                .isTrue();
        assertThat(ticks().claim(claim("another", tick), Duration.ZERO)).isTrue();
    }

    @Test
    void ticks_are_as_far_apart_as_asked_for() throws Exception {
        Instant tick = now().minus(HOUR.multipliedBy(3));
        assertThat(ticks().claim(claim("s", tick), HOUR)).isTrue();
        assertThat(otherProcess().claim(claim("s", tick.plus(HOUR).minusMillis(1)), HOUR))
                .isFalse();
        assertThat(otherProcess().claim(claim("s", tick.plus(HOUR)), HOUR)).isTrue();
        assertThat(ticks().claim(claim("s", tick.plus(HOUR).plusMillis(1)), Duration.ZERO))
                .isTrue();
    }

    @Test
    void tick_far_ahead_of_the_clock_counts_for_nothing() throws Exception {
        Instant now = now();
        assertThat(ticks().claim(claim("s", now.plus(HOUR)), Duration.ZERO)).isTrue();
        assertThat(ticks().read("plan").last("s")).isEmpty();
        assertThat(otherProcess().claim(claim("s", now), HOUR)).isTrue();
        assertThat(otherProcess().claim(claim("s", now), HOUR)).isFalse();
        Instant ahead = now.plus(TickStore.AHEAD).minusSeconds(60);
        assertThat(ticks().claim(claim("near", ahead), Duration.ZERO)).isTrue();
        assertThat(ticks().read("plan").last("near")).isPresent();
        assertThat(ticks().claim(claim("near", now), Duration.ZERO)).isFalse();
    }

    @Test
    void of_many_processes_exactly_one_claims_each_tick() throws Exception {
        Instant first = now().minus(HOUR);
        AtomicInteger claimed = new AtomicInteger();
        int rounds = 20;
        Threads.together(6, () -> {
            for (int i = 0; i < rounds; i++) {
                TickStore store = i % 2 == 0 ? ticks() : otherProcess();
                if (store.claim(claim("s", first.plusSeconds(i)), Duration.ZERO)) {
                    claimed.incrementAndGet();
                }
            }
            return true;
        });
        assertThat(claimed.get()).as("a late one may find a later tick claimed").isBetween(1, rounds);
        assertThat(ticks().read("plan").last("s").orElseThrow().claim().tick())
                .isEqualTo(first.plusSeconds(rounds - 1));

        AtomicInteger same = new AtomicInteger();
        Threads.together(6, () -> {
            same.addAndGet(ticks().claim(claim("same", first), HOUR) ? 1 : 0);
            same.addAndGet(otherProcess().claim(claim("same", first), Duration.ZERO) ? 1 : 0);
            return true;
        });
        assertThat(same).hasValue(1);
    }

    @Test
    void store_that_is_away_is_a_failure() throws Exception {
        Instant now = now();
        loseStore();
        assertThatThrownBy(() -> ticks().read("plan")).isInstanceOf(RefreshException.class);
        assertThatThrownBy(() -> ticks().claim(claim("s", now), Duration.ZERO)).isInstanceOf(RefreshException.class);
        assertThat(otherProcess().read("plan").claims()).isEmpty();
    }

    private Instant now() throws RefreshException {
        return ticks().read("plan").now().truncatedTo(ChronoUnit.MILLIS);
    }

    private static TickClaim claim(String schedule, Instant tick) {
        return new TickClaim("plan", schedule, tick, Optional.of(RunId.random()), "a process", "");
    }
}
