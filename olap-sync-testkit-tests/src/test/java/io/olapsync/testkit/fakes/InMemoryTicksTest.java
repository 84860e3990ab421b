package io.olapsync.testkit.fakes;

import io.olapsync.spi.RefreshException;
import io.olapsync.spi.TickClaim;
import io.olapsync.spi.TickStore;
import io.olapsync.spi.Ticks;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.contract.TickStoreContract;
import java.time.Duration;

class InMemoryTicksTest extends TickStoreContract {

    private final InMemoryTicks ticks = new InMemoryTicks(ManualClock.at("2026-03-01T12:00:00Z"));
    private boolean lost;

    @Override
    protected TickStore ticks() {
        return new TickStore() {
            @Override
            public Ticks read(String plan) throws RefreshException {
                return answered(() -> ticks.read(plan));
            }

            @Override
            public boolean claim(TickClaim claim, Duration apart) throws RefreshException {
                return answered(() -> ticks.claim(claim, apart));
            }
        };
    }

    @Override
    protected TickStore otherProcess() {
        return ticks;
    }

    @Override
    protected void loseStore() {
        lost = true;
    }

    private interface Call<T> {
        T made() throws RefreshException;
    }

    private <T> T answered(Call<T> call) throws RefreshException {
        if (!lost) {
            return call.made();
        }
        ticks.away(true);
        try {
            return call.made();
        } finally {
            ticks.away(false);
        }
    }
}
