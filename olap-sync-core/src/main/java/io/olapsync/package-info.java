/** What a host calls: the plan, the engine, requests, reports and health. */
@NullMarked
package io.olapsync;

import org.jspecify.annotations.NullMarked;
