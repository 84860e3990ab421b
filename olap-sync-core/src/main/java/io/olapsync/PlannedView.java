package io.olapsync;

import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.Fuse;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A view of a plan. The name of its step is {@code name.toString()}.
 *
 * @param name the view
 * @param upstreams the views that must be refreshed before it, as declared: the direct ones, in the order of their
 *     declaration; may be empty
 * @param tags words to select it by, in the order of their declaration; may be empty
 * @param group the group whose views are refreshed on one snapshot and committed as one; empty where it is alone
 * @param deadline the most that one attempt at it may take, positive; empty where the engine's own limit holds
 * @param fuse the largest change of it that is believed, where there is such a limit
 * @param minInterval how long after a refresh a call does not refresh it again; empty where the engine's own setting holds
 * @param staleAfter from which age on its data counts as stale, positive; empty where the engine's own limit holds
 * @param targetLag the age its data shall not exceed while the engine is started, positive; empty where there is no such aim
 * @param delta how it finds out what of it to recompute, where it is kept as a delta table; empty: it is recomputed whole
 */
public record PlannedView(
        ViewName name,
        Set<ViewName> upstreams,
        Set<String> tags,
        Optional<String> group,
        Optional<Duration> deadline,
        Optional<Fuse> fuse,
        Optional<Duration> minInterval,
        Optional<Duration> staleAfter,
        Optional<Duration> targetLag,
        Optional<DeltaSpec> delta) {

    private static final Duration LONGEST_DEADLINE = Duration.ofDays(36_500);

    /**
     * @throws IllegalArgumentException if it is its own upstream, a tag or the group is blank, or a duration is out
     *     of its range
     */
    public PlannedView {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(fuse, "fuse");
        Objects.requireNonNull(delta, "delta");
        upstreams = inOrder(upstreams);
        tags = inOrder(tags);
        if (upstreams.contains(name)) {
            throw new IllegalArgumentException("view " + name + " must not be its own upstream");
        }
        if (tags.stream().anyMatch(String::isBlank)) {
            throw new IllegalArgumentException("view " + name + ": a tag must not be blank");
        }
        if (group.isPresent() && group.get().isBlank()) {
            throw new IllegalArgumentException("view " + name + ": a group's name must not be blank");
        }
        if (deadline.isPresent() && !isDeadline(deadline.get())) {
            throw new IllegalArgumentException(
                    "view " + name + ": a deadline must be positive and at most 100 years, not " + deadline.get());
        }
        requirePositive(name, "the age from which on it is stale", staleAfter);
        requirePositive(name, "a target lag", targetLag);
        if (minInterval.isPresent() && !isInterval(minInterval.get())) {
            throw new IllegalArgumentException(
                    "view " + name + ": a minimum interval must be between 0 and 100 years, not " + minInterval.get());
        }
    }

    private static void requirePositive(ViewName name, String what, Optional<Duration> value) {
        if (value.isPresent() && !isDeadline(value.get())) {
            throw new IllegalArgumentException(
                    "view " + name + ": " + what + " must be positive and at most 100 years, not " + value.get());
        }
    }

    /** Whether it is not negative, and at most what the engine can count with. */
    static boolean isInterval(Duration duration) {
        return !duration.isNegative() && duration.compareTo(LONGEST_DEADLINE) <= 0;
    }

    /** Whether it is positive, and at most what the engine can count with. */
    static boolean isDeadline(Duration duration) {
        return !duration.isNegative() && !duration.isZero() && duration.compareTo(LONGEST_DEADLINE) <= 0;
    }

    private static <T> Set<T> inOrder(Set<T> elements) {
        Set<T> copy = new LinkedHashSet<>(elements);
        copy.forEach(Objects::requireNonNull);
        return Collections.unmodifiableSet(copy);
    }
}
