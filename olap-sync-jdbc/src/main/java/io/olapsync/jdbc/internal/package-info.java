/** What the PostgreSQL adapters share; not for hosts. */
@NullMarked
package io.olapsync.jdbc.internal;

import org.jspecify.annotations.NullMarked;
