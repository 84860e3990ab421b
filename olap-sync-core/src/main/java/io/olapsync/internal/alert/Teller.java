package io.olapsync.internal.alert;

import io.olapsync.spi.Alert;
import io.olapsync.spi.Incident;
import io.olapsync.spi.IncidentKey.Topic;
import io.olapsync.spi.IncidentStore;
import io.olapsync.spi.IncidentStore.Turn;
import io.olapsync.spi.NotificationException;
import io.olapsync.spi.Notifier;
import io.olapsync.spi.RefreshException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells one notifier what it does not know yet, when it is this process's turn. */
final class Teller {

    private static final Logger log = LoggerFactory.getLogger(Teller.class);
    private static final Duration LEASE = Duration.ofMinutes(2);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);
    private static final Duration REFUSED = Duration.ofHours(1);
    private static final int LATELY = 10;

    private final AlertParts parts;
    private final Notifier notifier;
    private final String name;
    private final Desk desk;
    private final Look look;
    private final String holder;
    private final ReentrantLock telling = new ReentrantLock();

    private final Map<Long, Long> refusedUntil = new HashMap<>(); // guarded by telling, as those below
    private final Map<Long, Incident> unnoted = new HashMap<>(); // told, but the store could not be written
    private int failures;
    private long notBefore;
    private volatile @Nullable String problem;

    Teller(AlertParts parts, Notifier notifier, Desk desk, Look look, String holder) {
        this.parts = parts;
        this.notifier = notifier;
        this.name = notifier.name();
        this.desk = desk;
        this.look = look;
        this.holder = holder;
        this.notBefore = parts.clock().nanoTime();
    }

    /** Why messages are not delivered now; empty where they are. */
    Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    /**
     * Tells what is due. Blocks while the notifier does.
     *
     * @param all whether to tell all that is untold, however fresh, because this process is about to end
     * @return after how long to try again, where it has just failed
     */
    Optional<Duration> tell(boolean all) {
        telling.lock();
        try {
            boolean waits = notBefore - parts.clock().nanoTime() > 0;
            return waits && !all ? Optional.empty() : tellFrom(desk.current(), all);
        } finally {
            telling.unlock();
        }
    }

    private Optional<Duration> tellFrom(IncidentStore store, boolean all) {
        String plan = parts.plan().name();
        desk.beginTelling(store);
        try {
            Duration lately = parts.alerts().gather().multipliedBy(LATELY);
            Optional<Turn> turn = store.takeTurn(plan, name, holder, LEASE, lately);
            if (turn.isEmpty()) {
                well();
                return Optional.empty();
            }
            try {
                return tell(store, turn.get(), all);
            } finally {
                store.endTurn(plan, name, holder);
            }
        } catch (RefreshException | RuntimeException e) {
            log.debug("What {} is to be told could not be asked", name, e);
            desk.failed(e);
            return Optional.empty();
        } finally {
            desk.endTelling(store);
        }
    }

    private Optional<Duration> tell(IncidentStore store, Turn turn, boolean all) throws RefreshException {
        if (!desk.isMemory(store)) {
            note(store, turn);
        }
        List<Incident> due = due(store, turn, all);
        if (due.isEmpty()) {
            return Optional.empty();
        }
        if (due.size() + (all ? 0 : turn.toldLately()) > parts.alerts().most()) {
            boolean mayGo = all || !turn.summedUpLately();
            return mayGo ? send(store, due, due.size() > 1) : Optional.empty();
        }
        for (Incident incident : due) {
            Optional<Duration> again = send(store, List.of(incident), false);
            if (again.isPresent()) {
                return again;
            }
        }
        return Optional.empty();
    }

    /** Memory and store number their incidents each for itself, from 1. */
    private long key(IncidentStore store, Incident incident) {
        return desk.isMemory(store) ? -incident.id() : incident.id();
    }

    /** Whether it was told in this state. */
    private boolean isUnnoted(IncidentStore store, Incident incident) {
        Incident told = unnoted.get(key(store, incident));
        return told != null && told.isOpen() == incident.isOpen();
    }

    /** Notes what was told when the store could not be written: it must not be told again at every look. */
    private void note(IncidentStore store, Turn turn) throws RefreshException {
        List<Incident> told = turn.untold().stream()
                .filter(incident -> isUnnoted(store, incident))
                .toList();
        if (!told.isEmpty()) {
            store.told(parts.plan().name(), name, holder, LEASE, told, false);
        }
        unnoted.clear();
    }

    private List<Incident> due(IncidentStore store, Turn turn, boolean all) {
        long now = parts.clock().nanoTime();
        refusedUntil.values().removeIf(until -> until - now <= 0);
        boolean onlyStore = desk.isMemory(store) && desk.isDatabaseAwayTold();
        Instant before = turn.at().minus(parts.alerts().gather());
        List<Incident> untold = turn.untold().stream()
                .filter(incident -> !refusedUntil.containsKey(key(store, incident)) && !isUnnoted(store, incident))
                .filter(incident -> !onlyStore || incident.key().topic() == Topic.STORE)
                .toList();
        boolean gathered = all
                || untold.stream()
                        .anyMatch(incident ->
                                incident.isOpen() && !incident.openedAt().isAfter(before));
        return untold.stream()
                .filter(incident -> incident.isOpen()
                        ? gathered
                        : all || !incident.resolvedAt().orElseThrow().isAfter(before))
                .toList();
    }

    private Optional<Duration> send(IncidentStore store, List<Incident> incidents, boolean summary)
            throws RefreshException {
        Alert.Kind kind =
                summary ? Alert.Kind.SUMMARY : incidents.get(0).isOpen() ? Alert.Kind.OPENED : Alert.Kind.RECOVERED;
        List<Alert.Item> items = incidents.stream()
                .map(incident -> new Alert.Item(incident, look.asOf(incident)))
                .toList();
        try {
            notifier.send(new Alert(
                    kind,
                    parts.plan().name(),
                    items,
                    parts.process(),
                    parts.clock().now()));
        } catch (NotificationException e) {
            return notTaken(store, incidents, e);
        } catch (RuntimeException | Error e) {
            return notTaken(
                    store,
                    incidents,
                    NotificationException.transientFailure(
                            "it failed unexpectedly: " + e.getClass().getName(), null));
        }
        incidents.forEach(incident -> unnoted.put(key(store, incident), incident));
        store.told(parts.plan().name(), name, holder, LEASE, incidents, summary);
        incidents.forEach(incident -> unnoted.remove(key(store, incident)));
        if (refusedUntil.isEmpty()) {
            well();
        }
        return Optional.empty();
    }

    private Optional<Duration> notTaken(IncidentStore store, List<Incident> incidents, NotificationException e) {
        if (problem == null) {
            log.warn("Alerts do not reach {}; they are kept and tried again: {}", name, e.getMessage());
        }
        problem = "alerts do not reach " + name + ": " + e.getMessage();
        long now = parts.clock().nanoTime();
        if (!e.mayBeRetried()) {
            incidents.forEach(incident -> refusedUntil.put(key(store, incident), now + REFUSED.toNanos()));
            return Optional.empty();
        }
        Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(failures, 9));
        failures++;
        pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
        Duration asked = e.retryAfter().orElse(Duration.ZERO);
        asked = asked.compareTo(REFUSED) > 0 ? REFUSED : asked;
        pause = asked.compareTo(pause) > 0 ? asked : pause;
        notBefore = now + pause.toNanos();
        return Optional.of(pause.plusMillis(1));
    }

    private void well() {
        failures = 0;
        refusedUntil.clear();
        if (problem != null) {
            problem = null;
            log.info("Alerts reach {} again", name);
        }
    }
}
