package io.olapsync.spi;

import java.util.UUID;

/**
 * The identity of one run of a plan, unique across processes.
 *
 * @param value a random UUID
 */
public record RunId(UUID value) {

    /** A new, random id. */
    public static RunId random() {
        return new RunId(UUID.randomUUID());
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
