/** JMH benchmarks, one class per question, each against what a user would run instead. */
@NullMarked
package io.olapsync.benchmarks;

import org.jspecify.annotations.NullMarked;
