package io.olapsync.jdbc;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import javax.sql.DataSource;

/** What happens once at a certain moment of somebody's work: right before a statement is prepared. */
final class Moment {

    interface Action {
        void run() throws Exception;
    }

    private final Predicate<String> is;
    private final Action action;
    private final AtomicBoolean come = new AtomicBoolean();

    /** Before the first statement that begins like this. */
    Moment(String begin, Action action) {
        this(sql -> sql.startsWith(begin), action);
    }

    private Moment(Predicate<String> is, Action action) {
        this.is = is;
        this.action = action;
    }

    /** Before the statement with this number, from 1 on. */
    static Moment before(int statement, Action action) {
        AtomicInteger number = new AtomicInteger();
        return new Moment(sql -> number.incrementAndGet() == statement, action);
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
                            && is.test(String.valueOf(arguments[0]))
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
