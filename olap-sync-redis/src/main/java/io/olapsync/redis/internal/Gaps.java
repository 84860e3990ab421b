package io.olapsync.redis.internal;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/** The gaps of a stream that this consumer knows of, and those it has told of. Thread-safe. */
final class Gaps {

    private static final int NAMES = 8;
    private static final int RESERVED = 3;

    private final String consumer;
    private final Set<String> open = new HashSet<>();
    private Set<String> told = Set.of();
    private final Deque<String> reserved = new ArrayDeque<>();
    private int number;

    Gaps(String consumer) {
        this.consumer = consumer;
    }

    /**
     * What the next gap is called. Another name than that of a gap already told of, or reserved, so that recording the one
     * does not end the other; but with a bound, since recording may fail for as long as it likes.
     */
    synchronized String nextName() {
        for (int i = 0; i < NAMES && (told.contains(name()) || reserved.contains(name())); i++) {
            number = (number + 1) % NAMES;
        }
        return name();
    }

    /** The same for a gap that is heard of later. It is nobody else's for this and the next reservation. */
    synchronized String reserve() {
        String name = nextName();
        reserved.add(name);
        if (reserved.size() > RESERVED) {
            reserved.remove();
        }
        return name;
    }

    private String name() {
        return StreamScripts.GAP + consumer + ":" + number;
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
