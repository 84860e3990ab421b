package io.olapsync.testkit.fakes;

import io.olapsync.spi.LockProvider;
import io.olapsync.testkit.contract.LockProviderContract;

/** The in-memory locks behind the faulty ones, which keep the contract in their faults too. */
class InMemoryLocksTest extends LockProviderContract {

    private final InMemoryLocks store = new InMemoryLocks();
    private final FaultyLocks locks = new FaultyLocks(store);

    @Override
    protected LockProvider locks() {
        return locks;
    }

    @Override
    protected LockProvider otherProcess() {
        return store;
    }

    @Override
    protected void takeLocksBack() {
        locks.lose();
    }

    @Override
    protected void loseStore() {
        locks.away(true);
    }
}
