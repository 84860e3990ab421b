/** The SQL of the outbox table, and what wakes those who wait for its rows. */
@NullMarked
package io.olapsync.jdbc.internal.outbox;

import org.jspecify.annotations.NullMarked;
