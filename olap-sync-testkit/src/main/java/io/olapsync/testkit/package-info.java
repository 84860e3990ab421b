/**
 * What the tests of this library, and of an adapter written for it, stand on: real PostgreSQL and Redis servers that
 * start in about a second, a proxy that fails on demand, child processes that can be killed, and a clock that stands
 * still.
 */
@NullMarked
package io.olapsync.testkit;

import org.jspecify.annotations.NullMarked;
