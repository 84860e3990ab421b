package io.olapsync.jdbc.internal;

import io.olapsync.spi.ViewName;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Rows of queries as lists, and lists as parameters. */
public final class Rows {

    private Rows() {}

    /** Reads one row. */
    @FunctionalInterface
    public interface Reader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** All rows of a query, in its order. */
    public static <T> List<T> all(PreparedStatement query, Reader<T> reader) throws SQLException {
        try (ResultSet rows = query.executeQuery()) {
            List<T> all = new ArrayList<>();
            while (rows.next()) {
                all.add(reader.read(rows));
            }
            return all;
        }
    }

    /**
     * Passes over what gives no rows.
     *
     * @param given whether the current result of the statement is one of rows
     * @return whether it is now; else there are none any more
     */
    static boolean reached(Statement statement, boolean given) throws SQLException {
        boolean reached = given;
        while (!reached && statement.getUpdateCount() >= 0) {
            reached = statement.getMoreResults();
        }
        return reached;
    }

    /** An array of texts; empty where it is null. */
    public static List<String> strings(ResultSet row, String column) throws SQLException {
        Array array = row.getArray(column);
        return array == null
                ? List.of()
                : Arrays.stream((Object[]) array.getArray())
                        .map(element -> Objects.toString(element, ""))
                        .toList();
    }

    /** Binds the schemas and the names as two parameters, arrays of the same length, from this index on. */
    public static void bindNames(PreparedStatement statement, int index, Collection<ViewName> views)
            throws SQLException {
        bindTexts(statement, index, views.stream().map(ViewName::schema).toList());
        bindTexts(statement, index + 1, views.stream().map(ViewName::name).toList());
    }

    /** Binds an array of texts. */
    public static void bindTexts(PreparedStatement statement, int index, Collection<String> texts) throws SQLException {
        Connection connection = statement.getConnection();
        statement.setArray(index, connection.createArrayOf("text", texts.toArray()));
    }

    /**
     * Binds each column of these rows as an array of texts.
     *
     * @return the index of the next parameter
     */
    public static int bindColumns(
            PreparedStatement statement, int index, int columns, List<? extends List<@Nullable String>> rows)
            throws SQLException {
        Connection connection = statement.getConnection();
        for (int i = 0; i < columns; i++) {
            int column = i;
            statement.setArray(
                    index + i,
                    connection.createArrayOf(
                            "text", rows.stream().map(row -> row.get(column)).toArray()));
        }
        return index + columns;
    }
}
