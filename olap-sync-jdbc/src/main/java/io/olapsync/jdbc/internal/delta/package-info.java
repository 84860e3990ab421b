/** Delta tables: what is captured of changed rows, how a view becomes one and back, and how one is refreshed. */
@NullMarked
package io.olapsync.jdbc.internal.delta;

import org.jspecify.annotations.NullMarked;
