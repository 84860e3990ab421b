package io.olapsync.spi;

import java.util.Objects;
import java.util.OptionalLong;

/**
 * A message that says what a committed transaction has changed, as a source delivers it and a publisher sends it.
 *
 * @param id the source's name of the message, unique within the source; what it is acknowledged by
 * @param type what happened, for instance {@code case_created}; never empty. It decides which views are stale
 * @param transaction the id of the transaction that made the change, in the store's own numbering (on PostgreSQL the
 *     {@code xid8} of {@code pg_current_xact_id()}); empty where the message does not carry one
 * @param payload what else the message says, JSON text; may be empty
 */
public record ChangeEvent(String id, String type, OptionalLong transaction, String payload) {

    /** @throws IllegalArgumentException if id or type is empty, or the transaction is negative */
    public ChangeEvent {
        Objects.requireNonNull(transaction, "transaction");
        Objects.requireNonNull(payload, "payload");
        if (id.isEmpty() || type.isEmpty()) {
            throw new IllegalArgumentException(
                    "a change event needs an id and a type, not '" + id + "', '" + type + "'");
        }
        if (transaction.isPresent() && transaction.getAsLong() < 0) {
            throw new IllegalArgumentException("a transaction id is not negative: " + transaction.getAsLong());
        }
    }
}
