package io.olapsync.redis.internal;

import io.olapsync.spi.ViewName;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A glob of Redis with places for a view's name: {@code {view}}, {@code {schema}}, {@code {name}}.
 *
 * <p>{@code {view}} is the bare name in the schema {@code public}, else {@code schema.name}. Names go in literally: what
 * is special in a glob is escaped.
 */
public record GlobTemplate(String text) {

    private static final Pattern PLACE = Pattern.compile("\\{(view|schema|name)}");

    public GlobTemplate {
        Objects.requireNonNull(text, "text");
        if (!PLACE.matcher(text).find()) {
            throw new IllegalArgumentException(
                    "'" + text + "' would delete the same keys for every view; write {view}, {name} or {schema} in it");
        }
    }

    /** The glob for this view. */
    public String of(ViewName view) {
        return PLACE.matcher(text).replaceAll(place -> Matcher.quoteReplacement(escaped(part(place.group(1), view))));
    }

    private static String part(String place, ViewName view) {
        return switch (place) {
            case "schema" -> view.schema();
            case "name" -> view.name();
            default -> view.schema().equals("public") ? view.name() : view.schema() + "." + view.name();
        };
    }

    /** With a backslash before each of the characters that Redis's matcher treats specially. */
    static String escaped(String literal) {
        return literal.replaceAll("[*?\\[\\]\\\\^-]", "\\\\$0");
    }
}
