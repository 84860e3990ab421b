/**
 * The example's star schema: OLTP tables of a restructuring service, six OLAP views over them, seeded data, small
 * business changes, and the sums by which a reader can tell whether the views fit together.
 *
 * <p>Plain JDBC on one {@link java.sql.Connection} the caller owns; every relation is in the schema {@code public}.
 */
@NullMarked
package io.olapsync.examples.star;

import org.jspecify.annotations.NullMarked;
