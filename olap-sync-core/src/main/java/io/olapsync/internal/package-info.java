/** The engine: the walk over the plan, retries, invalidation, history. Not for hosts. */
@NullMarked
package io.olapsync.internal;

import org.jspecify.annotations.NullMarked;
