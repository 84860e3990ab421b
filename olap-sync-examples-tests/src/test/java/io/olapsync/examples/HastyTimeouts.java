package io.olapsync.examples;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import javax.sql.DataSource;

/** Connections on which no network timeout that is set is longer than 8 seconds. */
final class HastyTimeouts {

    /** More than a view's deadline and what is granted for its end in the tests that use this. */
    private static final int LONGEST_MILLIS = 8_000;

    private HastyTimeouts() {}

    static DataSource of(DataSource dataSource) {
        return proxy(DataSource.class, dataSource);
    }

    private static <T> T proxy(Class<T> type, T target) {
        Object proxy = Proxy.newProxyInstance(
                HastyTimeouts.class.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                    try {
                        if (method.getName().equals("setNetworkTimeout")) {
                            arguments[1] = Math.min((int) arguments[1], LONGEST_MILLIS);
                        }
                        Object result = method.invoke(target, arguments);
                        return result instanceof Connection connection ? proxy(Connection.class, connection) : result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
        return type.cast(proxy);
    }
}
