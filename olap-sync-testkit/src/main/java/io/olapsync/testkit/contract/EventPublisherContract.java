package io.olapsync.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.EventPublisher;
import io.olapsync.spi.EventsUnavailableException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link EventPublisher} promises: messages arrive whole and in order, or it says that they may not have. */
@Timeout(120)
public abstract class EventPublisherContract {

    /** The publisher under test, always the same. */
    protected abstract EventPublisher publisher();

    /**
     * All that has arrived so far, in the order in which a source would deliver it, on a way that {@link #loseReceiver}
     * leaves alone. The ids are the receiver's.
     */
    protected abstract List<ChangeEvent> received();

    /** {@link #publisher()} does not reach the receiver any more. */
    protected abstract void loseReceiver();

    /** {@link #publisher()} can reach the receiver again. */
    protected abstract void restoreReceiver();

    @Test
    void messages_arrive_in_order_with_all_they_say() throws Exception {
        List<ChangeEvent> sent = List.of(
                event("case_created", OptionalLong.of(Long.MAX_VALUE), "{\"지역\": \"서울 \\\"강남\\\"\"}"),
                event("사건 생성", OptionalLong.empty(), ""),
                event("x", OptionalLong.of(0), "line\nbreak \\ ' %s"),
                event("large", OptionalLong.of(7), "x".repeat(200_000)));
        publisher().publish(sent);
        assertThat(content(received())).isEqualTo(content(sent));
    }

    @Test
    void no_messages_are_no_work() throws Exception {
        publisher().publish(List.of());
        assertThat(received()).isEmpty();
    }

    @Test
    void many_messages_are_all_there_when_it_returns() throws Exception {
        List<ChangeEvent> sent = numbered("many", 5_000);
        publisher().publish(sent);
        assertThat(content(received())).isEqualTo(content(sent));
        assertThat(received()).extracting(ChangeEvent::id).doesNotHaveDuplicates();
    }

    @Test
    void threads_may_publish_at_once_and_each_keeps_its_order() throws Exception {
        List<Callable<Boolean>> senders = new ArrayList<>();
        for (int sender = 0; sender < 4; sender++) {
            List<ChangeEvent> sent = numbered("sender" + sender, 500);
            senders.add(() -> {
                for (int from = 0; from < sent.size(); from += 50) {
                    publisher().publish(sent.subList(from, from + 50));
                }
                return true;
            });
        }
        Threads.together(senders);
        assertThat(received().stream().collect(Collectors.groupingBy(ChangeEvent::type)))
                .hasSize(4)
                .allSatisfy((type, events) -> assertThat(content(events)).isEqualTo(content(numbered(type, 500))));
    }

    @Test
    void receiver_that_cannot_be_reached_is_a_failure_and_gets_all_when_they_are_sent_again() throws Exception {
        publisher().publish(numbered("before", 1));
        loseReceiver();
        List<ChangeEvent> sent = numbered("lost", 100);
        assertThatThrownBy(() -> publisher().publish(sent))
                .isInstanceOf(EventsUnavailableException.class)
                .message()
                .isNotBlank();
        restoreReceiver();
        publishAsTheRelayDoes(sent);
        assertThat(content(received())).containsAll(content(sent));
    }

    @Test
    void closing_twice_does_no_harm() throws Exception {
        publisher().publish(numbered("before", 1));
        publisher().close();
        publisher().close();
        assertThat(received()).hasSize(1);
    }

    /** Again until it succeeds; connections need a moment to come back. */
    private void publishAsTheRelayDoes(List<ChangeEvent> events) throws EventsUnavailableException {
        long deadline = System.nanoTime() + EventSourceFixture.LONG.toNanos();
        while (true) {
            try {
                publisher().publish(events);
                return;
            } catch (EventsUnavailableException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                LockSupport.parkNanos(20_000_000);
            }
        }
    }

    private static List<ChangeEvent> numbered(String type, int count) {
        List<ChangeEvent> events = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            events.add(event(type, OptionalLong.of(i), Integer.toString(i)));
        }
        return events;
    }

    private static ChangeEvent event(String type, OptionalLong transaction, String payload) {
        return new ChangeEvent("of the sender", type, transaction, payload);
    }

    private static List<List<Object>> content(List<ChangeEvent> events) {
        return events.stream()
                .map(event -> List.<Object>of(event.type(), event.transaction(), event.payload()))
                .toList();
    }
}
