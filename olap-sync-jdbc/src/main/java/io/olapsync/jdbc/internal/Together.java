package io.olapsync.jdbc.internal;

import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * The rows of queries that are sent together, as one text: one round trip. In a READ COMMITTED transaction, or none, each has
 * a snapshot of its own, as if they were sent one after the other. So they are where the driver has statements described first, for
 * then it takes the columns of one for those of another.
 */
public final class Together {

    /**
     * One of the queries. Before it, in the same text, there may be statements that give no rows.
     *
     * @param parameters sets them
     * @param reader reads one of its rows
     */
    public record Query<T>(String sql, Parameters parameters, Rows.Reader<T> reader) {}

    /** Sets the parameters of one query, the first of which has this index; returns the index after the last. */
    @FunctionalInterface
    public interface Parameters {
        int bind(PreparedStatement statement, int first) throws SQLException;

        /** Schemas and names, as two arrays. */
        static Parameters names(Collection<ViewName> views) {
            return (statement, first) -> {
                Rows.bindNames(statement, first, views);
                return first + 2;
            };
        }
    }

    private final IdentityHashMap<Query<?>, List<?>> rows = new IdentityHashMap<>();

    private Together() {}

    /** Asks. */
    public static Together ask(Connection connection, List<? extends Query<?>> queries) throws SQLException {
        Together together = new Together();
        if (Driver.describesFirst(connection)) {
            for (Query<?> query : queries) {
                together.send(connection, List.of(query));
            }
        } else {
            together.send(connection, queries);
        }
        return together;
    }

    private void send(Connection connection, List<? extends Query<?>> queries) throws SQLException {
        String text = queries.stream().map(Query::sql).collect(Collectors.joining("; "));
        try (PreparedStatement statement = connection.prepareStatement(text)) {
            statement.setFetchSize(0); // a host's default would leave rows with the server while the next query runs
            int next = 1;
            for (Query<?> query : queries) {
                next = query.parameters().bind(statement, next);
            }
            boolean given = statement.execute();
            for (Query<?> query : queries) {
                Rows.reached(statement, given);
                rows.put(query, all(statement, query.reader()));
                given = statement.getMoreResults();
            }
        }
    }

    private static <T> List<T> all(PreparedStatement statement, Rows.Reader<T> reader) throws SQLException {
        ResultSet row = Objects.requireNonNull(statement.getResultSet());
        List<T> all = new ArrayList<>();
        while (row.next()) {
            all.add(reader.read(row));
        }
        return all;
    }

    /** The rows of one of them. */
    @SuppressWarnings("unchecked") // what its own reader has read
    public <T> List<T> of(Query<T> query) {
        return (List<T>) Objects.requireNonNull(rows.get(query));
    }
}
