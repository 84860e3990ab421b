package io.olapsync.benchmarks.report;

import com.sun.management.OperatingSystemMXBean;
import io.olapsync.testkit.PostgresServer;
import io.olapsync.testkit.RedisServer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What figures depend on: the machine, the versions, and the settings of the servers that change them. */
public final class Environment {

    private static final String SETTINGS =
            "SELECT string_agg(name || ' ' || pg_catalog.current_setting(name), ', ' ORDER BY name) FROM pg_catalog.pg_settings"
                    + " WHERE name IN ('shared_buffers', 'fsync', 'synchronous_commit', 'max_wal_size', 'work_mem', 'jit')";

    /** What says nothing about the machine. */
    static final List<String> OF_ONE_RUN = List.of("date", "commit", "load before");

    private Environment() {}

    /**
     * By name, in the order in which it is shown. No URL is part of it.
     *
     * @param commit of the library; empty: not told
     */
    public static Map<String, String> of(PostgresServer postgres, RedisServer redis, String commit)
            throws SQLException {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("date", Instant.now().truncatedTo(ChronoUnit.MINUTES).toString());
        if (!commit.isBlank()) {
            all.put("commit", commit);
        }
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        all.put(
                "processors",
                system.getAvailableProcessors() + " × " + first("/proc/cpuinfo", "model name", "unknown"));
        all.put("memory", String.format(Locale.ROOT, "%.1f GB", system.getTotalMemorySize() / 1e9));
        all.put("load before", String.format(Locale.ROOT, "%.2f", system.getSystemLoadAverage()));
        all.put(
                "system",
                first("/etc/os-release", "PRETTY_NAME", System.getProperty("os.name")) + ", "
                        + System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"));
        all.put("JDK", System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"));
        try (Connection connection = postgres.dataSource().getConnection()) {
            all.put("PostgreSQL", text(connection, "SHOW server_version") + ": " + text(connection, SETTINGS));
        }
        all.put("Redis", redis(redis));
        return all;
    }

    private static String text(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return String.valueOf(row.getString(1));
        }
    }

    private static String redis(RedisServer server) {
        String version = String.valueOf(server.command("INFO", "server"))
                .lines()
                .filter(line -> line.startsWith("redis_version:"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("unknown");
        List<String> parts = new ArrayList<>();
        for (String setting : List.of("appendonly", "appendfsync")) {
            if (server.command("CONFIG", "GET", setting) instanceof List<?> answer && answer.size() == 2) {
                parts.add(setting + " " + answer.get(1));
            }
        }
        return version + ": " + String.join(", ", parts);
    }

    private static String first(String file, String key, String otherwise) {
        try {
            return Files.readAllLines(Path.of(file), StandardCharsets.UTF_8).stream()
                    .filter(line -> line.startsWith(key))
                    .map(line -> line.replaceFirst("^[^:=]*[:=]\\s*", "").replace("\"", ""))
                    .findFirst()
                    .orElse(otherwise);
        } catch (IOException e) {
            return otherwise;
        }
    }
}
