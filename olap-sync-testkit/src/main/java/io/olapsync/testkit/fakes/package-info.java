/**
 * In-memory adapters that keep the contracts of the SPI, and faulty ones that break as told.
 *
 * <p>They are for tests of code that embeds the library, and for the library's own. All are thread-safe.
 */
@NullMarked
package io.olapsync.testkit.fakes;

import org.jspecify.annotations.NullMarked;
