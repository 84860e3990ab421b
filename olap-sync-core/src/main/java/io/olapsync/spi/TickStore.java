package io.olapsync.spi;

import java.time.Duration;

/**
 * Where processes agree who does what a schedule asks for: a tick is claimed by one of them, for ever. The store's clock says when
 * a tick is due, so that processes with clocks of their own agree on that as well.
 *
 * <p>Thread-safe.
 */
public interface TickStore {

    /** How far ahead of the store's clock a claimed tick may be. One further ahead is from a clock that has been set back since. */
    Duration AHEAD = Duration.ofMinutes(5);

    /**
     * The store's clock now, and the last claim of each schedule of this plan.
     *
     * @throws RefreshException if the store could not be read
     */
    Ticks read(String plan) throws RefreshException;

    /**
     * Claims a tick for this process; it replaces the schedule's claim before. Refused where that is for the same tick or a later
     * one, or for one less than {@code apart} before; but a tick further ahead of the store's clock than {@link #AHEAD} counts for
     * nothing.
     *
     * @param apart how far from the last claimed tick this one must be at least; zero: later is enough
     * @return whether this call has claimed it: of any number of calls for one tick it is true for one
     * @throws RefreshException if it could not be claimed, or nobody knows whether it was
     */
    boolean claim(TickClaim claim, Duration apart) throws RefreshException;
}
