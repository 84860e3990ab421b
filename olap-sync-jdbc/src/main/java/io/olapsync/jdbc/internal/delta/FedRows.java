package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.SqlErrors;
import io.olapsync.jdbc.internal.Transactions;
import io.olapsync.spi.ChangeFeed.Row;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends what events say of changed rows to the changes of captures that have no triggers.
 *
 * <p>With the id of the transaction that appends, not of the one that changed the row: a delta table that was refreshed between the two
 * has seen the change and could not know of it. Who records has read the event, so the change was committed before, and whoever sees
 * the row here sees that, too. One that was converted or declared anew in the meantime looks at all of itself.
 */
public final class FedRows {

    private static final Logger log = LoggerFactory.getLogger(FedRows.class);

    /** Values that cannot be one of the column, domains and types of the host's included. */
    private static final Set<String> OF_VALUES = Set.of("22", "23", "P0");

    private final DataSource dataSource;

    public FedRows(DataSource dataSource) {
        this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
    }

    /** Appends them, all or none; returns the transaction that did. */
    public long record(List<Row> rows) throws RefreshException {
        Map<ViewName, List<Row>> byTable = rows.stream().collect(Collectors.groupingBy(Row::table));
        return Transactions.own(dataSource, "recording what events say of " + byTable.keySet(), connection -> {
            long transaction = transaction(connection); // before it is looked whether anything is kept
            for (Capture capture : Registry.fed(connection)) {
                List<Row> changed = byTable.getOrDefault(capture.table(), List.of());
                if (!changed.isEmpty() && !Overflow.stops(connection, capture.id())) {
                    append(connection, capture, changed);
                }
            }
            return transaction;
        });
    }

    private static long transaction(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_catalog.pg_current_xact_id()::text::bigint")) {
            row.next();
            return row.getLong(1);
        }
    }

    private static void append(Connection connection, Capture capture, List<Row> rows) throws SQLException {
        Set<List<@Nullable String>> kept = new LinkedHashSet<>();
        boolean any = capture.columns().isEmpty();
        for (Row row : rows) {
            any |= !row.columns().keySet().containsAll(names(capture));
            if (!any) {
                kept.add(values(capture, row));
            }
        }
        if (any || !appended(connection, capture, kept)) {
            try (Statement statement = connection.createStatement()) {
                statement.executeUpdate("INSERT INTO " + DeltaNames.changes(capture.id()) + " (whole) VALUES (true)");
            }
        }
    }

    private static List<String> names(Capture capture) {
        return capture.columns().stream().map(Column::name).toList();
    }

    private static List<@Nullable String> values(Capture capture, Row row) {
        List<@Nullable String> values = new ArrayList<>();
        for (String name : names(capture)) {
            values.add(row.columns().getOrDefault(name, Optional.empty()).orElse(null));
        }
        return values;
    }

    /** False, and nothing done, where one of the values cannot be one: then any row may have changed, and which no longer matters. */
    private static boolean appended(Connection connection, Capture capture, Set<List<@Nullable String>> rows)
            throws SQLException {
        Savepoint before = connection.setSavepoint();
        try {
            insert(connection, capture, rows);
            connection.releaseSavepoint(before);
            return true;
        } catch (SQLException e) {
            String state = SqlErrors.state(e);
            if (state == null || !OF_VALUES.contains(state.substring(0, 2))) {
                throw e;
            }
            connection.rollback(before);
            log.warn(
                    "An event says of {} what cannot be a row of it, so all of what reads it is computed: {}",
                    capture.described(),
                    SqlErrors.translate(e, null, "the insertion of its values", System.nanoTime())
                            .getMessage());
            return false;
        }
    }

    /** The server takes the values for what the columns are, as it would from the host. */
    private static void insert(Connection connection, Capture capture, Set<List<@Nullable String>> rows)
            throws SQLException {
        String places = capture.kept().stream().map(column -> "?").collect(Collectors.joining(", "));
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO " + DeltaNames.changes(capture.id())
                + " (" + String.join(", ", capture.kept()) + ") VALUES (" + places + ")")) {
            for (List<@Nullable String> row : rows) {
                for (int i = 0; i < row.size(); i++) {
                    String value = row.get(i);
                    if (value == null) {
                        insert.setNull(i + 1, Types.OTHER);
                    } else {
                        insert.setObject(i + 1, value, Types.OTHER);
                    }
                }
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }
}
