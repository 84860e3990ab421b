package io.olapsync.jdbc.internal.doctor;

import io.olapsync.spi.ViewName;

/** A materialized view that exists. */
record ExaminedView(ViewName name, long oid, String owner, boolean populated) {}
