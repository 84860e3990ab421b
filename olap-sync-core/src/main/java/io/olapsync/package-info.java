/**
 * What a host calls: the plan, the engine that runs it, and what comes back.
 *
 * <p>A {@link io.olapsync.SyncPlan} says which views there are and which of them must go first.
 */
@NullMarked
package io.olapsync;

import org.jspecify.annotations.NullMarked;
