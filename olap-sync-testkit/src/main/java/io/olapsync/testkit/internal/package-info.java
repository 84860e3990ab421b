/** How the servers of the testkit are unpacked, started, watched and stopped. Not for use from outside. */
@NullMarked
package io.olapsync.testkit.internal;

import org.jspecify.annotations.NullMarked;
