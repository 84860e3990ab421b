package io.olapsync.jdbc.internal.doctor;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Queries on one connection, in whatever transaction it is in. Used by one thread. */
record Queries(Connection connection) {

    /** Reads one row. */
    @FunctionalInterface
    interface Row<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** Runs a query; a collection becomes an array of bigint or text. */
    <T> List<T> query(String sql, Row<T> reader, Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, bindable(parameters[i]));
            }
            try (ResultSet rows = statement.executeQuery()) {
                List<T> result = new ArrayList<>();
                while (rows.next()) {
                    result.add(reader.read(rows));
                }
                return result;
            }
        }
    }

    private Object bindable(Object parameter) throws SQLException {
        if (parameter instanceof Collection<?> many) {
            boolean numbers = many.stream().allMatch(Long.class::isInstance);
            return connection.createArrayOf(numbers ? "bigint" : "text", many.toArray());
        }
        return parameter;
    }
}
