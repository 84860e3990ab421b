package io.olapsync.testkit.fakes;

import io.olapsync.notify.MemoryIncidents;
import io.olapsync.spi.IncidentStore;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.contract.IncidentStoreContract;
import java.time.Duration;

/** The incidents in memory behind the faulty ones. */
class MemoryIncidentsTest extends IncidentStoreContract {

    private final ManualClock clock = ManualClock.at("2026-03-01T12:00:00Z");
    private final MemoryIncidents memory = new MemoryIncidents(clock);
    private final FaultyIncidents incidents = new FaultyIncidents(memory);

    @Override
    protected IncidentStore incidents() {
        return incidents;
    }

    @Override
    protected IncidentStore otherProcess() {
        return memory;
    }

    @Override
    protected void passTime(Duration time) {
        clock.advance(time);
    }

    @Override
    protected void loseStore() {
        incidents.away(true);
    }
}
