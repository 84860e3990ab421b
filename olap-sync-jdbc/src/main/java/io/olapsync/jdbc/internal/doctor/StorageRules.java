package io.olapsync.jdbc.internal.doctor;

import io.olapsync.spi.Finding;
import io.olapsync.spi.Finding.Severity;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** What earlier refreshes left behind. */
final class StorageRules {

    private static final String DEAD = "SELECT pg_stat_get_dead_tuples(?), pg_stat_get_live_tuples(?)";
    private static final String SIZE = """
            SELECT pg_relation_size(c.oid),
                   greatest(c.reltuples::bigint, pg_stat_get_live_tuples(c.oid)) * (36 + s.width),
                   s.columns = (SELECT count(*) FROM pg_attribute a
                                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
              FROM pg_class c
              JOIN pg_namespace n ON n.oid = c.relnamespace
              CROSS JOIN LATERAL (SELECT coalesce(sum(avg_width), 0)::bigint AS width, count(*) AS columns FROM pg_stats
                                   WHERE schemaname = n.nspname AND tablename = c.relname) s
             WHERE c.oid = ?""";
    private static final long DEAD_ROWS_WORTH_A_WORD = 1000;
    private static final double DEAD_SHARE = 0.2;
    private static final long SIZE_WORTH_A_WORD = 8L << 20;
    private static final int TIMES_TOO_LARGE = 3;

    private StorageRules() {}

    static List<Rule> rules() {
        return List.of(Rule.perView("dead-rows", StorageRules::deadRows), Rule.perView("bloat", StorageRules::bloat));
    }

    private static void deadRows(Examination examination, ExaminedView view, Consumer<Finding> findings)
            throws SQLException {
        record Rows(long dead, long live) {}
        Rows rows = examination
                .query(DEAD, row -> new Rows(row.getLong(1), row.getLong(2)), view.oid(), view.oid())
                .get(0);
        if (rows.dead() >= DEAD_ROWS_WORTH_A_WORD && rows.dead() > DEAD_SHARE * rows.live()) {
            findings.accept(new Finding(
                    Severity.WARNING,
                    "dead-rows",
                    view.name(),
                    rows.dead() + " dead rows beside " + rows.live() + " live ones: every reader walks past them."
                            + " Autovacuum passes by a view that is being refreshed.",
                    "VACUUM (ANALYZE) " + view.name().sql() + ";"));
        }
    }

    private static void bloat(Examination examination, ExaminedView view, Consumer<Finding> findings)
            throws SQLException {
        record Size(long actual, long expected, boolean analyzed) {}
        Size size = examination
                .query(SIZE, row -> new Size(row.getLong(1), row.getLong(2), row.getBoolean(3)), view.oid())
                .get(0);
        if (size.analyzed() && size.actual() > SIZE_WORTH_A_WORD && size.actual() > TIMES_TOO_LARGE * size.expected()) {
            findings.accept(new Finding(
                    Severity.WARNING,
                    "bloat",
                    view.name(),
                    "it takes " + megabytes(size.actual()) + " where its rows need about " + megabytes(size.expected())
                            + ": space that VACUUM frees for new rows but does not give back.",
                    "VACUUM (FULL, ANALYZE) " + view.name().sql() + "; -- locks readers out while it runs"));
        }
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MB", bytes / 1048576.0);
    }
}
