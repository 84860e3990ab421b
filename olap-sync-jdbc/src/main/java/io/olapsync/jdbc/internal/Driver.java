package io.olapsync.jdbc.internal;

import java.lang.reflect.InvocationTargetException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/**
 * What only the driver {@code org.postgresql} can say. Its own interface is found by its name: a dependency on the driver would
 * decide its version for the host.
 */
public final class Driver {

    private static final String INTERFACE = "org.postgresql.PGConnection";

    private Driver() {}

    /** Its interface, as this connection has it; empty where it is another driver's. */
    public static Optional<Class<?>> interfaceOf(Connection connection) throws SQLException {
        for (ClassLoader loader : Arrays.asList(
                connection.getClass().getClassLoader(),
                Thread.currentThread().getContextClassLoader(),
                Driver.class.getClassLoader())) {
            try {
                Class<?> type = Class.forName(
                        INTERFACE, false, Objects.requireNonNullElse(loader, ClassLoader.getSystemClassLoader()));
                if (connection.isWrapperFor(type)) {
                    return Optional.of(type);
                }
            } catch (ClassNotFoundException e) {
                // The next loader may know it.
            }
        }
        return Optional.empty();
    }

    /** Whether it has a statement described before it is sent, which {@code prepareThreshold=-1} calls for. */
    static boolean describesFirst(Connection connection) throws SQLException {
        return said(connection, "getPrepareThreshold")
                .filter(threshold -> (int) threshold < 0)
                .isPresent();
    }

    /** Whether it sets savepoints by itself, which are gone where a text ends a transaction and begins another. */
    static boolean setsSavepoints(Connection connection) throws SQLException {
        return said(connection, "getAutosave")
                .filter(autosave -> !autosave.toString().equalsIgnoreCase("never"))
                .isPresent();
    }

    private static Optional<Object> said(Connection connection, String getter) throws SQLException {
        Optional<Class<?>> type = interfaceOf(connection);
        if (type.isEmpty()) {
            return Optional.empty();
        }
        Object driver = connection.unwrap(type.get());
        if (!type.get().isInstance(driver)) {
            return Optional.empty(); // a host's wrapper that wraps what it unwraps, too
        }
        try {
            return Optional.ofNullable(type.get().getMethod(getter).invoke(driver));
        } catch (NoSuchMethodException | IllegalAccessException | InvocationTargetException e) {
            return Optional.empty();
        }
    }
}
