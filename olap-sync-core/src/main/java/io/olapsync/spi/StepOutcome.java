package io.olapsync.spi;

import java.util.Objects;

/** How a step of a run ended. */
public sealed interface StepOutcome {

    /**
     * A view was refreshed and committed.
     *
     * @param result what the refresh did
     * @param attempts how often it was tried, the first included
     */
    record Refreshed(ViewRefresh result, int attempts) implements StepOutcome {
        public Refreshed {
            Objects.requireNonNull(result, "result");
        }
    }

    /**
     * A step that refreshes nothing (a check, the invalidation, the completion) did its work.
     *
     * @param detail what it did, in a few words; may be empty
     * @param attempts how often it was tried, the first included
     */
    record Passed(String detail, int attempts) implements StepOutcome {
        public Passed {
            Objects.requireNonNull(detail, "detail");
        }
    }

    /**
     * The step did not run, or what it did was rolled back for a reason outside of it.
     *
     * @param reason why
     * @param detail the thing behind the reason, such as the step that failed; may be empty
     */
    record Skipped(SkipReason reason, String detail) implements StepOutcome {
        public Skipped {
            Objects.requireNonNull(reason, "reason");
            Objects.requireNonNull(detail, "detail");
        }
    }

    /**
     * The step failed for good.
     *
     * @param cause the failure of the last attempt
     * @param attempts how often it was tried, the first included; 0 where it failed before an attempt
     */
    record Failed(RefreshException cause, int attempts) implements StepOutcome {
        public Failed {
            Objects.requireNonNull(cause, "cause");
        }
    }

    /** Whether steps that depend on this one may run. */
    default boolean succeeded() {
        return this instanceof Refreshed || this instanceof Passed;
    }
}
