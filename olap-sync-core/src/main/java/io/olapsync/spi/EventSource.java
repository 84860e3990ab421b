package io.olapsync.spi;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;

/**
 * Where change events come from: a queue that hands each message to one of its consumers, and keeps it until that one has
 * acknowledged it.
 *
 * <p>Used by one thread that polls, while other threads acknowledge and keep; {@link #close()} may come from any. The
 * engine polls, waits when the source is away, and polls again: a source has no thread of its own and never gives up.
 *
 * <p>What an implementation must hold to:
 *
 * <ul>
 *   <li>A message that was not acknowledged is delivered again, to this process or, once this one is dead or has not
 *       {@linkplain #keep kept} it for too long, to another.
 *   <li>A message that cannot be understood, or was delivered too often without an end, is set aside where an operator
 *       finds it, named in the {@link Batch}, and never delivered again; those behind it go on.
 *   <li>Where messages may have been lost (the queue was emptied, cut, or is new), the batch says so. The source
 *       forgets that it said so only when {@link #gapRecorded()} tells it to: whoever dies in between leaves the gap to be
 *       found again.
 * </ul>
 */
public interface EventSource extends AutoCloseable {

    /** What it reads, for health and log; without secrets. */
    String name();

    /**
     * The next messages, those first whose former consumer is gone.
     *
     * @param most at most this many messages, at least 1
     * @param wait how long to wait for the first message where there is none; zero: not at all
     * @return the messages in the order of the source; empty where there are none
     * @throws EventsUnavailableException if the source cannot be reached; the next call tries again
     */
    Batch poll(int most, Duration wait) throws EventsUnavailableException;

    /** The gap that a batch told of is recorded elsewhere, and the source may forget it. */
    void gapRecorded() throws EventsUnavailableException;

    /**
     * Ends these messages for good. Unknown ones, and those that were acknowledged before, are ignored.
     *
     * @param ids the ids of messages that this source has delivered
     */
    void acknowledge(Collection<String> ids) throws EventsUnavailableException;

    /**
     * Says that these messages are still being worked on, so that no other process takes them over. The engine calls it
     * several times within {@link #patience()}.
     *
     * @param ids the ids of messages that this source has delivered to this process
     */
    void keep(Collection<String> ids) throws EventsUnavailableException;

    /** How long a message may go without {@link #keep} before another process takes it over. Positive. */
    Duration patience();

    /** Lets go of the connections; what was not acknowledged stays with the source. A second call does nothing. */
    @Override
    void close();

    /**
     * What one poll brought.
     *
     * @param events the messages to be handled
     * @param gap whether messages may have been lost before these
     * @param setAside what was set aside by this poll
     */
    record Batch(List<ChangeEvent> events, boolean gap, List<SetAside> setAside) {

        /** Nothing at all. */
        public static final Batch EMPTY = new Batch(List.of(), false, List.of());

        public Batch {
            events = List.copyOf(events);
            setAside = List.copyOf(setAside);
        }
    }

    /**
     * A message that nobody will be given again.
     *
     * @param id the source's name of it
     * @param reason why, in a few words
     */
    record SetAside(String id, String reason) {

        public SetAside {
            Objects.requireNonNull(id, "id");
            Objects.requireNonNull(reason, "reason");
        }
    }
}
