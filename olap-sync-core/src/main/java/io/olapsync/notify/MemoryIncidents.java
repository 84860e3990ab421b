package io.olapsync.notify;

import io.olapsync.spi.Incident;
import io.olapsync.spi.IncidentCause;
import io.olapsync.spi.IncidentKey;
import io.olapsync.spi.IncidentReport;
import io.olapsync.spi.IncidentStore;
import io.olapsync.spi.SyncClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The incidents of one process, in memory: for stores that have no place for them, and while the real one is away.
 *
 * <p>Thread-safe. Its clock is the process's. Of each key it keeps the latest incident.
 */
public final class MemoryIncidents implements IncidentStore {

    private record Told(@Nullable Instant opened, @Nullable Instant recovered, boolean summary) {
        static final Told NOTHING = new Told(null, null, false);
    }

    private record Lease(String holder, Instant until) {}

    private final SyncClock clock;
    private final Map<IncidentKey, Incident> latest = new LinkedHashMap<>();
    private final Map<Long, Map<String, Told>> told = new HashMap<>();
    private final Map<List<String>, Lease> leases = new HashMap<>();
    private long ids;

    /** No incidents yet. */
    public MemoryIncidents(SyncClock clock) {
        this.clock = Objects.requireNonNull(clock, "clock");
    }

    @Override
    public synchronized void report(Collection<IncidentReport> reports, Duration reopen) {
        Instant now = clock.now();
        for (IncidentReport report : reports) {
            Incident known = latest.get(report.key());
            Incident next = next(known, report, now, reopen);
            if (known != null && known.id() != next.id()) {
                told.remove(known.id());
            }
            latest.put(report.key(), next);
            for (String notifier : report.told()) {
                Map<String, Told> by = told.computeIfAbsent(next.id(), id -> new HashMap<>());
                Told before = by.getOrDefault(notifier, Told.NOTHING);
                by.put(notifier, before.opened() != null ? before : new Told(now, null, false));
            }
        }
    }

    private Incident next(@Nullable Incident known, IncidentReport report, Instant now, Duration reopen) {
        Instant first = now.minus(report.since());
        Instant last = now.minus(report.age());
        if (known == null) {
            return opened(report, first, last);
        }
        Optional<Instant> resolved = known.resolvedAt();
        if (isSameRun(known.cause(), report.cause())) {
            return resolved.isPresent() ? known : with(known, report.cause(), known.lastAt(), resolved, 0);
        }
        if (resolved.isEmpty() || !last.isAfter(resolved.get())) {
            return with(known, report.cause(), later(known.lastAt(), last), resolved, report.times());
        }
        return Duration.between(resolved.get(), last).compareTo(reopen) < 0
                ? with(known, report.cause(), last, Optional.empty(), report.times())
                : opened(report, first, last);
    }

    private Incident opened(IncidentReport report, Instant first, Instant last) {
        return new Incident(++ids, report.key(), report.cause(), first, last, Optional.empty(), report.times());
    }

    private static boolean isSameRun(IncidentCause known, IncidentCause reported) {
        return known.run().isPresent() && known.run().equals(reported.run());
    }

    private static Incident with(
            Incident known, IncidentCause cause, Instant last, Optional<Instant> resolved, long more) {
        return new Incident(known.id(), known.key(), cause, known.openedAt(), last, resolved, known.times() + more);
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    @Override
    public synchronized List<Incident> open(String plan) {
        return select(incident -> incident.key().plan().equals(plan) && incident.isOpen());
    }

    /** All that it keeps, ended ones too, oldest first. */
    public synchronized List<Incident> all() {
        return select(incident -> true);
    }

    private List<Incident> select(Predicate<Incident> wanted) {
        return latest.values().stream()
                .filter(wanted)
                .sorted(Comparator.comparingLong(Incident::id))
                .toList();
    }

    @Override
    public synchronized void resolve(Map<Incident, Instant> ended) {
        ended.forEach((read, at) -> latest.computeIfPresent(
                read.key(),
                (key, now) ->
                        now.id() == read.id() && now.isOpen() && now.lastAt().equals(read.lastAt())
                                ? with(now, now.cause(), now.lastAt(), Optional.of(at), 0)
                                : now));
    }

    @Override
    public synchronized Optional<Turn> takeTurn(
            String plan, String notifier, String holder, Duration lease, Duration lately) {
        Instant now = clock.now();
        List<Incident> untold = select(incident -> incident.key().plan().equals(plan) && isUntold(incident, notifier));
        Lease held = leases.get(List.of(plan, notifier));
        boolean taken =
                held != null && !held.holder().equals(holder) && held.until().isAfter(now);
        if (untold.isEmpty() || taken) {
            return Optional.empty();
        }
        leases.put(List.of(plan, notifier), new Lease(holder, now.plus(lease)));
        List<Told> recent = new ArrayList<>();
        for (Incident incident : select(each -> each.key().plan().equals(plan))) {
            Told state = toldOf(incident, notifier);
            if (isAfter(state.opened(), now.minus(lately)) || isAfter(state.recovered(), now.minus(lately))) {
                recent.add(state);
            }
        }
        return Optional.of(new Turn(now, untold, recent.size(), recent.stream().anyMatch(Told::summary)));
    }

    private boolean isUntold(Incident incident, String notifier) {
        Told state = toldOf(incident, notifier);
        return incident.isOpen()
                ? state.opened() == null || state.recovered() != null
                : state.opened() != null && state.recovered() == null;
    }

    private Told toldOf(Incident incident, String notifier) {
        return told.getOrDefault(incident.id(), Map.of()).getOrDefault(notifier, Told.NOTHING);
    }

    private static boolean isAfter(@Nullable Instant one, Instant other) {
        return one != null && one.isAfter(other);
    }

    @Override
    public synchronized void told(
            String plan,
            String notifier,
            String holder,
            Duration lease,
            Collection<Incident> incidents,
            boolean summary) {
        Instant now = clock.now();
        for (Incident incident : incidents) {
            Map<String, Told> by = told.computeIfAbsent(incident.id(), id -> new HashMap<>());
            Told before = by.getOrDefault(notifier, Told.NOTHING);
            by.put(
                    notifier,
                    incident.isOpen() ? new Told(now, null, summary) : new Told(before.opened(), now, summary));
        }
        leases.computeIfPresent(
                List.of(plan, notifier),
                (key, held) -> held.holder().equals(holder) ? new Lease(holder, now.plus(lease)) : held);
    }

    @Override
    public synchronized void endTurn(String plan, String notifier, String holder) {
        leases.computeIfPresent(
                List.of(plan, notifier), (key, held) -> held.holder().equals(holder) ? null : held);
    }

    @Override
    public synchronized void forget(String plan, Duration keep) {
        Instant limit = clock.now().minus(keep);
        drop(incident -> incident.key().plan().equals(plan) && incident.lastAt().isBefore(limit));
    }

    /** Takes everything out that another store does not know of, with the names of those who were told of it. */
    public synchronized List<IncidentReport> take() {
        Instant now = clock.now();
        List<IncidentReport> reports = new ArrayList<>();
        for (Incident incident : all()) {
            Set<String> notifiers = new HashSet<>();
            told.getOrDefault(incident.id(), Map.of()).forEach((notifier, state) -> {
                if (state.opened() != null && state.recovered() == null) {
                    notifiers.add(notifier);
                }
            });
            if (incident.isOpen() || !notifiers.isEmpty()) {
                Duration age = notNegative(Duration.between(incident.lastAt(), now));
                Duration since = notNegative(Duration.between(incident.openedAt(), now));
                reports.add(new IncidentReport(
                        incident.key(),
                        incident.cause(),
                        since.compareTo(age) < 0 ? age : since,
                        age,
                        incident.times(),
                        notifiers));
            }
        }
        drop(incident -> true);
        return reports;
    }

    /** Whether it keeps nothing. */
    public synchronized boolean isEmpty() {
        return latest.isEmpty();
    }

    private void drop(Predicate<Incident> gone) {
        latest.values().removeIf(incident -> {
            boolean goes = gone.test(incident);
            if (goes) {
                told.remove(incident.id());
            }
            return goes;
        });
    }

    private static Duration notNegative(Duration duration) {
        return duration.isNegative() ? Duration.ZERO : duration;
    }
}
