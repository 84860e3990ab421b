/** The PostgreSQL adapters: refresh, locks, state, history, catalog, plans from the catalog, and the doctor. */
@NullMarked
package io.olapsync.jdbc;

import org.jspecify.annotations.NullMarked;
