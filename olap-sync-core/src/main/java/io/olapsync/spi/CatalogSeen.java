package io.olapsync.spi;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a catalog says of some views when it is asked for all of it at once.
 *
 * @param findings as {@link ViewCatalog#inspect} has them
 * @param upstreams as {@link ViewCatalog#upstreams} has them
 */
public record CatalogSeen(List<Finding> findings, Map<ViewName, Set<ViewName>> upstreams) {

    /** Keeps copies of the collections. */
    public CatalogSeen {
        findings = List.copyOf(findings);
        upstreams = Map.copyOf(upstreams);
    }
}
