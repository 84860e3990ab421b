package io.olapsync.examples;

import io.lettuce.core.RedisURI;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Properties;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Addresses of servers as people type them. What is wrong is said without repeating them: they may carry a password. */
public final class ServerUrls {

    private ServerUrls() {}

    /**
     * The URL, where the driver understands it.
     *
     * @param name what the URL is called in a message
     * @throws IllegalArgumentException if it does not
     */
    public static String jdbc(String name, String value) {
        String url = starting(name, value, "jdbc:postgresql:");
        if (url.split("\\?", 2)[0].contains("@")) {
            throw new IllegalArgumentException(
                    name + " takes no user in front of the host: write ?user=... behind the database");
        }
        // What the driver does not understand, it and the pool would print with all that is in it.
        Logger driver = Logger.getLogger("org.postgresql");
        Level before = driver.getLevel();
        driver.setLevel(Level.OFF);
        try {
            requireSslMode(DriverManager.getDriver(url).getPropertyInfo(url, new Properties()));
        } catch (SQLException e) {
            throw new IllegalArgumentException(
                    name + " is not a URL like jdbc:postgresql://host:5432/database?user=...", e);
        } finally {
            driver.setLevel(before);
        }
        return url;
    }

    /** The URI, where the client understands it; as {@link #jdbc}. */
    public static String redis(String name, String value) {
        String uri = starting(name, value, "redis");
        try {
            RedisURI.create(uri);
            return uri;
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(name + " is not a URI like redis://host:6379", e);
        }
    }

    /** The driver itself looks at it only when it connects. */
    private static void requireSslMode(DriverPropertyInfo[] properties) throws SQLException {
        for (DriverPropertyInfo property : properties) {
            if (property.name.equals("sslmode")
                    && property.value != null
                    && Arrays.stream(property.choices).noneMatch(property.value::equalsIgnoreCase)) {
                throw new SQLException("no such sslmode");
            }
        }
    }

    private static String starting(String name, String value, String scheme) {
        if (!value.startsWith(scheme)) {
            throw new IllegalArgumentException(name + " must start with '" + scheme + "'");
        }
        return value;
    }
}
