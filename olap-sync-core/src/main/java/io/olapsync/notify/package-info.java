/**
 * Tells people what fails: by Slack, by e-mail, or as {@link io.olapsync.notify.AlertText} by a notifier of your own.
 */
@NullMarked
package io.olapsync.notify;

import org.jspecify.annotations.NullMarked;
