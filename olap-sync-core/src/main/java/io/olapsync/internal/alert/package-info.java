/** Notices what fails and what is over, and tells it; beside the engine, never in its way. */
@NullMarked
package io.olapsync.internal.alert;

import org.jspecify.annotations.NullMarked;
