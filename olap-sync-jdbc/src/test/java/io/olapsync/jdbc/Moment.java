package io.olapsync.jdbc;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;

/** What happens at a certain moment of somebody's work: right before the first statement is prepared that begins like this. */
final class Moment {

    interface Action {
        void run() throws Exception;
    }

    private final String begin;
    private final Action action;
    private final AtomicBoolean come = new AtomicBoolean();

    Moment(String begin, Action action) {
        this.begin = begin;
        this.action = action;
    }

    boolean hasCome() {
        return come.get();
    }

    /** Connections of the target, at whose work it comes. */
    DataSource on(DataSource target) {
        return (DataSource) Proxy.newProxyInstance(
                DataSource.class.getClassLoader(),
                new Class<?>[] {DataSource.class},
                (self, method, arguments) -> method.getName().equals("getConnection")
                        ? watched(target.getConnection())
                        : invoked(target, method, arguments));
    }

    private Connection watched(Connection target) {
        return (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (self, method, arguments) -> {
                    if (method.getName().equals("prepareStatement")
                            && String.valueOf(arguments[0]).startsWith(begin)
                            && come.compareAndSet(false, true)) {
                        action.run();
                    }
                    return invoked(target, method, arguments);
                });
    }

    private static Object invoked(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
