package io.olapsync.spi;

import java.util.List;
import java.util.Objects;

/**
 * What a check of a plan does, as data: it can be written to JSON and read back. The code behind a type is a
 * {@link CheckHandler}.
 *
 * @param type the name of the handler, such as {@code postgres.tables-readable}
 * @param arguments what it is applied to, in order; may be empty
 */
public record CheckSpec(String type, List<String> arguments) {

    /** @throws IllegalArgumentException if the type is blank */
    public CheckSpec {
        Objects.requireNonNull(type, "type");
        if (type.isBlank()) {
            throw new IllegalArgumentException("a check's type must not be blank");
        }
        arguments = List.copyOf(arguments);
    }

    /** A check of this type with these arguments. */
    public static CheckSpec of(String type, String... arguments) {
        return new CheckSpec(type, List.of(arguments));
    }
}
