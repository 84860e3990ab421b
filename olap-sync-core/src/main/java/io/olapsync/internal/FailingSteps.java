package io.olapsync.internal;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The steps whose last end in this process was a failure, so that what begins and what ends is told once. Thread-safe. */
final class FailingSteps {

    private final Set<String> failing = ConcurrentHashMap.newKeySet();

    /** Whether it did not fail the last time. */
    boolean begins(String step) {
        return failing.add(step);
    }

    /** Whether it had failed the last time. */
    boolean ends(String step) {
        return failing.remove(step);
    }
}
