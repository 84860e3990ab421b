package io.olapsync.redis.internal;

import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/** The gaps of a stream that this consumer knows of, and those it has told of. Thread-safe. */
final class Gaps {

    private static final int NAMES = 8;

    private final String consumer;
    private final Set<String> open = new HashSet<>();
    private Set<String> told = Set.of();
    private int number;

    Gaps(String consumer) {
        this.consumer = consumer;
    }

    /**
     * What the next gap is called. Another name than that of a gap already told of, so that recording the one does not end
     * the other; but with a bound, since recording may fail for as long as it likes.
     */
    synchronized String nextName() {
        String name = StreamScripts.GAP + consumer + ":" + number;
        if (told.contains(name)) {
            number = (number + 1) % NAMES;
            name = StreamScripts.GAP + consumer + ":" + number;
        }
        return name;
    }

    synchronized void found(String name) {
        open.add(name);
    }

    /** These there are, and no others. */
    synchronized void are(Collection<String> names) {
        open.clear();
        open.addAll(names);
    }

    /** Whether there is a gap to tell of; it counts as told. */
    synchronized boolean tell() {
        told = Set.copyOf(open);
        return !told.isEmpty();
    }

    synchronized Set<String> told() {
        return told;
    }

    synchronized void recorded(Set<String> names) {
        open.removeAll(names);
        told = Set.of();
    }
}
