package io.olapsync.jdbc.internal;

import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;

/**
 * What the catalog says of some names, and what the definitions of some views read, asked in one round trip.
 *
 * @param rows one for each name, in order
 * @param upstreams the direct ones, sorted; views that do not exist are absent
 */
public record CatalogLooks(List<CatalogRow> rows, Map<ViewName, Set<ViewName>> upstreams) {

    /** Up to here one plan does for all, so that it need not be made anew; it would take too long for thousands. */
    private static final int FEW = 100;

    /**
     * Asks.
     *
     * @param names of which the catalog is asked
     * @param views of which it is asked what they read
     */
    public static CatalogLooks read(DataSource dataSource, Collection<ViewName> names, Collection<ViewName> views)
            throws RefreshException {
        var rows = new Together.Query<>(CatalogRow.QUERY, Together.Parameters.names(names), CatalogRow::of);
        var edges = new Together.Query<>(Dependencies.OF_SOME, Together.Parameters.names(views), Dependencies::edge);
        var read = Transactions.read(
                dataSource, "inspecting views", Math.max(names.size(), views.size()) <= FEW, rows, edges);
        return new CatalogLooks(read.one(), Dependencies.edges(read.other()));
    }
}
