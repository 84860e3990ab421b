package io.olapsync.spi;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What is wrong, and who has been told of it, for all processes alike: so that many of them tell it once, and one that dies
 * between noticing and telling does not take it along.
 *
 * <p>What is to be told is not a queue but what an incident is against what a notifier was told of it. Whoever has the
 * <i>turn</i> of a notifier tells it; the turn is a lease, and ends with the process that has it.
 *
 * <p>Thread-safe. Times are by the store's clock.
 */
public interface IncidentStore {

    /**
     * Takes up failures, all or none. For each:
     *
     * <ul>
     *   <li>of the run that the latest incident of its key was last seen in: not counted again, only its cause is renewed,
     *       while that incident is open;
     *   <li>while an incident of its key is open: counted there;
     *   <li>of a time before the latest incident of its key ended: counted there, and that stays ended;
     *   <li>of a time less than {@code reopen} after that: the incident goes on as if it had not ended;
     *   <li>else a new one is opened.
     * </ul>
     *
     * The notifiers in {@link IncidentReport#told} count as told that the incident was opened.
     *
     * @throws RefreshException if the store could not be written
     */
    void report(Collection<IncidentReport> reports, Duration reopen) throws RefreshException;

    /**
     * The open incidents of a plan, oldest first.
     *
     * @throws RefreshException if the store could not be read
     */
    List<Incident> open(String plan) throws RefreshException;

    /**
     * Ends those of these incidents that are open and have not failed again since they were read.
     *
     * @param ended incidents as they were read, and when they succeeded
     * @throws RefreshException if the store could not be written
     */
    void resolve(Map<Incident, Instant> ended) throws RefreshException;

    /**
     * Takes the turn of a notifier, where there is something that it must be told: what is open and it does not know of,
     * and what is over and it was told of.
     *
     * @param holder who asks, unique among all processes; who has the turn already keeps it
     * @param lease how long the turn lasts unless {@link #told} prolongs it
     * @param lately how far back {@link Turn#toldLately} looks
     * @return empty where another holder has the turn, or where there is nothing to be told
     * @throws RefreshException if the store could not be asked
     */
    Optional<Turn> takeTurn(String plan, String notifier, String holder, Duration lease, Duration lately)
            throws RefreshException;

    /**
     * Remembers what a notifier was told: of open ones that they were opened, of others that they are over. Prolongs the
     * turn of this holder, if it still has it.
     *
     * @param incidents as they were told
     * @param summary whether in a summary
     * @throws RefreshException if the store could not be written
     */
    void told(
            String plan,
            String notifier,
            String holder,
            Duration lease,
            Collection<Incident> incidents,
            boolean summary)
            throws RefreshException;

    /**
     * Gives the turn back, if this holder has it.
     *
     * @throws RefreshException if the store could not be written
     */
    void endTurn(String plan, String notifier, String holder) throws RefreshException;

    /**
     * Forgets incidents of a plan that failed for the last time longer than this ago, open ones too.
     *
     * @throws RefreshException if the store could not be written
     */
    void forget(String plan, Duration keep) throws RefreshException;

    /**
     * The turn of a notifier.
     *
     * @param at the store's clock
     * @param untold what it must be told, oldest first
     * @param toldLately how many incidents it was told of lately
     * @param summedUpLately whether a summary was among that
     */
    record Turn(Instant at, List<Incident> untold, int toldLately, boolean summedUpLately) {

        public Turn {
            Objects.requireNonNull(at, "at");
            untold = List.copyOf(untold);
        }
    }
}
