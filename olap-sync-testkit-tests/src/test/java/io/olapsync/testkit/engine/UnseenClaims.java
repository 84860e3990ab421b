package io.olapsync.testkit.engine;

import io.olapsync.spi.RefreshException;
import io.olapsync.spi.SyncPlugin;
import io.olapsync.spi.TickClaim;
import io.olapsync.spi.TickStore;
import io.olapsync.spi.Ticks;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import java.time.Duration;
import java.util.Map;

/** A process that reads the claims just before the others make theirs, each time. */
final class UnseenClaims implements SyncPlugin, TickStore {

    private final InMemoryPlugin fakes;
    int refused;

    UnseenClaims(InMemoryPlugin fakes) {
        this.fakes = fakes;
    }

    @Override
    public void install(Registry registry) {
        registry.executor(fakes.executor())
                .locks(fakes.locks())
                .states(fakes.warehouse())
                .history(fakes.history())
                .ticks(this);
    }

    @Override
    public Ticks read(String plan) throws RefreshException {
        return new Ticks(fakes.ticks().read(plan).now(), Map.of());
    }

    @Override
    public boolean claim(TickClaim claim, Duration apart) throws RefreshException {
        boolean granted = fakes.ticks().claim(claim, apart);
        refused += granted ? 0 : 1;
        return granted;
    }
}
