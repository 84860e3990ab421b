package io.olapsync.jdbc.internal.doctor;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A node of a parsed query as PostgreSQL keeps it in {@code pg_rewrite.ev_action} and {@code pg_proc.prosqlbody}.
 *
 * @param tag its type, such as {@code FUNCEXPR}
 * @param fields a {@link Node}, a {@link List} of values or a {@link String}; what is null there is absent here
 */
record Node(String tag, Map<String, Object> fields) {

    boolean is(String other) {
        return tag.equals(other);
    }

    /** The node in this field, or null. */
    @Nullable
    Node node(String field) {
        return fields.get(field) instanceof Node node ? node : null;
    }

    /** The nodes in this field, which is a list; empty where there is none. */
    List<Node> nodes(String field) {
        return list(field).stream()
                .filter(Node.class::isInstance)
                .map(Node.class::cast)
                .toList();
    }

    /** The values in this field, which is a list; empty where there is none. */
    List<?> list(String field) {
        return fields.get(field) instanceof List<?> list ? list : List.of();
    }

    /** The token in this field, or null. */
    @Nullable
    String text(String field) {
        return fields.get(field) instanceof String text ? text : null;
    }

    /** The number in this field, 0 where there is none. */
    long number(String field) {
        String text = text(field);
        return text == null || !text.matches("-?\\d{1,18}") ? 0 : Long.parseLong(text);
    }

    /** Visits this node and all below it. */
    void walk(Consumer<Node> visitor) {
        visitor.accept(this);
        fields.values().forEach(value -> walk(value, visitor));
    }

    /** Visits all nodes in a parsed value. */
    static void walk(@Nullable Object value, Consumer<Node> visitor) {
        if (value instanceof Node node) {
            node.walk(visitor);
        } else if (value instanceof List<?> list) {
            list.forEach(element -> walk(element, visitor));
        }
    }
}
