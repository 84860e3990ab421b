/** When syncs begin by themselves: cron expressions and schedules. */
@NullMarked
package io.olapsync.schedule;

import org.jspecify.annotations.NullMarked;
