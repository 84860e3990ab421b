package io.olapsync.internal.alert;

import io.olapsync.notify.MemoryIncidents;
import io.olapsync.spi.Incident;
import io.olapsync.spi.IncidentCause;
import io.olapsync.spi.IncidentKey;
import io.olapsync.spi.IncidentKey.Topic;
import io.olapsync.spi.IncidentReport;
import io.olapsync.spi.IncidentStore;
import io.olapsync.spi.RefreshException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where incidents go: into memory at once, one for each key, and from there into the store. While that is away they stay in
 * memory, and are told from there.
 */
final class Desk {

    private static final Logger log = LoggerFactory.getLogger(Desk.class);

    private final AlertParts parts;
    private final MemoryIncidents memory;
    private final ReentrantLock settling = new ReentrantLock();
    private boolean away; // guarded by this, as all below
    private int toldFromMemory;
    private @Nullable Exception problem;
    private long awaySince;
    private volatile boolean databaseAway; // and not only the place of incidents in it

    Desk(AlertParts parts) {
        this.parts = parts;
        this.memory = new MemoryIncidents(parts.clock());
    }

    /** Takes something up; touches no server. */
    void report(Topic topic, String subject, IncidentCause cause) {
        IncidentKey key = new IncidentKey(parts.plan().name(), topic, subject);
        memory.report(List.of(IncidentReport.now(key, cause)), parts.alerts().gather());
    }

    boolean isMemory(IncidentStore store) {
        return store == memory;
    }

    /** Where incidents are to be looked for and told from now. */
    synchronized IncidentStore current() {
        return away ? memory : parts.store().orElse(memory);
    }

    /**
     * Moves what is in memory to the store, where that can be reached. Blocks, also while somebody else is at it: what they
     * have taken out of memory is nowhere until they have written it, and who tells after this counts on finding it.
     */
    IncidentStore settle() {
        if (parts.store().isEmpty()) {
            return memory;
        }
        settling.lock();
        try {
            return settle(parts.store().get());
        } finally {
            settling.unlock();
        }
    }

    private IncidentStore settle(IncidentStore store) {
        if (memory.isEmpty() && !isAway()) {
            return store;
        }
        try {
            List<Incident> unused = store.open(parts.plan().name());
            move(store);
            synchronized (this) {
                away = false;
            }
            return store;
        } catch (RefreshException | RuntimeException e) {
            failed(e);
            return memory;
        }
    }

    private void move(IncidentStore store) throws RefreshException {
        List<IncidentReport> reports;
        synchronized (this) {
            if (toldFromMemory > 0) {
                return; // what is being told there must not be told again from the store
            }
            reports = memory.take();
        }
        if (reports.isEmpty()) {
            return;
        }
        try {
            store.report(reports, parts.alerts().gather());
        } catch (RefreshException | RuntimeException e) {
            memory.report(reports, parts.alerts().gather());
            throw e;
        }
    }

    /** Whether something is in memory alone. */
    boolean hasUnsaved() {
        return !memory.isEmpty();
    }

    synchronized boolean isAway() {
        return away;
    }

    /** Somebody begins to tell from this store. */
    synchronized void beginTelling(IncidentStore store) {
        toldFromMemory += isMemory(store) && parts.store().isPresent() ? 1 : 0;
    }

    synchronized void endTelling(IncidentStore store) {
        toldFromMemory -= isMemory(store) && parts.store().isPresent() ? 1 : 0;
    }

    /** The store could not be asked. */
    synchronized void failed(Exception e) {
        if (problem == null) {
            awaySince = parts.clock().nanoTime();
            log.debug("The store of incidents cannot be asked; they are kept in memory", e);
        }
        problem = e;
        away = parts.store().isPresent();
    }

    /** Whether the state of the views could be read. */
    void databaseAnswers(boolean answers) {
        databaseAway = !answers;
    }

    /** The store and the state of the views could be asked. */
    synchronized void worked() {
        problem = null;
    }

    /** Notes that the store is away, once it has been for too long. */
    synchronized void judgeStore() {
        Exception why = problem;
        if (why == null || isStoreAwayTold()) {
            return;
        }
        Duration since = Duration.ofNanos(parts.clock().nanoTime() - awaySince);
        if (since.compareTo(parts.alerts().storeAway()) < 0) {
            return;
        }
        RefreshException known = why instanceof RefreshException refused ? refused : null;
        IncidentCause cause = new IncidentCause(
                Optional.empty(),
                0,
                String.valueOf(why.getMessage()),
                known == null ? Optional.empty() : known.sqlState(),
                known == null ? Optional.empty() : known.remedy(),
                parts.process());
        IncidentKey key = new IncidentKey(parts.plan().name(), Topic.STORE, "store");
        memory.report(
                List.of(new IncidentReport(key, cause, since, Duration.ZERO, 1, Set.of())),
                parts.alerts().gather());
    }

    /** Whether it is known that the whole database is away: what fails meanwhile fails because of that. */
    boolean isDatabaseAwayTold() {
        return databaseAway && isStoreAwayTold();
    }

    private boolean isStoreAwayTold() {
        return memory.open(parts.plan().name()).stream()
                .anyMatch(incident -> incident.key().topic() == Topic.STORE);
    }
}
