package io.olapsync.testkit.fakes;

import io.olapsync.spi.PendingInvalidation;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshOrder;
import io.olapsync.spi.Snapshot;
import io.olapsync.spi.ViewConfirmation;
import io.olapsync.spi.ViewControl;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import io.olapsync.spi.ViewStates;
import io.olapsync.spi.ViewsSeen;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** States that can be away. */
public final class FaultyStates implements ViewStates {

    private final ViewStates target;
    private volatile boolean away;
    private final AtomicInteger refusals = new AtomicInteger();
    private final AtomicBoolean hanging = new AtomicBoolean();

    /** Passes everything on to these states. */
    public FaultyStates(ViewStates target) {
        this.target = target;
    }

    /** Whether they refuse from now on. */
    public void away(boolean isAway) {
        away = isAway;
    }

    /** Whether whoever asks them anything from now on waits, like those who wait already, until this is false again. */
    public void hangs(boolean isHanging) {
        synchronized (hanging) {
            hanging.set(isHanging);
            hanging.notifyAll();
        }
    }

    /** The next so many times they do not forget invalidations that are done. */
    public void refuseToForget(int times) {
        refusals.set(times);
    }

    @Override
    public Map<ViewName, ViewState> read(Collection<ViewName> views) throws RefreshException {
        requirePresent();
        return target.read(views);
    }

    @Override
    public List<PendingInvalidation> pendingInvalidations(Collection<ViewName> views) throws RefreshException {
        requirePresent();
        return target.pendingInvalidations(views);
    }

    @Override
    public void invalidated(Collection<PendingInvalidation> done) throws RefreshException {
        requirePresent();
        if (refusals.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw new RefreshException(RefreshException.Kind.TRANSIENT, "the invalidations cannot be forgotten", null);
        }
        target.invalidated(done);
    }

    @Override
    public void confirmed(Collection<ViewConfirmation> unchanged) throws RefreshException {
        requirePresent();
        target.confirmed(unchanged);
    }

    @Override
    public Set<ViewName> unchanged(Map<ViewName, Set<ViewName>> ancestors) throws RefreshException {
        requirePresent();
        return target.unchanged(ancestors);
    }

    @Override
    public ViewsSeen look(Collection<ViewName> views, Map<ViewName, Set<ViewName>> ancestors) throws RefreshException {
        requirePresent();
        return target.look(views, ancestors);
    }

    @Override
    public Snapshot now() throws RefreshException {
        requirePresent();
        return target.now();
    }

    @Override
    public List<RefreshOrder> orders(Collection<ViewName> views) throws RefreshException {
        requirePresent();
        return target.orders(views);
    }

    @Override
    public void fulfilled(Collection<RefreshOrder> orders) throws RefreshException {
        requirePresent();
        target.fulfilled(orders);
    }

    @Override
    public Map<ViewName, ViewControl> controls(Collection<ViewName> views) throws RefreshException {
        requirePresent();
        return target.controls(views);
    }

    @Override
    public Set<ViewName> failed(Collection<ViewName> views, int suspendAfter) throws RefreshException {
        requirePresent();
        return target.failed(views, suspendAfter);
    }

    @Override
    public void order(Collection<ViewName> views, Duration delay, String reason) throws RefreshException {
        requirePresent();
        target.order(views, delay, reason);
    }

    @Override
    public void pause(Collection<ViewName> views, String reason) throws RefreshException {
        requirePresent();
        target.pause(views, reason);
    }

    @Override
    public void resume(Collection<ViewName> views) throws RefreshException {
        requirePresent();
        target.resume(views);
    }

    @Override
    public void eventsArriving(Collection<ViewName> views) throws RefreshException {
        requirePresent();
        target.eventsArriving(views);
    }

    private void requirePresent() throws RefreshException {
        synchronized (hanging) {
            while (hanging.get()) {
                try {
                    hanging.wait();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new RefreshException(RefreshException.Kind.CANCELLED, "interrupted while it hung", e);
                }
            }
        }
        if (away) {
            throw new RefreshException(RefreshException.Kind.TRANSIENT, "the state of the views is away", null);
        }
    }
}
