package io.olapsync.internal;

import io.olapsync.SyncPlan;
import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.ChangeFeed;
import io.olapsync.spi.ChangeFeed.Row;
import io.olapsync.spi.EventKeys;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.Snapshot;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewStates;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/**
 * Hands over what events say of changed rows to the delta tables that are fed with it. It is recorded before the event counts as
 * arrived, and the event is covered where a view shows the transaction that recorded it: a refresh that began before may have seen the
 * change, but could not know what of the table it touched.
 */
final class EventFeed {

    private static final Logger log = LoggerFactory.getLogger(EventFeed.class);
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    /** So many at the most wait for their transactions to end: then the source is not read. */
    private static final int MOST_OPEN = 10_000;

    private final Map<String, List<EventKeys>> keys;
    private final Optional<ChangeFeed> feed;

    /** Events whose transaction was open. Touched by the poll alone, like all that concerns them. */
    private List<ChangeEvent> open = List.of();

    EventFeed(SyncPlan plan, Optional<ChangeFeed> feed) {
        this.keys = plan.eventKeys();
        this.feed = feed;
    }

    /** Whether events of this type say what changed. */
    boolean carries(String type) {
        return keys.containsKey(type);
    }

    /** Events that can be handed over, and those that have to wait. */
    record Sorted(List<ChangeEvent> due, List<ChangeEvent> open) {}

    /** Whether there is room for more that wait. */
    boolean hasRoom() {
        return open.size() < MOST_OPEN;
    }

    /**
     * These events and those that waited, by whether the transaction has ended of which they say what it changed. Before it has, nobody
     * sees the change: a refresh would look at the row in vain, and not again.
     */
    Sorted sorted(List<ChangeEvent> events, ViewStates states) throws RefreshException {
        List<ChangeEvent> all = new ArrayList<>(open);
        all.addAll(events);
        if (all.stream().noneMatch(this::isOfTransaction)) {
            return new Sorted(all, List.of());
        }
        Snapshot now = states.now();
        OptionalLong latest = OptionalLong.empty();
        if (all.stream().anyMatch(event -> isOfTransaction(event) && now.isBefore(transaction(event)))) {
            // It begins after they were read: what names a later one is of another database, or was restored.
            latest = OptionalLong.of(feed.orElseThrow().record(List.of()));
        }
        List<ChangeEvent> due = new ArrayList<>();
        List<ChangeEvent> waiting = new ArrayList<>();
        for (ChangeEvent event : all) {
            boolean isDue = !isOfTransaction(event)
                    || now.covers(transaction(event))
                    || (latest.isPresent() && transaction(event) > latest.getAsLong());
            (isDue ? due : waiting).add(event);
        }
        return new Sorted(due, waiting);
    }

    /** Those that wait from now on, until they are due. */
    void waitFor(List<ChangeEvent> events) {
        open = List.copyOf(events);
    }

    private boolean isOfTransaction(ChangeEvent event) {
        return event.transaction().isPresent() && carries(event.type());
    }

    private static long transaction(ChangeEvent event) {
        return event.transaction().orElseThrow();
    }

    /** Records what these events say; returns the transaction that did, or nothing where none says anything. */
    OptionalLong record(List<ChangeEvent> events) throws RefreshException {
        Set<Row> rows = new LinkedHashSet<>();
        for (ChangeEvent event : events) {
            if (carries(event.type())) {
                rows.addAll(rows(event));
            }
        }
        return rows.isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(feed.orElseThrow().record(List.copyOf(rows)));
    }

    /** Events were lost: any row may have changed of which they could have said so. */
    void recordAny() throws RefreshException {
        Set<Row> rows = new LinkedHashSet<>();
        keys.values().forEach(all -> all.forEach(of -> rows.add(Row.any(of.table()))));
        if (!rows.isEmpty()) {
            feed.orElseThrow().record(List.copyOf(rows));
        }
    }

    private List<Row> rows(ChangeEvent event) {
        List<Row> rows = new ArrayList<>();
        for (EventKeys of : keys.getOrDefault(event.type(), List.of())) {
            rows.addAll(of.columns().isEmpty() ? List.of(Row.any(of.table())) : rows(event, of));
        }
        return rows;
    }

    private List<Row> rows(ChangeEvent event, EventKeys of) {
        Map<String, JsonNode> values = new LinkedHashMap<>();
        int count = -1;
        try {
            JsonNode payload = MAPPER.readTree(event.payload());
            for (Map.Entry<String, String> column : of.columns().entrySet()) {
                JsonNode value = payload.at(column.getValue());
                int length = value.isArray() ? value.size() : -1;
                if (value.isMissingNode() || value.isObject() || (length >= 0 && count >= 0 && length != count)) {
                    return unreadable(event, of.table(), "nothing fits at " + column.getValue());
                }
                count = Math.max(count, length);
                values.put(column.getKey(), value);
            }
        } catch (JacksonException e) {
            return unreadable(event, of.table(), "the payload is no JSON");
        }
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < (count < 0 ? 1 : count); i++) {
            Map<String, Optional<String>> row = new LinkedHashMap<>();
            for (Map.Entry<String, JsonNode> value : values.entrySet()) {
                JsonNode one = value.getValue().isArray() ? value.getValue().get(i) : value.getValue();
                if (one.isContainer()) {
                    return unreadable(event, of.table(), "an array has no plain value");
                }
                row.put(value.getKey(), one.isNull() ? Optional.empty() : Optional.of(one.asString()));
            }
            rows.add(new Row(of.table(), row));
        }
        return rows;
    }

    private static List<Row> unreadable(ChangeEvent event, ViewName table, String why) {
        log.warn(
                "{} {} does not say which rows of {} have changed, so all of what reads it is computed: {}",
                event.type(),
                event.id(),
                table,
                why);
        return List.of(Row.any(table));
    }
}
