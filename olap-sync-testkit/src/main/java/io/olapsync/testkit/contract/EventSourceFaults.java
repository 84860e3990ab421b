package io.olapsync.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.EventSource;
import io.olapsync.spi.EventSource.Batch;
import io.olapsync.spi.EventSource.SetAside;
import io.olapsync.spi.EventsUnavailableException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What a source promises of messages that cannot be handled, of lost messages, a lost queue, and its own end. */
abstract class EventSourceFaults extends EventSourceFixture {

    @Test
    void malformed_message_is_set_aside_and_those_around_it_go_on() throws Exception {
        EventSource source = consumer();
        send("first", "1");
        sendMalformed();
        send("second", "2");
        List<ChangeEvent> events = new ArrayList<>();
        List<SetAside> aside = new ArrayList<>();
        pollUntil(source, 10, batch -> {
            events.addAll(batch.events());
            aside.addAll(batch.setAside());
            return events.size() + aside.size() >= 3;
        });
        assertThat(payloads(events)).containsExactly("1", "2");
        assertThat(aside).singleElement().satisfies(message -> {
            assertThat(message.id()).isNotBlank();
            assertThat(message.reason()).isNotBlank();
        });
        assertThat(foundSetAside()).isEqualTo(1);
        assertThat(unacknowledged()).isEqualTo(2);
        source.acknowledge(ids(events));
        elapse(source.patience().multipliedBy(2));
        assertThat(drainSetAside(source)).as("set aside once").isEmpty();
        assertThat(unacknowledged()).isZero();
    }

    @Test
    void message_delivered_too_often_is_set_aside_and_those_behind_it_go_on() throws Exception {
        EventSource source = consumer();
        send("poison", "p");
        for (int delivery = 1; delivery <= maxDeliveries(); delivery++) {
            assertThat(payloads(take(source, 1))).as("delivery %d", delivery).containsExactly("p");
            elapse(source.patience().multipliedBy(2));
        }
        send("good", "g");
        List<ChangeEvent> events = new ArrayList<>();
        List<SetAside> aside = new ArrayList<>();
        pollUntil(source, 10, batch -> {
            events.addAll(batch.events());
            aside.addAll(batch.setAside());
            return events.size() + aside.size() >= 2;
        });
        assertThat(payloads(events)).containsExactly("g");
        assertThat(aside).hasSize(1);
        assertThat(foundSetAside()).isEqualTo(1);
        assertThat(unacknowledged()).isEqualTo(1);
    }

    @Test
    void message_that_is_kept_is_not_delivered_and_so_never_too_often() throws Exception {
        EventSource source = consumer();
        send("slow", "s");
        List<String> ids = ids(take(source, 1));
        for (int i = 0; i <= maxDeliveries() * 2; i++) {
            elapse(source.patience().dividedBy(2));
            source.keep(ids);
            assertThat(drain(source, 10)).isEmpty();
        }
        assertThat(foundSetAside()).isZero();
        assertThat(unacknowledged()).isEqualTo(1);
    }

    @Test
    void queue_that_is_new_has_a_gap() throws Exception {
        if (canLose()) {
            EventSource first = newConsumer();
            assertThat(first.poll(1, NONE).gap()).isTrue();
            first.gapRecorded();
            assertThat(first.poll(1, NONE).gap()).isFalse();
            assertThat(newConsumer().poll(1, NONE).gap())
                    .as("it is not new any more")
                    .isFalse();
        }
    }

    @Test
    void lost_messages_are_told_of_until_that_is_recorded_also_by_the_next_process() throws Exception {
        if (!canLose()) {
            return;
        }
        EventSource first = consumer();
        sendMany(10);
        take(first, 4);
        cut();
        pollUntil(first, 10, Batch::gap);
        assertThat(first.poll(10, NONE).gap()).as("told again").isTrue();
        die(first);
        elapse(first.patience().multipliedBy(2));

        EventSource second = newConsumer();
        pollUntil(second, 10, Batch::gap);
        assertThat(second.poll(10, NONE).gap()).as("told again").isTrue();
        second.gapRecorded();
        second.gapRecorded();
        for (int i = 0; i < 5; i++) {
            assertThat(second.poll(10, NONE)).isEqualTo(Batch.EMPTY);
        }
        assertThat(newConsumer().poll(10, NONE)).isEqualTo(Batch.EMPTY);
        send("after", "a");
        assertThat(payloads(take(second, 1))).containsExactly("a");
    }

    @Test
    void what_is_sent_after_a_loss_and_before_it_was_recorded_is_delivered() throws Exception {
        if (!canLose()) {
            return;
        }
        EventSource source = consumer();
        sendMany(10);
        take(source, 4);
        cut();
        send("after", "a");
        List<ChangeEvent> events = new ArrayList<>();
        pollUntil(source, 10, batch -> {
            events.addAll(batch.events());
            return batch.gap();
        });
        source.gapRecorded();
        pollUntil(source, 10, batch -> {
            events.addAll(batch.events());
            return !events.isEmpty();
        });
        assertThat(payloads(events)).containsExactly("a");
        source.acknowledge(ids(events));
        assertThat(unacknowledged()).isZero();
    }

    @Test
    void a_second_loss_is_told_of_although_the_first_was_recorded() throws Exception {
        if (!canLose()) {
            return;
        }
        EventSource source = consumer();
        for (int loss = 1; loss <= 2; loss++) {
            sendMany(3);
            take(source, 1);
            cut();
            pollUntil(source, 10, Batch::gap);
            source.gapRecorded();
            assertThat(source.poll(10, NONE).gap())
                    .as("loss %d is recorded", loss)
                    .isFalse();
        }
    }

    @Test
    void queue_that_cannot_be_reached_is_a_failure_and_loses_nothing() throws Exception {
        EventSource source = consumer();
        sendMany(3);
        List<String> taken = ids(take(source, 2));
        loseQueue();
        assertUnavailable(() -> source.poll(10, NONE));
        assertUnavailable(() -> source.poll(10, LONG));
        assertUnavailable(() -> source.acknowledge(taken));
        assertUnavailable(() -> source.keep(taken));
        restoreQueue();
        List<ChangeEvent> rest =
                new ArrayList<>(persist(() -> source.poll(10, NONE)).events());
        while (rest.isEmpty()) {
            rest.addAll(persist(() -> source.poll(10, NONE)).events());
        }
        assertThat(payloads(rest)).containsExactly("2");
        persist(() -> {
            source.acknowledge(taken);
            source.acknowledge(ids(rest));
            return true;
        });
        assertThat(unacknowledged()).isZero();
    }

    private static void assertUnavailable(ThrowingCallable call) {
        long begin = System.nanoTime();
        assertThatThrownBy(call)
                .isInstanceOf(EventsUnavailableException.class)
                .message()
                .isNotBlank();
        assertThat(System.nanoTime() - begin)
                .as("it does not wait for the queue")
                .isLessThan(LONG.toNanos() / 2);
    }

    @Test
    void closed_source_ends_its_waiting_and_leaves_what_it_had_to_others() throws Exception {
        EventSource other = consumer();
        EventSource source = consumer();
        send("left", "l");
        List<ChangeEvent> taken = take(source, 1);
        Future<Boolean> waiting = Threads.start(() -> {
            try {
                return source.poll(10, LONG.multipliedBy(10)).events().isEmpty();
            } catch (EventsUnavailableException closed) {
                return true;
            }
        });
        source.close();
        source.close();
        assertThat(Threads.result(waiting)).isTrue();
        elapse(other.patience().multipliedBy(2));
        assertThat(take(other, 1)).isEqualTo(taken);
    }
}
