package io.olapsync.testkit.internal;

import io.olapsync.testkit.PostgresServer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A PostgreSQL server that runs elsewhere. */
public final class ExternalPostgres implements PostgresServer {

    private static final Pattern URL = Pattern.compile("(jdbc:postgresql://[^/?]+)(?:/([^?]*))?(\\?.*)?");

    private final String url;
    private final String beforeDatabase;
    private final String afterDatabase;
    private final int major;

    /** Asks the server for its version; the URL must hold user and password where the server wants them. */
    public ExternalPostgres(String url) {
        Matcher parts = URL.matcher(url);
        if (!parts.matches()) {
            throw new IllegalArgumentException("The test database must be given as "
                    + "jdbc:postgresql://host:port/database?user=...&password=...");
        }
        this.url = url;
        this.beforeDatabase = parts.group(1);
        this.afterDatabase = parts.group(3) == null ? "" : parts.group(3);
        this.major = majorOf();
    }

    private int majorOf() {
        try (Connection connection = dataSource().getConnection()) {
            return connection.getMetaData().getDatabaseMajorVersion();
        } catch (SQLException e) {
            throw new IllegalStateException("Cannot connect to " + this + ": " + e.getMessage(), e);
        }
    }

    @Override
    public String jdbcUrl() {
        return url;
    }

    @Override
    public String jdbcUrl(String database) {
        String path = URLEncoder.encode(database, StandardCharsets.UTF_8).replace("+", "%20");
        return beforeDatabase + "/" + path + afterDatabase;
    }

    @Override
    public int major() {
        return major;
    }

    /** Without the part that may hold a password. */
    @Override
    public String toString() {
        return beforeDatabase;
    }
}
