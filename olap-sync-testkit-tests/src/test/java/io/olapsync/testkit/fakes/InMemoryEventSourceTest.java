package io.olapsync.testkit.fakes;

import io.olapsync.spi.EventSource;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.contract.EventSourceContract;
import java.time.Duration;
import java.util.OptionalLong;

class InMemoryEventSourceTest extends EventSourceContract {

    private final ManualClock clock = ManualClock.at("2026-03-01T03:00:00Z");
    private final InMemoryQueue queue = new InMemoryQueue(clock);
    private long sent;

    @Override
    protected EventSource open() {
        return queue.open();
    }

    @Override
    protected OptionalLong send(String type, String payload) {
        OptionalLong transaction = sent++ % 2 == 0 ? OptionalLong.of(1_000 + sent) : OptionalLong.empty();
        queue.send(type, transaction, payload);
        return transaction;
    }

    @Override
    protected void sendMalformed() {
        queue.sendMalformed();
    }

    @Override
    protected void cut() {
        queue.lose();
    }

    @Override
    protected void elapse(Duration time) {
        clock.advance(time);
    }

    @Override
    protected int maxDeliveries() {
        return 5;
    }

    @Override
    protected long unacknowledged() {
        return queue.unacknowledged().size();
    }

    @Override
    protected long foundSetAside() {
        return queue.setAside().size();
    }

    @Override
    protected void loseQueue() {
        queue.away(true);
    }

    @Override
    protected void restoreQueue() {
        queue.away(false);
    }
}
