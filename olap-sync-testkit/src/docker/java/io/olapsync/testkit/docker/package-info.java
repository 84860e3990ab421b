/** The test servers in containers. Compiled with the Maven profile {@code docker} only. */
@NullMarked
package io.olapsync.testkit.docker;

import org.jspecify.annotations.NullMarked;
