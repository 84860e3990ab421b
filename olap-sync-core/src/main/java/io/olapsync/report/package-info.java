/** What is read and written about plans and runs: JSON, text and diagrams. */
@NullMarked
package io.olapsync.report;

import org.jspecify.annotations.NullMarked;
