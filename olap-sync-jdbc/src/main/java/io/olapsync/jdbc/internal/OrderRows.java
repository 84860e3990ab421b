package io.olapsync.jdbc.internal;

import io.olapsync.jdbc.PostgresSettings;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshOrder;
import io.olapsync.spi.ViewName;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import javax.sql.DataSource;

/** The refreshes that were asked for, in {@code olap_sync.refresh_order}. */
public final class OrderRows {

    private static final String ADD = """
            INSERT INTO olap_sync.refresh_order (view_schema, view_name, not_before, reason)
            SELECT view_schema, view_name, pg_catalog.clock_timestamp() + ? * interval '1 microsecond', ?
              FROM unnest(?::text[], ?::text[]) w(view_schema, view_name)""";

    /** An order that came with a dump of another server asks for what has been committed here by now. */
    private static final String OPEN = """
            SELECT o.id, o.view_schema, o.view_name,
                   least(o.transaction::text::bigint,
                         pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint - 1),
                   (extract(epoch FROM o.not_before - pg_catalog.clock_timestamp()) * 1000000)::bigint, o.reason
              FROM olap_sync.refresh_order o
              JOIN unnest(?::text[], ?::text[]) w(view_schema, view_name) USING (view_schema, view_name)
             ORDER BY o.id""";

    private static final String REMOVE = "DELETE FROM olap_sync.refresh_order WHERE id = ANY (?)";

    private final DataSource dataSource;
    private final Database database;

    public OrderRows(DataSource dataSource, PostgresSettings settings) {
        this.dataSource = dataSource;
        this.database = new Database(dataSource, settings);
    }

    public void add(Collection<ViewName> views, Duration delay, String reason) throws RefreshException {
        if (views.isEmpty()) {
            return;
        }
        long micros = Math.max(0, HistoryRows.micros(delay));
        Transactions.own(dataSource, "ordering a refresh of " + views, connection -> {
            try (PreparedStatement insert = connection.prepareStatement(ADD)) {
                insert.setLong(1, micros);
                insert.setString(2, HistoryRows.text(reason));
                Rows.bindNames(insert, 3, new LinkedHashSet<>(views));
                return insert.executeUpdate();
            }
        });
    }

    public List<RefreshOrder> open(Collection<ViewName> views) throws RefreshException {
        if (views.isEmpty()) {
            return List.of();
        }
        return database.asked("reading the orders of refreshes", connection -> {
            try (PreparedStatement select = connection.prepareStatement(OPEN)) {
                Rows.bindNames(select, 1, new LinkedHashSet<>(views));
                return List.copyOf(Rows.all(select, OrderRows::order));
            }
        });
    }

    /** As a log: one that a crash of the server brings back is found to be fulfilled once more. */
    public void remove(Collection<RefreshOrder> orders) throws RefreshException {
        if (orders.isEmpty()) {
            return;
        }
        Object[] ids = orders.stream().map(RefreshOrder::id).sorted().toArray();
        Transactions.ownLog(dataSource, "forgetting orders", connection -> {
            try (PreparedStatement delete = connection.prepareStatement(REMOVE)) {
                delete.setArray(1, connection.createArrayOf("int8", ids));
                return delete.executeUpdate();
            }
        });
    }

    private static RefreshOrder order(ResultSet row) throws SQLException {
        return new RefreshOrder(
                row.getLong(1),
                ViewName.of(row.getString(2), row.getString(3)),
                row.getLong(4),
                Duration.ofNanos(row.getLong(5) * 1000),
                row.getString(6));
    }
}
