/** The main job: a full sync from end to end, on embedded servers or on the user's own. */
@NullMarked
package io.olapsync.examples;

import org.jspecify.annotations.NullMarked;
