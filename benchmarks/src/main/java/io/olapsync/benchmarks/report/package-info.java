/** What was measured, and how it is written down: JSON, a page of Markdown, charts. */
@NullMarked
package io.olapsync.benchmarks.report;

import org.jspecify.annotations.NullMarked;
