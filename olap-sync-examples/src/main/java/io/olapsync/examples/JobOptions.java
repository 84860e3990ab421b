package io.olapsync.examples;

import io.lettuce.core.RedisURI;
import io.olapsync.Publication;
import io.olapsync.examples.star.StarData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What the command line of the main job says.
 *
 * @param jdbcUrl the user's own PostgreSQL; empty: an embedded one
 * @param redisUri the user's own Redis; empty: an embedded one
 * @param plan the user's own plan, on views that exist; empty: the example's star
 * @param stakeholders the size of the example's data
 * @param publication how the views are committed; empty: as the plan says
 */
record JobOptions(
        Optional<String> jdbcUrl,
        Optional<String> redisUri,
        Optional<Path> plan,
        int stakeholders,
        Optional<Publication> publication) {

    static final String USAGE = "usage: [--jdbc-url URL] [--redis-uri URI] [--plan plan.json] [--scale STAKEHOLDERS]"
            + " [--publish each|together]";

    /** @throws IllegalArgumentException with one line that says what is wrong */
    static JobOptions parse(String... arguments) {
        String jdbcUrl = null;
        String redisUri = null;
        Path plan = null;
        int stakeholders = StarData.DEFAULT_STAKEHOLDERS;
        Publication publication = null;
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < arguments.length; i += 2) {
            String option = arguments[i];
            if (!seen.add(option)) {
                throw new IllegalArgumentException(
                        option.startsWith("--")
                                ? option + " is there twice; " + USAGE
                                : unknown(option) + "; " + USAGE);
            }
            String value = i + 1 < arguments.length ? arguments[i + 1] : null;
            switch (option) {
                case "--jdbc-url" -> jdbcUrl = jdbcUrl(option, value);
                case "--redis-uri" -> redisUri = redisUri(option, value);
                case "--plan" -> plan = file(option, value);
                case "--scale" -> stakeholders = scale(option, value);
                case "--publish" -> publication = publication(option, value);
                default -> throw new IllegalArgumentException(unknown(option) + "; " + USAGE);
            }
        }
        if (plan != null && jdbcUrl == null) {
            throw new IllegalArgumentException(
                    "--plan needs --jdbc-url: the embedded database has only the example's" + " views; " + USAGE);
        }
        return new JobOptions(
                Optional.ofNullable(jdbcUrl),
                Optional.ofNullable(redisUri),
                Optional.ofNullable(plan),
                stakeholders,
                Optional.ofNullable(publication));
    }

    private static String present(String option, @Nullable String value) {
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException(option + " needs a value; " + USAGE);
        }
        return value;
    }

    /** Repeats options only: anything else may be a URL with a password. */
    private static String unknown(String argument) {
        return argument.startsWith("--") && argument.indexOf(':') < 0
                ? "unknown argument '" + argument + "'"
                : "an argument that is neither an option nor the value of one";
    }

    /** What the driver does not understand, it and the pool would print with all that is in it. */
    private static String jdbcUrl(String option, @Nullable String value) {
        String url = starting(option, value, "jdbc:postgresql:");
        if (url.split("\\?", 2)[0].contains("@")) {
            throw new IllegalArgumentException(
                    option + " takes no user in front of the host: write ?user=...&password=... behind the database");
        }
        Logger driver = Logger.getLogger("org.postgresql");
        Level before = driver.getLevel();
        driver.setLevel(Level.OFF);
        try {
            requireSslMode(DriverManager.getDriver(url).getPropertyInfo(url, new Properties()));
        } catch (SQLException e) {
            throw new IllegalArgumentException(
                    option + " is not a URL like jdbc:postgresql://host:5432/database?user=...; " + USAGE, e);
        } finally {
            driver.setLevel(before);
        }
        return url;
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

    private static String redisUri(String option, @Nullable String value) {
        String uri = starting(option, value, "redis");
        try {
            RedisURI.create(uri);
            return uri;
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    option + " is not a URI like redis://[:password@]host:6379; " + USAGE, e);
        }
    }

    /** Does not repeat the value: it may carry a password. */
    private static String starting(String option, @Nullable String value, String scheme) {
        if (!present(option, value).startsWith(scheme)) {
            throw new IllegalArgumentException(option + " must start with '" + scheme + "'; " + USAGE);
        }
        return present(option, value);
    }

    private static Path file(String option, @Nullable String value) {
        Path file = Path.of(present(option, value));
        if (!Files.isReadable(file) || Files.isDirectory(file)) {
            throw new IllegalArgumentException(option + ": '" + file + "' is not a readable file");
        }
        return file;
    }

    private static int scale(String option, @Nullable String value) {
        try {
            return new StarData(0, Integer.parseInt(present(option, value))).stakeholders();
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    option + " needs a whole number of stakeholders, not '" + value + "'", e);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(option + ": " + e.getMessage(), e);
        }
    }

    private static Publication publication(String option, @Nullable String value) {
        return switch (present(option, value).toLowerCase(Locale.ROOT)) {
            case "each" -> Publication.EACH;
            case "together" -> Publication.TOGETHER;
            default -> throw new IllegalArgumentException(option + " is each or together, not '" + value + "'");
        };
    }
}
