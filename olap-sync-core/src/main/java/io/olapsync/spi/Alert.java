package io.olapsync.spi;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * One message to people: something has begun to fail, or it is over, or much of both at once.
 *
 * @param kind which of them
 * @param plan the plan's name
 * @param items the incidents: one, or those of a summary, oldest first
 * @param process names the process that sends it, for people
 * @param at when, by the clock of that process
 */
public record Alert(Kind kind, String plan, List<Item> items, String process, Instant at) {

    /** What a message says. */
    public enum Kind {
        /** An incident was opened. */
        OPENED,
        /** An incident is over. */
        RECOVERED,
        /** Several incidents were opened, or are over, at about the same time. */
        SUMMARY
    }

    /**
     * An incident in a message.
     *
     * @param incident what happened, since when, how often, in which run, and what mends it
     * @param asOf the moment of the sources that readers of the view see, of several views the oldest; empty where that is
     *     not known
     */
    public record Item(Incident incident, Optional<Instant> asOf) {
        public Item {
            Objects.requireNonNull(incident, "incident");
            Objects.requireNonNull(asOf, "asOf");
        }
    }

    public Alert {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(plan, "plan");
        Objects.requireNonNull(process, "process");
        Objects.requireNonNull(at, "at");
        items = List.copyOf(items);
        if (items.isEmpty() || (kind != Kind.SUMMARY && items.size() > 1)) {
            throw new IllegalArgumentException(
                    "a message of kind " + kind + " must not be about " + items.size() + " incidents");
        }
    }

    /** The incident that it is about, the oldest of a summary. */
    public Incident incident() {
        return items.get(0).incident();
    }
}
