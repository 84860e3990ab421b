package io.olapsync.testkit.fakes;

import io.olapsync.spi.LockProvider;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.ViewName;
import java.util.Collections;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** Locks that hold within this object. */
public final class InMemoryLocks implements LockProvider {

    private final Set<ViewName> held = new HashSet<>();

    /** Locks that nobody holds. */
    public InMemoryLocks() {}

    @Override
    public Optional<RefreshLock> tryAcquire(Set<ViewName> views) {
        synchronized (held) {
            if (!Collections.disjoint(held, views)) {
                return Optional.empty();
            }
            held.addAll(views);
        }
        return Optional.of(new Lock(Set.copyOf(views)));
    }

    /** The views that are locked now. */
    public Set<ViewName> held() {
        synchronized (held) {
            return Set.copyOf(held);
        }
    }

    private final class Lock implements RefreshLock {

        private final Set<ViewName> views;
        private boolean open = true; // guarded by held

        Lock(Set<ViewName> views) {
            this.views = views;
        }

        @Override
        public <T> Optional<T> unwrap(Class<T> type) {
            return Optional.empty();
        }

        @Override
        public boolean isHeld() {
            synchronized (held) {
                return open;
            }
        }

        @Override
        public void close() {
            synchronized (held) {
                if (open) {
                    open = false;
                    held.removeAll(views);
                }
            }
        }
    }
}
