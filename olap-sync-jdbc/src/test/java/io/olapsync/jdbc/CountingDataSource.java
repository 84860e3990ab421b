package io.olapsync.jdbc;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;

/** Counts the statements, each of which is a round trip. */
final class CountingDataSource {

    private final AtomicInteger prepared = new AtomicInteger();
    private final AtomicInteger created = new AtomicInteger();
    private final DataSource dataSource;

    CountingDataSource(DataSource counted) {
        this.dataSource = wrap(DataSource.class, counted);
    }

    DataSource dataSource() {
        return dataSource;
    }

    int prepared() {
        return prepared.get();
    }

    /** The prepared ones and the others. */
    int statements() {
        return prepared.get() + created.get();
    }

    private <T> T wrap(Class<T> type, T target) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    if (method.getName().equals("prepareStatement")) {
                        prepared.incrementAndGet();
                    }
                    if (method.getName().equals("createStatement")) {
                        created.incrementAndGet();
                    }
                    Object result = call(method, target, arguments);
                    return result instanceof Connection connection ? wrap(Connection.class, connection) : result;
                }));
    }

    private static Object call(Method method, Object target, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
