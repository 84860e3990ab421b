package io.olapsync.examples;

import io.olapsync.Publication;
import io.olapsync.examples.star.StarData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.BinaryOperator;
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

    private static String jdbcUrl(String option, @Nullable String value) {
        return checked(option, value, ServerUrls::jdbc);
    }

    private static String redisUri(String option, @Nullable String value) {
        return checked(option, value, ServerUrls::redis);
    }

    private static String checked(String option, @Nullable String value, BinaryOperator<String> check) {
        String present = present(option, value);
        try {
            return check.apply(option, present);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(e.getMessage() + "; " + USAGE, e);
        }
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
