package io.olapsync.spi;

/** A set of adapters that belong together, handed to the engine in one piece. */
@FunctionalInterface
public interface SyncPlugin {

    /** Registers what this plugin has. Called once, while the engine is being built; must not touch a server. */
    void install(Registry registry);

    /**
     * Where a plugin leaves its adapters. One of each kind, except sources of events and of incidents,
     * listeners and check handlers: a second one is refused when the engine is built, with both named.
     */
    interface Registry {

        /** Who refreshes. Required. */
        Registry executor(RefreshExecutor executor);

        /** Who locks. Required. */
        Registry locks(LockProvider locks);

        /** Where the state of the views is read. Required. */
        Registry states(ViewStates states);

        /** Where the log is kept. Required. */
        Registry history(SyncHistory history);

        /** Where ticks of schedules are claimed. Required where the plan or the host has a schedule or a target lag. */
        Registry ticks(TickStore ticks);

        /** What knows the real views and their dependencies. Optional; without it nothing is checked before a run. */
        Registry catalog(ViewCatalog catalog);

        /** What invalidates caches. Optional. */
        Registry invalidator(CacheInvalidator invalidator);

        /** Where incidents are kept. Optional; without it each process knows and tells its own alone. */
        Registry incidents(IncidentStore incidents);

        /** What can be wrong besides refreshes and runs. Optional; there may be several. */
        Registry incidentSource(IncidentSource source);

        /** Where change events come from. Optional; several are read beside each other. Closed with the engine. */
        Registry events(EventSource source);

        /** Who takes what events say of changed rows. Required where the plan has {@code eventKeys}. */
        Registry changeFeed(ChangeFeed feed);

        /** The code behind a type of check. */
        Registry check(String type, CheckHandler handler);

        /** Who is told what happens. */
        Registry listener(SyncListener listener);

        /** Something to close after the last run has ended, in reverse order of registration. */
        Registry onClose(AutoCloseable resource);
    }
}
