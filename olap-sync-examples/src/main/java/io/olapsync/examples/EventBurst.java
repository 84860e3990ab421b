package io.olapsync.examples;

import io.olapsync.SyncPlan;
import io.olapsync.examples.star.StarChange;
import io.olapsync.examples.star.StarChanges;
import io.olapsync.examples.star.StarOutbox;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/** Business changes of the six types of event, each one transaction that also writes its event. Not thread-safe. */
final class EventBurst {

    /**
     * A change that was committed.
     *
     * @param type of its event
     * @param committedAt by {@link System#nanoTime}
     */
    record Written(String type, long transaction, long committedAt) {}

    @FunctionalInterface
    private interface Step {
        StarChange on(Connection connection) throws SQLException;
    }

    private final SyncPlan plan;
    private final StarChanges changes;
    private final AtomicLong transaction = new AtomicLong();
    private final List<Written> written = new ArrayList<>();
    private Duration took = Duration.ZERO;

    EventBurst(long seed, SyncPlan plan) {
        this.plan = plan;
        this.changes = StarChanges.seeded(seed).with((tx, change) -> transaction.set(StarOutbox.append(tx, change)));
    }

    /** One change of each type per round; the first case is the first of a new organisation, which is new in its dimension. */
    void write(Connection connection, int rounds) throws SQLException {
        long began = System.nanoTime();
        write(connection, changes::newCaseInNewOrg);
        for (int round = 0; round < rounds; round++) {
            if (round > 0) {
                write(connection, changes::newCase);
            }
            write(connection, changes::changeStatus);
            write(connection, changes::registerStakeholder);
            write(connection, changes::admitStakeholder);
            write(connection, changes::recordPerformance);
            write(connection, tx -> changes.addCashFlow(tx, 1));
        }
        took = Duration.ofNanos(System.nanoTime() - began);
    }

    private void write(Connection connection, Step step) throws SQLException {
        StarChange change = step.on(connection);
        written.add(new Written(change.kind(), transaction.get(), System.nanoTime()));
    }

    int size() {
        return written.size();
    }

    Duration took() {
        return took;
    }

    /** How many of each type. */
    Map<String, Integer> types() {
        Map<String, Integer> types = new TreeMap<>();
        written.forEach(change -> types.merge(change.type(), 1, Integer::sum));
        return types;
    }

    /** The first and the last change that makes this view stale, by itself or because a fact reads it. */
    List<Written> firstAndLast(String view) {
        ViewName name = ViewName.parse(view);
        List<Written> concerning = written.stream()
                .filter(change -> plan.events().getOrDefault(change.type(), Set.of()).stream()
                        .anyMatch(stale -> stale.equals(name)
                                || plan.view(stale).upstreams().contains(name)))
                .toList();
        return List.of(concerning.get(0), concerning.get(concerning.size() - 1));
    }
}
