package io.olapsync.testkit.fakes;

import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.EventPublisher;
import io.olapsync.spi.SyncClock;
import io.olapsync.testkit.contract.EventPublisherContract;
import java.util.List;

class InMemoryQueueTest extends EventPublisherContract {

    private final InMemoryQueue queue = new InMemoryQueue(SyncClock.system());
    private final EventPublisher publisher = queue.publisher();

    @Override
    protected EventPublisher publisher() {
        return publisher;
    }

    @Override
    protected List<ChangeEvent> received() {
        return queue.sent();
    }

    @Override
    protected void loseReceiver() {
        queue.away(true);
    }

    @Override
    protected void restoreReceiver() {
        queue.away(false);
    }
}
