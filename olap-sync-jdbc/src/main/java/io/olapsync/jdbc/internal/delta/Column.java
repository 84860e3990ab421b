package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Names;

/**
 * A column of a relation.
 *
 * @param name as it is stored
 * @param type as SQL writes it, with its modifiers
 */
record Column(String name, String type) {

    /** Whether it is a number with as many digits behind the point as it came with. */
    boolean isUnscaled() {
        return type.equals("numeric");
    }

    /** The name in quotes. */
    String sql() {
        return Names.quote(name);
    }
}
