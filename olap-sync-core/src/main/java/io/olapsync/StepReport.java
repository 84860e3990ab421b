package io.olapsync;

import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * How one step of a run went.
 *
 * @param step its name
 * @param kind what it does
 * @param view the view it refreshes; empty for other steps
 * @param outcome how it ended
 * @param attempts how often it was tried, the first included; 0 where it never began
 * @param startedAt when its first attempt began; empty where it never began
 * @param endedAt when it ended
 * @param began from the beginning of the run to its first attempt, or to its end where it never began
 * @param took from its first attempt to its end, pauses between attempts included; zero where it never began
 */
public record StepReport(
        String step,
        Kind kind,
        Optional<ViewName> view,
        StepOutcome outcome,
        int attempts,
        Optional<Instant> startedAt,
        Instant endedAt,
        Duration began,
        Duration took) {

    /** What a step does. */
    public enum Kind {
        /** Checks something before any view. */
        CHECK,
        /** Refreshes a view. */
        VIEW,
        /** Makes sure that caches are invalidated. */
        INVALIDATION,
        /** Records the end of the run in the history. */
        COMPLETION
    }

    public StepReport {
        Objects.requireNonNull(step, "step");
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(view, "view");
        Objects.requireNonNull(outcome, "outcome");
        Objects.requireNonNull(startedAt, "startedAt");
        Objects.requireNonNull(endedAt, "endedAt");
        Objects.requireNonNull(began, "began");
        Objects.requireNonNull(took, "took");
    }
}
