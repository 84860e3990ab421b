package io.olapsync.jdbc.internal.doctor;

import io.olapsync.spi.ViewName;

/**
 * A materialized view or a delta table that exists.
 *
 * @param definition what holds its query: itself, or the view that is the delta table's definition; 0 where that has gone
 * @param isDeltaTable whether it is a delta table
 */
record ExaminedView(ViewName name, long oid, String owner, boolean populated, long definition, boolean isDeltaTable) {}
