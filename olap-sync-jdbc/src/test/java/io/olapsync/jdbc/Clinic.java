package io.olapsync.jdbc;

import io.olapsync.spi.Finding;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.sql.DataSource;

/** A database of its own for one test, doctors for it, and roles that vanish with it. */
final class Clinic implements AutoCloseable {

    private final TestDatabase database = TestServers.postgres().newDatabase();
    private final List<String> roles = new ArrayList<>();

    TestDatabase database() {
        return database;
    }

    int major() {
        return database.server().major();
    }

    /** In a session of its own: settings of the database hold in it, and what it did is counted when it ends. */
    void execute(String... statements) {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage() + " in: " + String.join("; ", statements), e);
        }
    }

    List<Finding> examine(String... views) {
        return examine(PostgresDoctor.of(database.pooledDataSource()), views);
    }

    static List<Finding> examine(PostgresDoctor doctor, String... views) {
        try {
            return doctor.examine(names(views));
        } catch (RefreshException e) {
            throw new AssertionError("the examination failed: " + e.getMessage(), e);
        }
    }

    static Set<ViewName> names(String... views) {
        return Arrays.stream(views).map(ViewName::parse).collect(Collectors.toSet());
    }

    /** The findings with this code. */
    List<Finding> found(String code, String... views) {
        return only(code, examine(views));
    }

    static List<Finding> only(String code, List<Finding> findings) {
        return findings.stream().filter(f -> f.code().equals(code)).toList();
    }

    /** Executes a remedy as it is printed, each statement for itself, in one session. */
    void follow(Finding finding) {
        run(finding.remedy());
    }

    void run(String script) {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            for (String sql : script.split("(?<=;)\\s+")) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new AssertionError("the remedy failed: " + script + ": " + e.getMessage(), e);
        }
    }

    /** The expression that a remedy wants to see in the definition. */
    static String proposed(Finding finding) {
        Matcher matcher = Pattern.compile("Write (.*?) in the definition of").matcher(finding.remedy());
        if (!matcher.find()) {
            throw new AssertionError("no expression in: " + finding.remedy());
        }
        return matcher.group(1).replaceFirst(", with a value .*", "");
    }

    /** A new role with a name that needs quoting, in quotes. */
    String newRole() {
        String role = "\"역할 \"\"r\"\" " + UUID.randomUUID().toString().substring(0, 8) + '"';
        roles.add(role);
        return role;
    }

    String createRole(String options) {
        String role = newRole();
        execute("CREATE ROLE " + role + " " + options);
        return role;
    }

    /** The name behind a quoted one. */
    static String bare(String quoted) {
        return quoted.substring(1, quoted.length() - 1).replace("\"\"", "\"");
    }

    /** Connections of which each executes this first. */
    DataSource after(String sql) {
        return each(connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
                return connection;
            } catch (SQLException e) {
                throw new IllegalStateException(sql, e);
            }
        });
    }

    /** Connections that were changed somehow. */
    DataSource each(UnaryOperator<Connection> change) {
        return supplying(() -> change.apply(database.connect()));
    }

    interface Connections {
        Connection next() throws SQLException;
    }

    /** A data source that hands out what it is told. */
    static DataSource supplying(Connections connections) {
        return (DataSource) Proxy.newProxyInstance(
                Clinic.class.getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("getConnection")) {
                        return connections.next();
                    }
                    throw new UnsupportedOperationException(method.getName());
                });
    }

    @Override
    public void close() {
        String name = database.name();
        database.close();
        try (Connection connection = database.server().dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            for (String role : roles) {
                statement.execute("DROP ROLE IF EXISTS " + role);
            }
        } catch (SQLException e) {
            throw new IllegalStateException("roles of " + name + " remain", e);
        }
    }
}
