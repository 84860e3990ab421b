package io.olapsync.redis.internal;

import io.olapsync.spi.ChangeEvent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Which fields of a stream entry say what.
 *
 * @param type the field that says what happened
 * @param transaction the field with the id of the transaction, decimal; an entry may lack it
 * @param payload the field with the rest; an entry may lack it
 */
public record EventFields(String type, String transaction, String payload) {

    /** {@code type}, {@code xid}, {@code payload}. */
    public static final EventFields DEFAULT = new EventFields("type", "xid", "payload");

    private static final int SHOWN = 40;

    /** @throws IllegalArgumentException if a name is empty, or two are the same */
    public EventFields {
        if (type.isEmpty() || transaction.isEmpty() || payload.isEmpty()) {
            throw new IllegalArgumentException("a field of an event needs a name");
        }
        if (Set.copyOf(List.of(type, transaction, payload)).size() < 3) {
            throw new IllegalArgumentException("the fields of an event need three names, not '" + type + "', '"
                    + transaction + "', '" + payload + "'");
        }
    }

    Map<String, String> write(ChangeEvent event) {
        Map<String, String> body = new LinkedHashMap<>();
        body.put(type, event.type());
        event.transaction().ifPresent(id -> body.put(transaction, Long.toString(id)));
        if (!event.payload().isEmpty()) {
            body.put(payload, event.payload());
        }
        return body;
    }

    ChangeEvent read(StreamEntry entry) throws UnfitEntryException {
        Map<String, String> body = entry.body();
        String what = body.getOrDefault(type, "");
        if (what.isEmpty()) {
            throw new UnfitEntryException("no field '" + type + "'");
        }
        return new ChangeEvent(
                entry.id(), what, transactionOf(body.getOrDefault(transaction, "")), body.getOrDefault(payload, ""));
    }

    private OptionalLong transactionOf(String text) throws UnfitEntryException {
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        try {
            long id = Long.parseLong(text);
            if (id >= 0) {
                return OptionalLong.of(id);
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw new UnfitEntryException("field '" + transaction + "' is no transaction id: '"
                + (text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text) + "'");
    }

    /** An entry that is not to be handed out. */
    static final class UnfitEntryException extends Exception {

        private static final long serialVersionUID = 1L;

        private final String reason;

        UnfitEntryException(String reason) {
            super(reason);
            this.reason = reason;
        }

        String reason() {
            return reason;
        }
    }
}
