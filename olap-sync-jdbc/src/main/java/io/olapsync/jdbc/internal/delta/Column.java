package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Names;

/**
 * A column of a relation.
 *
 * @param name as it is stored
 * @param type as SQL writes it, with its modifiers
 */
record Column(String name, String type) {

    /** The name in quotes. */
    String sql() {
        return Names.quote(name);
    }
}
