package io.olapsync.spi;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * What holds a view back, for all processes alike.
 *
 * @param view the view
 * @param failures how often its refresh has failed in a row
 * @param suspendedAt since when it is suspended because it failed too often; a committed refresh ends that
 * @param pausedAt since when an operator has paused it; only {@link ViewStates#resume} ends that
 * @param pauseReason what the operator said; empty where it is not paused
 * @param sinceEvent how long ago some process last said that events for the view are arriving; empty: never
 */
public record ViewControl(
        ViewName view,
        int failures,
        Optional<Instant> suspendedAt,
        Optional<Instant> pausedAt,
        String pauseReason,
        Optional<Duration> sinceEvent) {

    public ViewControl {
        Objects.requireNonNull(view, "view");
        Objects.requireNonNull(suspendedAt, "suspendedAt");
        Objects.requireNonNull(pausedAt, "pausedAt");
        Objects.requireNonNull(pauseReason, "pauseReason");
        Objects.requireNonNull(sinceEvent, "sinceEvent");
    }

    /** A view that nothing holds back. */
    public static ViewControl none(ViewName view) {
        return new ViewControl(view, 0, Optional.empty(), Optional.empty(), "", Optional.empty());
    }

    /** Whether it failed too often. */
    public boolean isSuspended() {
        return suspendedAt.isPresent();
    }

    /** Whether an operator has paused it. */
    public boolean isPaused() {
        return pausedAt.isPresent();
    }
}
