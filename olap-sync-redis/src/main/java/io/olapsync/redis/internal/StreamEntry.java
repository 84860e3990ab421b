package io.olapsync.redis.internal;

import io.lettuce.core.StreamMessage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An entry of a stream as a consumer was given it.
 *
 * @param id its id in the stream
 * @param deliveries how often it has been delivered, this time included
 */
record StreamEntry(String id, Map<String, String> body, long deliveries) {

    private static final int MOST_DIGITS = 20;

    /** Whether an entry can have this id; one that cannot would have a whole command refused. Each entry is asked for it. */
    static boolean isId(String text) {
        int dash = text.indexOf('-');
        return isNumber(text, 0, dash) && isNumber(text, dash + 1, text.length());
    }

    private static boolean isNumber(String text, int from, int to) {
        if (to <= from || to - from > MOST_DIGITS) {
            return false;
        }
        for (int i = from; i < to; i++) {
            char digit = text.charAt(i);
            if (digit < '0' || digit > '9') {
                return false;
            }
        }
        return true;
    }

    /** From what a script returns: the id, and field, value, field, value. */
    static StreamEntry of(List<?> reply, long deliveries) {
        Map<String, String> body = new LinkedHashMap<>();
        List<?> flat = (List<?>) reply.get(1);
        for (int i = 0; i + 1 < flat.size(); i += 2) {
            body.put(String.valueOf(flat.get(i)), String.valueOf(flat.get(i + 1)));
        }
        return new StreamEntry(String.valueOf(reply.get(0)), body, deliveries);
    }

    /** Delivered for the first time. */
    static StreamEntry of(StreamMessage<String, String> message) {
        return new StreamEntry(message.getId(), message.getBody(), 1);
    }
}
