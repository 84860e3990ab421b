package io.olapsync.jdbc;

import io.olapsync.jdbc.internal.NoRowsCheck;
import io.olapsync.jdbc.internal.TablesReadableCheck;
import io.olapsync.spi.CheckHandler;
import io.olapsync.spi.CheckSpec;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.Map;
import javax.sql.DataSource;

/** Checks that a plan makes on PostgreSQL before any view is refreshed; {@link PostgresPlugin} brings the code behind them. */
public final class PostgresChecks {

    /** The type of {@link #tablesReadable}. */
    public static final String TABLES_READABLE = "postgres.tables-readable";

    /** The type of {@link #noRows}. */
    public static final String NO_ROWS = "postgres.no-rows";

    private PostgresChecks() {}

    /**
     * These tables exist, and the role of the data source may read them. All that is wrong is said at once, with the
     * GRANTs. A refresh itself reads as the owner of the view, mostly the same role; where it is another one, its
     * privileges are not looked at here.
     *
     * @param tables tables, views or foreign tables, as {@link ViewName#parse} reads them: in the schema {@code public}
     *     where none is named, whatever the search path; at least one
     * @throws IllegalArgumentException if there is none, or one is not a name
     */
    public static CheckSpec tablesReadable(String... tables) {
        if (tables.length == 0) {
            throw new IllegalArgumentException("name at least one table to check");
        }
        for (String table : tables) {
            ViewName.parse(table);
        }
        return CheckSpec.of(TABLES_READABLE, tables);
    }

    /**
     * This query finds nothing wrong: it returns no row, or a single boolean column that is true in every row. The
     * message of the failure shows up to three of the rows. It runs in a read-only transaction and may take a minute.
     *
     * @param sql one query, trusted as the host's own code is
     */
    public static CheckSpec noRows(String sql) {
        return noRows(sql, Duration.ofMinutes(1));
    }

    /**
     * The same with another limit.
     *
     * @param timeout the most that the query may take, positive, to the millisecond
     */
    public static CheckSpec noRows(String sql, Duration timeout) {
        CheckSpec spec = CheckSpec.of(NO_ROWS, sql, timeout.toString());
        NoRowsCheck.validate(spec);
        return spec;
    }

    /** The code behind each type. */
    static Map<String, CheckHandler> handlers(DataSource dataSource) {
        return Map.of(
                TABLES_READABLE, new TablesReadableCheck(dataSource),
                NO_ROWS, new NoRowsCheck(dataSource));
    }
}
