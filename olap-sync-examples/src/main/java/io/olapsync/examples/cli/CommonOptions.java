package io.olapsync.examples.cli;

import io.lettuce.core.RedisURI;
import io.lettuce.core.StaticCredentialsProvider;
import io.olapsync.examples.ServerUrls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Predicate;
import picocli.CommandLine.Option;

/** Where the servers and the plan are, and how to answer. Passwords come from the environment or from files. */
final class CommonOptions {

    static final String JDBC_URL = "OLAPSYNC_JDBC_URL";
    static final String USER = "OLAPSYNC_USER";
    static final String PASSWORD = "OLAPSYNC_PASSWORD";
    static final String REDIS_URI = "OLAPSYNC_REDIS_URI";
    static final String REDIS_PASSWORD = "OLAPSYNC_REDIS_PASSWORD";

    @Option(
            names = "--jdbc-url",
            paramLabel = "URL",
            description = "The PostgreSQL, jdbc:postgresql://host:5432/database. Else " + JDBC_URL + ".")
    private Optional<String> jdbcUrl = Optional.empty();

    @Option(names = "--user", paramLabel = "ROLE", description = "The role that connects. Else " + USER + ".")
    private Optional<String> user = Optional.empty();

    @Option(
            names = "--password-file",
            paramLabel = "FILE",
            description = "A file whose first line is the password. Else " + PASSWORD + ".")
    private Optional<Path> passwordFile = Optional.empty();

    @Option(
            names = "--redis-uri",
            paramLabel = "URI",
            description = "The Redis whose caches are invalidated, redis://host:6379. Else " + REDIS_URI
                    + "; its password from " + REDIS_PASSWORD + ". Without one, invalidations wait in the database.")
    private Optional<String> redisUri = Optional.empty();

    @Option(
            names = "--plan",
            paramLabel = "FILE",
            description = "The plan as JSON. Without one it is read from the catalog, see --schema.")
    private Optional<Path> plan = Optional.empty();

    @Option(
            names = "--schema",
            paramLabel = "NAME",
            description = "A schema whose materialized views are the plan where there is no --plan; public by default.",
            arity = "1")
    private List<String> schemas = List.of();

    @Option(names = "--json", description = "Answer in JSON: one document, or a line for each event.")
    private boolean json;

    private Map<String, String> environment = Map.of();

    void environment(Map<String, String> variables) {
        environment = variables;
    }

    boolean json() {
        return json;
    }

    Optional<Path> plan() {
        if (plan.isPresent() && !schemas.isEmpty()) {
            throw new BadInputException("--plan and --schema exclude each other");
        }
        return plan;
    }

    List<String> schemas() {
        return schemas.isEmpty() ? List.of("public") : schemas;
    }

    /** @throws BadInputException if the URL names a role, too: the driver would take that one, and say nothing */
    Optional<String> user() {
        Optional<String> named = user.or(() -> variable(USER));
        if (named.isPresent() && !properties(jdbcUrl(), "user"::equals).isEmpty()) {
            throw new BadInputException(
                    (user.isPresent() ? "--user" : USER) + " and the URL both name a role: leave one out");
        }
        return named;
    }

    Optional<String> password() {
        return passwordFile.map(CommonOptions::firstLine).or(() -> variable(PASSWORD));
    }

    /** @throws BadInputException if it is missing or wrong, or would show a password to whoever lists processes */
    String jdbcUrl() {
        String name = jdbcUrl.isPresent() ? "--jdbc-url" : JDBC_URL;
        String url = jdbcUrl.or(() -> variable(JDBC_URL))
                .orElseThrow(() -> new BadInputException("--jdbc-url is missing, and " + JDBC_URL + " is not set"));
        checked(() -> ServerUrls.jdbc(name, url));
        if (jdbcUrl.isPresent() && !properties(url, CommonOptions::isSecret).isEmpty()) {
            throw new BadInputException("--jdbc-url must not hold a password, every process list shows it: use "
                    + PASSWORD + ", --password-file or " + JDBC_URL);
        }
        return url;
    }

    Optional<RedisURI> redisUri() {
        String name = redisUri.isPresent() ? "--redis-uri" : REDIS_URI;
        return redisUri.or(() -> variable(REDIS_URI)).map(text -> {
            checked(() -> ServerUrls.redis(name, text));
            if (redisUri.isPresent() && text.contains("@")) {
                throw new BadInputException("--redis-uri must not hold a password, every process list shows it: use "
                        + REDIS_PASSWORD + " or " + REDIS_URI);
            }
            RedisURI uri = RedisURI.create(text);
            variable(REDIS_PASSWORD)
                    .ifPresent(password ->
                            uri.setCredentialsProvider(new StaticCredentialsProvider(null, password.toCharArray())));
            return uri;
        });
    }

    /** The properties of such names that the URL sets. */
    private static List<String> properties(String url, Predicate<String> names) {
        try {
            return Arrays.stream(DriverManager.getDriver(url).getPropertyInfo(url, new Properties()))
                    .filter(property -> property.value != null && names.test(property.name))
                    .map(property -> property.name)
                    .toList();
        } catch (SQLException e) {
            throw new BadInputException("the URL is not one of the driver's", e);
        }
    }

    private static boolean isSecret(String property) {
        return property.toLowerCase(Locale.ROOT).endsWith("password");
    }

    private Optional<String> variable(String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
    }

    private static String firstLine(Path file) {
        try {
            return Files.readString(file).lines().findFirst().orElse("");
        } catch (IOException e) {
            throw new BadInputException("--password-file: '" + file + "' cannot be read", e);
        }
    }

    private static void checked(Runnable check) {
        try {
            check.run();
        } catch (IllegalArgumentException e) {
            throw new BadInputException(String.valueOf(e.getMessage()), e);
        }
    }
}
