/** What an engine does, as meters and observations of Micrometer. */
@NullMarked
package io.olapsync.metrics;

import org.jspecify.annotations.NullMarked;
