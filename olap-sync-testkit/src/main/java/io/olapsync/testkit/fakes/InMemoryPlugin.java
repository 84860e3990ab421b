package io.olapsync.testkit.fakes;

import io.olapsync.notify.MemoryIncidents;
import io.olapsync.spi.SyncClock;
import io.olapsync.spi.SyncPlugin;

/** A whole set of in-memory adapters, with a scripted executor in front. */
public final class InMemoryPlugin implements SyncPlugin {

    private final InMemoryLocks locks = new InMemoryLocks();
    private final InMemoryInvalidator invalidator = new InMemoryInvalidator();
    private final InMemoryWarehouse warehouse;
    private final InMemoryHistory history;
    private final InMemoryTicks ticks;
    private final MemoryIncidents incidents;
    private final ScriptedExecutor executor;
    private final InMemoryFeed feed;

    /** A set of its own: an empty warehouse, an empty history. */
    public InMemoryPlugin(SyncClock clock) {
        warehouse = new InMemoryWarehouse(clock);
        history = new InMemoryHistory(clock);
        ticks = new InMemoryTicks(warehouse::databaseTime);
        incidents = new MemoryIncidents(clock);
        executor = new ScriptedExecutor(warehouse);
        feed = new InMemoryFeed(warehouse::commit);
    }

    /** The locks. */
    public InMemoryLocks locks() {
        return locks;
    }

    /** The cache. */
    public InMemoryInvalidator invalidator() {
        return invalidator;
    }

    /** The data and its state. */
    public InMemoryWarehouse warehouse() {
        return warehouse;
    }

    /** The log. */
    public InMemoryHistory history() {
        return history;
    }

    /** The claims of schedules, by the clock of {@link #warehouse()}. */
    public InMemoryTicks ticks() {
        return ticks;
    }

    /** What is wrong, and who was told. */
    public MemoryIncidents incidents() {
        return incidents;
    }

    /** What events said of changed rows. */
    public InMemoryFeed feed() {
        return feed;
    }

    /** What stands between the engine and the warehouse. */
    public ScriptedExecutor executor() {
        return executor;
    }

    @Override
    public void install(Registry registry) {
        registry.executor(executor)
                .locks(locks)
                .states(warehouse)
                .history(history)
                .ticks(ticks)
                .incidents(incidents)
                .changeFeed(feed)
                .invalidator(invalidator);
    }
}
