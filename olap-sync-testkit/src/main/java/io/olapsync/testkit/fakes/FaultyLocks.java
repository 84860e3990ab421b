package io.olapsync.testkit.fakes;

import io.olapsync.spi.LockProvider;
import io.olapsync.spi.LockUnavailableException;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.ViewName;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Locks of another provider that are lost, or cannot be asked for, as told. */
public final class FaultyLocks implements LockProvider {

    private final LockProvider target;
    private final Set<Lock> handedOut = new LinkedHashSet<>();
    private final Set<ViewName> doomed = new HashSet<>();
    private boolean away;

    /** Passes everything on to this provider. */
    public FaultyLocks(LockProvider target) {
        this.target = target;
    }

    /** Whether the store cannot be asked from now on: nothing is locked, and no held lock can say that it is held. */
    public synchronized void away(boolean isAway) {
        away = isAway;
    }

    /** The store takes back every lock that is held now; its holder notices when it asks. */
    public void lose() {
        copy().forEach(Lock::lose);
    }

    /** The next lock on this view is lost before the commit: at the moment it is asked whether it is still held. */
    public synchronized void loseBeforeCommit(ViewName view) {
        doomed.add(view);
    }

    @Override
    public Optional<RefreshLock> tryAcquire(Set<ViewName> views) throws LockUnavailableException {
        if (isAway()) {
            throw new LockUnavailableException(
                    RefreshException.Kind.TRANSIENT, "the lock store is away: " + views, null, null, null);
        }
        return target.tryAcquire(views).map(lock -> handOut(lock, views));
    }

    private synchronized boolean isAway() {
        return away;
    }

    private synchronized List<Lock> copy() {
        return List.copyOf(handedOut);
    }

    private synchronized RefreshLock handOut(RefreshLock lock, Set<ViewName> views) {
        Lock faulty = new Lock(lock, doomed.removeAll(views));
        handedOut.add(faulty);
        return faulty;
    }

    private synchronized void takeBack(Lock lock) {
        handedOut.remove(lock);
    }

    private final class Lock implements RefreshLock {

        private final RefreshLock held;
        private final boolean isDoomed;

        Lock(RefreshLock held, boolean isDoomed) {
            this.held = held;
            this.isDoomed = isDoomed;
        }

        void lose() {
            held.close();
        }

        @Override
        public <T> Optional<T> unwrap(Class<T> type) {
            return held.unwrap(type);
        }

        @Override
        public boolean isHeld() {
            if (isDoomed) {
                lose();
            }
            return !isAway() && held.isHeld();
        }

        @Override
        public void close() {
            takeBack(this);
            held.close();
        }
    }
}
