package io.olapsync.spi;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the database itself says of the views. Thread-safe; reads only. */
public interface ViewCatalog {

    /**
     * Looks at what would make a refresh of these views fail: a view that does not exist or is of another type, a
     * missing unique index, a missing privilege. Cheap enough to be asked before each run.
     *
     * @return findings, an empty list where all is well; {@link Finding#isError} ones keep the run from starting
     * @throws RefreshException if the database could not be asked
     */
    List<Finding> inspect(Set<ViewName> views) throws RefreshException;

    /**
     * Looks at what would make a refresh of these delta tables fail, or miss a change: a view that was declared otherwise
     * when it was made one, a source whose changes are not recorded, a column that does not exist. Asked in addition to
     * {@link #inspect} before each run that has such views; nothing is said here by default.
     *
     * @param declared what the plan says of the delta tables among the views of the run, in the plan's order
     * @return findings, an empty list where all is well; {@link Finding#isError} ones keep the run from starting
     * @throws RefreshException if the database could not be asked
     */
    default List<Finding> inspectDeltas(Map<ViewName, DeltaSpec> declared) throws RefreshException {
        return List.of();
    }

    /**
     * What each of these views really reads: the refreshable views that its definition names, directly or through plain
     * views, in any schema, also those that are not among the given ones.
     *
     * @return an entry for each given view that exists, with an empty set where it reads no refreshable view
     * @throws RefreshException if the database could not be asked
     */
    Map<ViewName, Set<ViewName>> upstreams(Set<ViewName> views) throws RefreshException;

    /**
     * Both of what every run asks, {@link #inspect} and {@link #upstreams}, in as few round trips as the database can do it: as if it were
     * asked one after the other, which it is by default.
     *
     * @param inspected the views that are inspected
     * @param views whose upstreams are read
     * @throws RefreshException if the database could not be asked
     */
    default CatalogSeen look(Set<ViewName> inspected, Set<ViewName> views) throws RefreshException {
        return new CatalogSeen(inspect(inspected), upstreams(views));
    }
}
