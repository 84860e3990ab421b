package io.olapsync.examples;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import javax.sql.DataSource;

/** Connections on which every network timeout that is set ends after a tenth of its time. */
final class HastyTimeouts {

    private static final int TIMES = 10;

    private HastyTimeouts() {}

    static DataSource of(DataSource dataSource) {
        return proxy(DataSource.class, dataSource);
    }

    private static <T> T proxy(Class<T> type, T target) {
        Object proxy = Proxy.newProxyInstance(
                HastyTimeouts.class.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                    try {
                        if (method.getName().equals("setNetworkTimeout")) {
                            arguments[1] = (int) arguments[1] / TIMES;
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
