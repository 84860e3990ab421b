package io.olapsync.internal.alert;

import io.olapsync.PlannedView;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.Incident;
import io.olapsync.spi.IncidentCause;
import io.olapsync.spi.IncidentKey;
import io.olapsync.spi.IncidentKey.Topic;
import io.olapsync.spi.IncidentSource;
import io.olapsync.spi.IncidentSource.Judgement;
import io.olapsync.spi.IncidentStore;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewControl;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the store, for all that happened in whatever process: which incidents are over because a view was refreshed or a
 * run completed, which views are too old, which runs died.
 */
final class Look {

    private static final Logger log = LoggerFactory.getLogger(Look.class);
    private static final Duration ABANDONED_LATELY = Duration.ofHours(1);
    private static final int RUNS = 50;

    private final AlertParts parts;
    private final Desk desk;
    private final FailureWatch watch;
    private final Drift drift;
    private final List<ViewName> views;
    private final long beganNanos;
    private final Set<Object> abandoned = new HashSet<>();
    private volatile Map<ViewName, ViewState> lastStates = Map.of();

    Look(AlertParts parts, Desk desk, FailureWatch watch) {
        this.parts = parts;
        this.desk = desk;
        this.watch = watch;
        this.drift = new Drift(parts);
        this.views = parts.plan().views().stream().map(PlannedView::name).toList();
        this.beganNanos = parts.clock().nanoTime();
    }

    /** Blocks for a few reads. */
    void at(IncidentStore store) throws RefreshException {
        List<Incident> open = store.open(parts.plan().name());
        Map<ViewName, ViewState> states = parts.states().read(views);
        lastStates = states;
        Successes successes = new Successes();
        List<Judgement> judgements = judgements();
        Map<Incident, Instant> ended = new LinkedHashMap<>();
        for (Incident incident : open) {
            ended(incident, states, successes, judgements).ifPresent(at -> ended.put(incident, at));
        }
        if (!ended.isEmpty()) {
            store.resolve(ended);
        }
        if (parts.alerts().staleness()) {
            stale(open, states);
        }
        wrong(open, judgements);
        abandoned();
    }

    private List<Judgement> judgements() {
        List<Judgement> all = new ArrayList<>();
        for (IncidentSource source : parts.sources()) {
            try {
                all.addAll(source.judge());
            } catch (RefreshException
                    | RuntimeException e) { // a plugin's fault must not keep the others from being told
                log.debug("{} could not be judged", source.getClass().getName(), e);
            }
        }
        if (!parts.alerts().staleness()) {
            all.removeIf(judgement -> judgement.topic() == Topic.TARGET_LAG);
        }
        return all;
    }

    /** What is judged to be wrong and was not known to be. */
    private void wrong(List<Incident> open, List<Judgement> judgements) {
        Set<IncidentKey> keys = open.stream().map(Incident::key).collect(Collectors.toSet());
        for (Judgement judgement : judgements) {
            boolean known = judgement.trouble().isEmpty()
                    || keys.contains(new IncidentKey(parts.plan().name(), judgement.topic(), judgement.subject()))
                    || judgement.explainedBy().stream().anyMatch(keys::contains);
            if (!known) {
                desk.report(
                        judgement.topic(),
                        judgement.subject(),
                        new IncidentCause(
                                Optional.empty(),
                                0,
                                judgement.trouble().orElseThrow(),
                                Optional.empty(),
                                judgement.remedy(),
                                parts.process()));
            }
        }
    }

    private static Set<String> subjects(List<Incident> open, Topic... topics) {
        Set<Topic> wanted = Set.of(topics);
        return open.stream()
                .map(Incident::key)
                .filter(key -> wanted.contains(key.topic()))
                .map(IncidentKey::subject)
                .collect(Collectors.toSet());
    }

    /** When it succeeded again; empty where it has not. */
    private Optional<Instant> ended(
            Incident incident, Map<ViewName, ViewState> states, Successes successes, List<Judgement> judgements)
            throws RefreshException {
        String subject = incident.key().subject();
        Optional<ViewState> state = views.stream()
                .filter(view -> view.toString().equals(subject))
                .findFirst()
                .map(states::get);
        Optional<Instant> success = switch (incident.key().topic()) {
            case REFRESH -> state.map(ViewState::refreshedAt);
            case DRIFT -> drift.over(incident);
            case STALENESS -> state.filter(this::isFresh).map(young -> now(states));
            case STORE -> desk.isAway() ? Optional.empty() : Optional.of(now(states));
            case RUN -> successes.ofKind(subject);
            case CHECK -> successes.ofCheck(subject);
            default -> isWell(incident.key(), judgements) ? Optional.of(now(states)) : Optional.empty();
        };
        return success.filter(at -> at.isAfter(incident.lastAt()));
    }

    private static boolean isWell(IncidentKey key, List<Judgement> judgements) {
        return judgements.stream()
                .filter(judgement ->
                        judgement.topic() == key.topic() && judgement.subject().equals(key.subject()))
                .findFirst()
                .map(judgement -> judgement.trouble().isEmpty())
                .orElse(false);
    }

    /** Runs that were completed, by when they began: one that began after a failure shows that it is over. */
    private final class Successes {

        private final Map<SyncKind, Optional<Instant>> known = new EnumMap<>(SyncKind.class);

        Optional<Instant> ofKind(String word) throws RefreshException {
            for (SyncKind kind : SyncKind.values()) {
                if (FailureWatch.word(kind).equals(word)) {
                    return last(kind);
                }
            }
            return Optional.empty();
        }

        Optional<Instant> ofCheck(String check) throws RefreshException {
            Optional<Instant> latest = watch.passed(check);
            for (SyncKind kind : SyncKind.values()) {
                Optional<Instant> completed = last(kind);
                latest = latest.isPresent()
                                && completed.map(latest.get()::isAfter).orElse(true)
                        ? latest
                        : completed;
            }
            return latest;
        }

        private Optional<Instant> last(SyncKind kind) throws RefreshException {
            if (!known.containsKey(kind)) {
                Optional<HistoryEntry.Run> run =
                        parts.history().lastCompleted(parts.plan().name(), kind);
                known.put(kind, run.map(HistoryEntry.Run::startedAt));
            }
            return known.getOrDefault(kind, Optional.empty());
        }
    }

    /** The store's clock, as its states show it. */
    private Instant now(Map<ViewName, ViewState> states) {
        return states.values().stream()
                .map(state -> state.asOf().time().plus(state.staleness()))
                .max(Instant::compareTo)
                .orElseGet(parts.clock()::now);
    }

    private boolean isFresh(ViewState state) {
        return state.age().compareTo(limit(state.view())) < 0;
    }

    private Duration limit(ViewName view) {
        return parts.plan().view(view).staleAfter().orElse(parts.staleAfter());
    }

    /** Views that are too old although nothing failed; one that is paused is meant to be. */
    private void stale(List<Incident> open, Map<ViewName, ViewState> states) throws RefreshException {
        Set<String> known = subjects(open, Topic.STALENESS, Topic.REFRESH, Topic.TARGET_LAG);
        Duration watched = Duration.ofNanos(parts.clock().nanoTime() - beganNanos);
        List<ViewName> old = new ArrayList<>();
        for (ViewName view : views) {
            ViewState state = states.get(view);
            boolean stale = state == null ? watched.compareTo(limit(view)) >= 0 : !isFresh(state);
            if (stale && !known.contains(view.toString())) {
                old.add(view);
            }
        }
        if (old.isEmpty()) {
            return;
        }
        Map<ViewName, ViewControl> controls = parts.states().controls(old);
        for (ViewName view : old) {
            if (!controls.getOrDefault(view, ViewControl.none(view)).isPaused()) {
                ViewState state = states.get(view);
                String age = state == null
                        ? "it was never refreshed"
                        : "its data is " + words(state.age()) + " old, and nothing failed";
                desk.report(
                        Topic.STALENESS,
                        view.toString(),
                        new IncidentCause(
                                Optional.empty(),
                                0,
                                age + "; the limit is " + words(limit(view)),
                                Optional.empty(),
                                Optional.empty(),
                                parts.process()));
            }
        }
    }

    private static String words(Duration age) {
        return age.compareTo(Duration.ofHours(2)) < 0 ? age.toMinutes() + " min" : age.toHours() + " h";
    }

    /** Runs that nobody has followed by one of their kind since their process died. */
    private void abandoned() throws RefreshException {
        Set<SyncKind> seen = EnumSet.noneOf(SyncKind.class);
        for (HistoryEntry.Run run : parts.history().recentRuns(parts.plan().name(), RUNS)) {
            if (run.status() == RunStatus.RUNNING || !seen.add(run.kind())) {
                continue;
            }
            Instant recently = parts.clock().now().minus(ABANDONED_LATELY);
            boolean lately = run.endedAt().filter(recently::isBefore).isPresent();
            if (run.status() == RunStatus.ABANDONED && lately && abandoned.add(run.run())) {
                desk.report(
                        Topic.RUN,
                        FailureWatch.word(run.kind()),
                        new IncidentCause(
                                Optional.of(run.run()),
                                0,
                                "the process of the run died, or was cut off from the database",
                                Optional.empty(),
                                Optional.of("see what became of " + run.process()
                                        + "; what the run had committed stays, run it again for the rest"),
                                parts.process()));
            }
        }
        if (abandoned.size() > 1_000) {
            abandoned.clear();
        }
    }

    /** What readers of the subject of an incident see, as far as was known at the last look. */
    Optional<Instant> asOf(Incident incident) {
        Map<ViewName, ViewState> states = lastStates;
        boolean ofView = switch (incident.key().topic()) {
            case CHECK, RUN, SCHEDULE, STORE -> false;
            default -> true;
        };
        return states.values().stream()
                .filter(state ->
                        !ofView || state.view().toString().equals(incident.key().subject()))
                .map(ViewState::current)
                .min(Instant::compareTo);
    }
}
