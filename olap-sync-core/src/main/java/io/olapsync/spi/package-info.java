/**
 * What an adapter implements, and the values that pass between it and the engine.
 *
 * <p>Nothing here depends on the rest of the library. Every type is either an interface with as few methods as can be
 * true, or an immutable value that validates itself.
 */
@NullMarked
package io.olapsync.spi;

import org.jspecify.annotations.NullMarked;
