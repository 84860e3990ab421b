package io.olapsync.testkit.fakes;

import io.olapsync.spi.Alert;
import io.olapsync.spi.NotificationException;
import io.olapsync.spi.Notifier;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A notifier before another that is away, refuses, or does not come back. */
public final class FaultyNotifier implements Notifier {

    private enum State {
        WELL,
        AWAY,
        TOO_EARLY,
        REFUSING,
        HANGING,
        BROKEN
    }

    private final Notifier target;
    private final Duration patience;
    private final AtomicInteger calls = new AtomicInteger();
    private volatile State state = State.WELL;
    private volatile Duration retryAfter = Duration.ZERO;
    private volatile CountDownLatch released = new CountDownLatch(1);

    /**
     * Passes everything on to this one.
     *
     * @param patience how long it hangs at most
     */
    public FaultyNotifier(Notifier target, Duration patience) {
        this.target = target;
        this.patience = patience;
    }

    /** Passes everything on from now on, and lets go of those that hang. */
    public void well() {
        state = State.WELL;
        released.countDown();
        released = new CountDownLatch(1);
    }

    /** Is away from now on. */
    public void away() {
        state = State.AWAY;
    }

    /** Says from now on that it is to be tried again after this time. */
    public void tooEarly(Duration after) {
        retryAfter = after;
        state = State.TOO_EARLY;
    }

    /** Refuses for good from now on. */
    public void refusing() {
        state = State.REFUSING;
    }

    /** Does not come back from now on, until its patience ends or it is well again. */
    public void hanging() {
        state = State.HANGING;
    }

    /** Throws what no notifier should, from now on. */
    public void broken() {
        state = State.BROKEN;
    }

    /** How often it was asked to send. */
    public int calls() {
        return calls.get();
    }

    @Override
    public String name() {
        return target.name();
    }

    @Override
    public void send(Alert alert) throws NotificationException {
        calls.incrementAndGet();
        switch (state) {
            case WELL -> target.send(alert);
            case AWAY -> throw NotificationException.transientFailure("the receiver is away", null);
            case TOO_EARLY -> throw NotificationException.tooEarly("the receiver is busy", retryAfter);
            case REFUSING -> throw NotificationException.permanentFailure("the receiver refuses", null);
            case HANGING -> hang();
            case BROKEN -> throw new IllegalStateException("broken by the test");
        }
    }

    private void hang() throws NotificationException {
        try {
            boolean unused = released.await(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw NotificationException.transientFailure("the receiver did not answer within " + patience, null);
    }
}
