package io.olapsync.spi;

import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The claims of a plan, as of one moment.
 *
 * @param now that moment, by the store's clock
 * @param claims the last claim of each schedule that ever had one, by its name
 */
public record Ticks(Instant now, Map<String, Claimed> claims) {

    /**
     * A claim that was granted.
     *
     * @param at when, by the store's clock
     */
    public record Claimed(TickClaim claim, Instant at) {
        public Claimed {
            Objects.requireNonNull(claim, "claim");
            Objects.requireNonNull(at, "at");
        }
    }

    public Ticks {
        Objects.requireNonNull(now, "now");
        claims = Map.copyOf(claims);
    }

    /** The last claim of this schedule that counts: not one from a clock that has been set back since. */
    public Optional<Claimed> last(String schedule) {
        return Optional.ofNullable(claims.get(schedule))
                .filter(claimed -> !claimed.claim().tick().isAfter(now.plus(TickStore.AHEAD)));
    }
}
