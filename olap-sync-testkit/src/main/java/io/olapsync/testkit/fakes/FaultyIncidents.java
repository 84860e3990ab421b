package io.olapsync.testkit.fakes;

import io.olapsync.spi.Incident;
import io.olapsync.spi.IncidentReport;
import io.olapsync.spi.IncidentStore;
import io.olapsync.spi.RefreshException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Incidents whose store can be away, and that can forget to remember what was told. */
public final class FaultyIncidents implements IncidentStore {

    private final IncidentStore target;
    private volatile boolean away;
    private volatile boolean loseTold;
    private volatile Runnable beforeReport = () -> {};
    private volatile Runnable beforeTurn = () -> {};

    /** Passes everything on to these incidents. */
    public FaultyIncidents(IncidentStore target) {
        this.target = target;
    }

    /** Whether they refuse from now on. */
    public void away(boolean isAway) {
        away = isAway;
    }

    /** Whether they refuse from now on to remember what was told, as if the process had died right after telling. */
    public void loseTold(boolean loses) {
        loseTold = loses;
    }

    /** Is done before each report is written, on the thread that writes it; may block. */
    public void beforeReport(Runnable action) {
        beforeReport = action;
    }

    /** Is done before each turn to tell is taken, on the thread that takes it; may block. */
    public void beforeTurn(Runnable action) {
        beforeTurn = action;
    }

    private IncidentStore present() throws RefreshException {
        if (away) {
            throw new RefreshException(RefreshException.Kind.TRANSIENT, "the incidents are away", null);
        }
        return target;
    }

    @Override
    public void report(Collection<IncidentReport> reports, Duration reopen) throws RefreshException {
        beforeReport.run();
        present().report(reports, reopen);
    }

    @Override
    public List<Incident> open(String plan) throws RefreshException {
        return present().open(plan);
    }

    @Override
    public void resolve(Map<Incident, Instant> ended) throws RefreshException {
        present().resolve(ended);
    }

    @Override
    public Optional<Turn> takeTurn(String plan, String notifier, String holder, Duration lease, Duration lately)
            throws RefreshException {
        beforeTurn.run();
        return present().takeTurn(plan, notifier, holder, lease, lately);
    }

    @Override
    public void told(
            String plan,
            String notifier,
            String holder,
            Duration lease,
            Collection<Incident> incidents,
            boolean summary)
            throws RefreshException {
        if (loseTold) {
            throw new RefreshException(RefreshException.Kind.TRANSIENT, "what was told is not remembered", null);
        }
        present().told(plan, notifier, holder, lease, incidents, summary);
    }

    @Override
    public void endTurn(String plan, String notifier, String holder) throws RefreshException {
        present().endTurn(plan, notifier, holder);
    }

    @Override
    public void forget(String plan, Duration keep) throws RefreshException {
        present().forget(plan, keep);
    }
}
