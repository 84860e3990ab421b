package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Names;
import io.olapsync.spi.DeltaSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The views through which a refresh sees what has changed. As views they keep what they name, whatever is renamed, and the
 * server refuses to drop what they need; and people can look into them.
 *
 * <p>A change is unseen where the snapshot that the table shows does not have the transaction that made it. The one exception
 * are changes by the very transaction that refreshed the table, upstream first: that had them before it, and the snapshot,
 * which is older than its own transaction, cannot say so.
 */
final class DeltaViews {

    /** A source, and what is captured of it. */
    record Captured(DeltaSource source, Capture capture) {}

    private final int id;
    private final List<Column> key;
    private final List<Captured> sources;

    DeltaViews(int id, List<Column> key, List<Captured> sources) {
        this.id = id;
        this.key = List.copyOf(key);
        this.sources = List.copyOf(sources);
    }

    private String state() {
        return "WITH state AS MATERIALIZED (SELECT shown, shown_by, own FROM olap_sync.delta_table WHERE id = " + id
                + ") ";
    }

    private static String unseen(Capture capture) {
        return "FROM " + DeltaNames.changes(capture.id()) + " c, state"
                + " WHERE NOT pg_catalog.pg_visible_in_snapshot(c.xid, state.shown)"
                + " AND NOT (c.xid = state.shown_by AND " + capture.id() + " = ANY (state.own))";
    }

    /** What counts the unseen changes of each capture. */
    String pending() {
        String counts = sources.stream()
                .map(source -> "SELECT " + source.capture().id() + " AS capture, pg_catalog.count(*) AS changes,"
                        + " coalesce(pg_catalog.bool_or(c.whole), false) AS whole,"
                        + " coalesce(pg_catalog.bool_or(c.xid = pg_catalog.pg_current_xact_id_if_assigned()), false) AS own "
                        + unseen(source.capture()))
                .collect(Collectors.joining(" UNION ALL "));
        return "CREATE VIEW " + DeltaNames.pending(id) + " (capture, changes, whole, own, overflown) AS " + state()
                + "SELECT n.capture, n.changes, n.whole OR o.yes, n.own, o.yes FROM (" + counts
                + ") n CROSS JOIN LATERAL (SELECT " + Overflow.concerns("n.capture") + " OFFSET 0) o (yes)";
    }

    /** What gives the keys that the unseen changes lead to, each once. */
    String keys() {
        List<String> branches = new ArrayList<>();
        for (Captured captured : sources) {
            if (!captured.source().isWhole()) {
                branches.add(keysOf(captured));
            }
        }
        if (branches.isEmpty()) {
            branches.add("SELECT " + casts("NULL") + " WHERE false");
        }
        return "CREATE VIEW " + DeltaNames.keys(id) + " (" + columns() + ") AS " + state()
                + (branches.size() == 1
                        ? "SELECT DISTINCT * FROM (" + branches.get(0) + ") k"
                        : String.join(" UNION ", branches));
    }

    private String keysOf(Captured captured) {
        Capture capture = captured.capture();
        if (captured.source().isKey()) {
            List<String> columns = new ArrayList<>();
            for (int i = 0; i < key.size(); i++) {
                columns.add("c." + capture.kept(captured.source().columns().get(i)) + "::"
                        + key.get(i).type());
            }
            return "SELECT " + String.join(", ", columns) + " " + unseen(capture) + " AND NOT c.whole";
        }
        String lookup = captured.source().query().orElseThrow();
        return "SELECT " + casts("q.") + " FROM (WITH changed AS MATERIALIZED (SELECT DISTINCT "
                + captured.source().columns().stream()
                        .map(column -> "c." + capture.kept(column) + " AS " + Names.quote(column))
                        .collect(Collectors.joining(", "))
                + " " + unseen(capture) + " AND NOT c.whole) SELECT * FROM (\n" + lookup + "\n) looked_up) q ("
                + columns() + ")";
    }

    /** What give the images of changed rows, under the names that their columns have in the source; one for each that keeps them. */
    List<String> images() {
        List<String> views = new ArrayList<>();
        for (Captured captured : sources) {
            Capture capture = captured.capture();
            if (capture.images()) {
                views.add("CREATE VIEW " + DeltaNames.images(id, capture.id()) + " AS " + state()
                        + "SELECT c.gone AS olap_sync_gone, "
                        + capture.columns().stream()
                                .map(column -> "c." + capture.kept(column.name()) + " AS " + column.sql())
                                .collect(Collectors.joining(", "))
                        + " " + unseen(capture));
            }
        }
        return views;
    }

    /** The names of all of them. */
    List<String> names() {
        List<String> names = new ArrayList<>(List.of(DeltaNames.pending(id), DeltaNames.keys(id)));
        sources.stream()
                .map(Captured::capture)
                .filter(Capture::images)
                .forEach(capture -> names.add(DeltaNames.images(id, capture.id())));
        return names;
    }

    private String columns() {
        List<String> names = new ArrayList<>();
        for (int i = 1; i <= key.size(); i++) {
            names.add("k" + i);
        }
        return String.join(", ", names);
    }

    private String casts(String of) {
        List<String> casts = new ArrayList<>();
        for (int i = 0; i < key.size(); i++) {
            casts.add((of.endsWith(".") ? of + "k" + (i + 1) : of) + "::"
                    + key.get(i).type());
        }
        return String.join(", ", casts);
    }

    /** Removes all of them. */
    static List<String> removal(int id, List<Capture> captures) {
        List<String> removal =
                new ArrayList<>(List.of("DROP VIEW " + DeltaNames.keys(id), "DROP VIEW " + DeltaNames.pending(id)));
        captures.stream()
                .filter(Capture::images)
                .forEach(capture -> removal.add("DROP VIEW " + DeltaNames.images(id, capture.id())));
        return removal;
    }
}
