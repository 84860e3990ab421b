package io.olapsync.internal;

import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.SyncClock;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewControl;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the stores last said of the views, part by part; a part that they do not say is kept as it was.
 *
 * @param complete whether states and controls are of the latest reading, so that the views can be judged
 * @param problems what that could not find out
 */
record StoreReading(
        Part<Map<ViewName, ViewState>> states,
        Part<Map<ViewName, ViewControl>> controls,
        Part<Map<ViewName, HistoryEntry.Step>> latest,
        Part<Set<ViewName>> pending,
        Part<Optional<Instant>> lastFull,
        Part<Optional<Instant>> lastIncremental,
        Part<Timetable.Health> timetable,
        boolean complete,
        List<String> problems) {

    /**
     * One thing that a store was asked for.
     *
     * @param at when it answered, by the clock of the process; empty: it never has
     * @param atNanos the same by the monotonic clock
     */
    record Part<T>(T value, Optional<Instant> at, long atNanos) {
        static <T> Part<T> unknown(T value) {
            return new Part<>(value, Optional.empty(), 0);
        }
    }

    /** Nothing is known. */
    static final StoreReading NOTHING = new StoreReading(
            Part.unknown(Map.of()),
            Part.unknown(Map.of()),
            Part.unknown(Map.of()),
            Part.unknown(Set.of()),
            Part.unknown(Optional.empty()),
            Part.unknown(Optional.empty()),
            Part.unknown(new Timetable.Health(List.of(), Map.of())),
            false,
            List.of());

    /** Asks the stores, and blocks until they have answered or failed. */
    StoreReading next(EngineParts parts, Timetable timetable, Duration patience) {
        return new Reader(parts, timetable, patience).read(this);
    }

    /** When the oldest part was read that has ever been; schedules say themselves what they could not read. */
    Optional<Instant> oldest() {
        return List.of(states, controls, latest, pending, lastFull, lastIncremental).stream()
                .flatMap(part -> part.at().stream())
                .min(Instant::compareTo);
    }

    private static final class Reader {

        /** A read of a store. */
        @FunctionalInterface
        private interface Read<T> {
            T get() throws RefreshException;
        }

        private final EngineParts parts;
        private final Timetable timetable;
        private final long giveUpAfter;
        private final List<String> problems = new ArrayList<>();

        Reader(EngineParts parts, Timetable timetable, Duration patience) {
            this.parts = parts;
            this.timetable = timetable;
            this.giveUpAfter = System.nanoTime() + patience.toNanos();
        }

        StoreReading read(StoreReading before) {
            List<ViewName> names =
                    parts.plan().views().stream().map(view -> view.name()).toList();
            Adapters adapters = parts.adapters();
            Part<Map<ViewName, ViewState>> states = part(
                    "the state of the views",
                    before.states,
                    () -> adapters.states().read(names));
            Part<Map<ViewName, ViewControl>> controls = part(
                    "what holds views back",
                    before.controls,
                    () -> adapters.states().controls(names));
            boolean complete = problems.isEmpty();
            return new StoreReading(
                    states,
                    controls,
                    part(
                            "the last refreshes",
                            before.latest,
                            () -> adapters.history().latest(names)),
                    part(
                            "pending invalidations",
                            before.pending,
                            () -> parts.invalidations().pending(names)),
                    part("the last full sync", before.lastFull, () -> last(SyncKind.FULL)),
                    part("the last incremental sync", before.lastIncremental, () -> last(SyncKind.INCREMENTAL)),
                    part("schedules and target lags", before.timetable, timetable::health),
                    complete,
                    List.copyOf(problems));
        }

        /** Where one has failed slowly, the others would, too: they are left to the next reading, which is due sooner then. */
        private <T> Part<T> part(String what, Part<T> before, Read<T> read) {
            if (!problems.isEmpty() && System.nanoTime() - giveUpAfter >= 0) {
                problems.add(what + " was not asked for after that");
                return before;
            }
            try {
                SyncClock clock = parts.clock();
                T value = read.get();
                return new Part<>(value, Optional.of(clock.now()), clock.nanoTime());
            } catch (Throwable e) { // a store is a plugin, and health says what is wrong whatever that is
                problems.add(what + " could not be read: "
                        + (e instanceof Error || e.getMessage() == null ? e.toString() : e.getMessage()));
                return before;
            }
        }

        private Optional<Instant> last(SyncKind kind) throws RefreshException {
            return parts.adapters()
                    .history()
                    .lastCompleted(parts.plan().name(), kind)
                    .flatMap(HistoryEntry.Run::endedAt);
        }
    }
}
