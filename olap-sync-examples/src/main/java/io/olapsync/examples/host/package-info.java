/** A host in plain Java. */
@NullMarked
package io.olapsync.examples.host;

import org.jspecify.annotations.NullMarked;
