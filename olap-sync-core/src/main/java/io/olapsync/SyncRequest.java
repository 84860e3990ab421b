package io.olapsync;

import io.olapsync.spi.SyncKind;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * What a run is asked to do. Immutable; each {@code with} method gives a changed copy.
 *
 * @param selection which views of the plan
 * @param kind what the history calls it
 * @param trigger who or what asked for it, in a few words, for the history
 * @param publication how the views are committed; empty: as the plan says
 * @param deadline the most the run may take, retries included; empty: the engine's setting
 * @param fuses whether the fuses of the plan hold; without them a change of any size is believed
 */
public record SyncRequest(
        Selection selection,
        SyncKind kind,
        String trigger,
        Optional<Publication> publication,
        Optional<Duration> deadline,
        boolean fuses) {

    /** @throws IllegalArgumentException if the deadline is not positive or the trigger is blank */
    public SyncRequest {
        Objects.requireNonNull(selection, "selection");
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(publication, "publication");
        if (trigger.isBlank()) {
            throw new IllegalArgumentException("a trigger must not be blank: say who asks for the run");
        }
        deadline.ifPresent(most -> {
            if (most.compareTo(Duration.ofMillis(1)) < 0 || !PlannedView.isDeadline(most)) {
                throw new IllegalArgumentException(
                        "a run's deadline must be at least 1 ms and at most 100 years, not " + most);
            }
        });
    }

    /** All views of the plan, as the plan says. */
    public static SyncRequest full() {
        return of(Selection.all());
    }

    /** These views, as the plan says. Anything but all views of the plan counts as incremental. */
    public static SyncRequest of(Selection selection) {
        SyncKind kind = selection.equals(Selection.all()) ? SyncKind.FULL : SyncKind.INCREMENTAL;
        return new SyncRequest(selection, kind, "call", Optional.empty(), Optional.empty(), true);
    }

    /** The same, asked for by somebody else. */
    public SyncRequest withTrigger(String trigger) {
        return new SyncRequest(selection, kind, trigger, publication, deadline, fuses);
    }

    /** The same, committed this way. */
    public SyncRequest withPublication(Publication publication) {
        return new SyncRequest(selection, kind, trigger, Optional.of(publication), deadline, fuses);
    }

    /** The same, within this time. */
    public SyncRequest withDeadline(Duration deadline) {
        return new SyncRequest(selection, kind, trigger, publication, Optional.of(deadline), fuses);
    }

    /** The same, believing a change of any size: for the one run after a change that was meant. */
    public SyncRequest withoutFuses() {
        return new SyncRequest(selection, kind, trigger, publication, deadline, false);
    }
}
