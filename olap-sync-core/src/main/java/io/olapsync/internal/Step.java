package io.olapsync.internal;

import io.olapsync.StepReport;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.ViewName;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is known of a step so far. Touched only in its run's turn. */
final class Step {

    final String name;
    final StepReport.Kind kind;
    final Optional<ViewName> view;

    int attempts;

    @Nullable
    Instant startedAt;

    long startedNanos;

    @Nullable
    StepOutcome outcome;

    @Nullable
    Instant endedAt;

    long endedNanos;

    /** Whether listeners know that it waits for somebody else's lock. */
    boolean lockReported;

    Step(String name, StepReport.Kind kind, Optional<ViewName> view) {
        this.name = name;
        this.kind = kind;
        this.view = view;
    }

    boolean ended() {
        return outcome != null;
    }

    boolean succeeded() {
        return outcome != null && outcome.succeeded();
    }
}
