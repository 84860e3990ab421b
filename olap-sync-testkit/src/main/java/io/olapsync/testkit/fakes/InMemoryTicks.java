package io.olapsync.testkit.fakes;

import io.olapsync.spi.RefreshException;
import io.olapsync.spi.TickClaim;
import io.olapsync.spi.TickStore;
import io.olapsync.spi.Ticks;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;

/** Claims in memory; the clock they are given is their store's clock. */
public final class InMemoryTicks implements TickStore {

    private record Key(String plan, String schedule) {}

    private final InstantSource clock;
    private final Map<Key, Ticks.Claimed> claims = new HashMap<>();
    private boolean away;
    private int unclear;

    /** A store without claims. */
    public InMemoryTicks(InstantSource clock) {
        this.clock = clock;
    }

    /** Whether nothing can be read or claimed until told otherwise. */
    public synchronized void away(boolean isAway) {
        away = isAway;
    }

    /** The next so many claims are granted, and fail all the same, as when the connection dies with the answer. */
    public synchronized void unclear(int times) {
        unclear = times;
    }

    @Override
    public synchronized Ticks read(String plan) throws RefreshException {
        requirePresent();
        Map<String, Ticks.Claimed> found = new HashMap<>();
        claims.forEach((key, claimed) -> {
            if (key.plan().equals(plan)) {
                found.put(key.schedule(), claimed);
            }
        });
        return new Ticks(clock.instant(), found);
    }

    @Override
    public synchronized boolean claim(TickClaim claim, Duration apart) throws RefreshException {
        requirePresent();
        Key key = new Key(claim.plan(), claim.schedule());
        Ticks.Claimed before = claims.get(key);
        Instant now = clock.instant();
        if (before != null && !before.claim().tick().isAfter(now.plus(AHEAD))) {
            Instant last = before.claim().tick();
            if (!last.isBefore(claim.tick()) || last.isAfter(claim.tick().minus(apart))) {
                return false;
            }
        }
        claims.put(key, new Ticks.Claimed(claim, now));
        if (unclear > 0) {
            unclear--;
            throw new RefreshException(
                    RefreshException.Kind.TRANSIENT, "the connection to the ticks died with its answer", null);
        }
        return true;
    }

    private void requirePresent() throws RefreshException {
        if (away) {
            throw new RefreshException(RefreshException.Kind.TRANSIENT, "the ticks are away", null);
        }
    }
}
