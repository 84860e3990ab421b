package io.olapsync.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.EventSource;
import io.olapsync.spi.EventSource.Batch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link EventSource} promises: each message reaches one consumer, and another once that one is gone, until it
 * is acknowledged or set aside; what was lost is told of.
 */
@Timeout(120)
public abstract class EventSourceContract extends EventSourceFaults {

    private static final List<String> PAYLOADS =
            List.of("", "{}", "{\"지역\": \"서울 \\\"강남\\\"\"}", "line\nbreak\ttab \\ ' %s", "x".repeat(50_000));

    @Test
    void messages_come_in_order_with_all_they_say() throws Exception {
        EventSource source = consumer();
        List<OptionalLong> transactions = new ArrayList<>();
        for (String payload : PAYLOADS) {
            transactions.add(send("case created/생성", payload));
        }
        List<ChangeEvent> events = take(source, PAYLOADS.size());
        assertThat(payloads(events)).isEqualTo(PAYLOADS);
        assertThat(events).extracting(ChangeEvent::type).containsOnly("case created/생성");
        assertThat(events).extracting(ChangeEvent::transaction).isEqualTo(transactions);
        assertThat(ids(events)).doesNotHaveDuplicates();
    }

    @Test
    void no_more_than_asked_for_come_at_once_and_the_rest_later() throws Exception {
        EventSource source = consumer();
        sendMany(25);
        List<ChangeEvent> all = drain(source, 7);
        assertThat(payloads(all))
                .isEqualTo(IntStream.range(0, 25).mapToObj(Integer::toString).toList());
    }

    @Test
    void empty_queue_gives_nothing_with_and_without_waiting() throws Exception {
        EventSource source = consumer();
        assertThat(source.poll(10, NONE)).isEqualTo(Batch.EMPTY);
        assertThat(source.poll(10, Duration.ofMillis(30))).isEqualTo(Batch.EMPTY);
        assertThat(unacknowledged()).isZero();
    }

    @Test
    void message_ends_the_waiting() throws Exception {
        EventSource source = consumer();
        Future<Batch> waiting = Threads.start(() -> source.poll(10, LONG.multipliedBy(10)));
        send("awaited", "a");
        assertThat(payloads(Threads.result(waiting).events())).containsExactly("a");
    }

    @Test
    void acknowledged_messages_never_come_again() throws Exception {
        EventSource source = consumer();
        sendMany(5);
        List<String> ids = ids(take(source, 5));
        assertThat(unacknowledged()).isEqualTo(5);
        source.acknowledge(ids.subList(1, 5));
        assertThat(unacknowledged()).isEqualTo(1);
        elapse(source.patience().multipliedBy(2));
        assertThat(ids(drain(source, 10))).containsExactly(ids.get(0));
    }

    @Test
    void acknowledging_nothing_or_twice_or_what_is_unknown_does_no_harm() throws Exception {
        EventSource source = consumer();
        sendMany(2);
        List<String> ids = ids(take(source, 2));
        source.acknowledge(List.of());
        source.keep(List.of());
        source.acknowledge(List.of("unknown", ids.get(0)));
        source.acknowledge(List.of(ids.get(0)));
        source.keep(List.of("unknown", ids.get(0)));
        assertThat(unacknowledged()).isEqualTo(1);
        elapse(source.patience().multipliedBy(2));
        assertThat(ids(drain(source, 10))).as("keeping brings nothing back").containsExactly(ids.get(1));
    }

    @Test
    void message_of_a_living_consumer_is_not_delivered_again_before_its_time() throws Exception {
        EventSource source = consumer();
        EventSource other = consumer();
        sendMany(3);
        take(source, 3);
        elapse(source.patience().dividedBy(2));
        assertThat(drain(source, 10)).isEmpty();
        assertThat(drain(other, 10)).isEmpty();
    }

    @Test
    void messages_of_a_dead_consumer_come_to_another_first_and_bit_by_bit() throws Exception {
        EventSource dead = consumer();
        EventSource other = consumer();
        sendMany(250);
        List<String> old = ids(take(dead, 250));
        die(dead);
        elapse(other.patience().multipliedBy(2));
        send("new", "n");
        List<ChangeEvent> taken = drain(other, 10);
        assertThat(ids(taken).subList(0, 10)).isEqualTo(old.subList(0, 10));
        assertThat(ids(taken)).containsAll(old).hasSize(251).doesNotHaveDuplicates();
        other.acknowledge(ids(taken));
        assertThat(unacknowledged()).isZero();
    }

    @Test
    void messages_of_a_lost_answer_come_to_the_same_consumer_again() throws Exception {
        EventSource source = consumer();
        sendMany(2);
        List<ChangeEvent> first = take(source, 2);
        elapse(source.patience().multipliedBy(2));
        assertThat(drain(source, 10)).isEqualTo(first);
    }

    @Test
    void kept_messages_stay_and_the_others_are_taken_over() throws Exception {
        EventSource source = consumer();
        EventSource other = consumer();
        sendMany(3);
        List<String> ids = ids(take(source, 3));
        Duration part = source.patience().multipliedBy(2).dividedBy(3);
        elapse(part);
        source.keep(List.of(ids.get(1)));
        elapse(part);
        assertThat(ids(drain(other, 10))).containsExactly(ids.get(0), ids.get(2));
    }

    @Test
    void consumer_does_not_keep_what_another_has_taken_over() throws Exception {
        EventSource slow = consumer();
        EventSource other = consumer();
        send("contested", "c");
        List<String> ids = ids(take(slow, 1));
        elapse(slow.patience().multipliedBy(2));
        assertThat(ids(take(other, 1))).isEqualTo(ids);
        Duration part = slow.patience().multipliedBy(2).dividedBy(3);
        elapse(part);
        slow.keep(ids);
        elapse(part);
        assertThat(ids(drain(newConsumer(), 10)))
                .as("the slow one has not made it young again")
                .isEqualTo(ids);
    }

    @Test
    void consumer_that_was_too_slow_may_still_acknowledge() throws Exception {
        EventSource slow = consumer();
        EventSource other = consumer();
        send("contested", "c");
        List<String> ids = ids(take(slow, 1));
        elapse(slow.patience().multipliedBy(2));
        take(other, 1);
        slow.acknowledge(ids);
        assertThat(unacknowledged()).isZero();
        elapse(slow.patience().multipliedBy(2));
        assertThat(drain(other, 10)).isEmpty();
    }

    @Test
    void consumers_share_the_messages_while_they_acknowledge() throws Exception {
        int messages = 400;
        AtomicInteger acknowledged = new AtomicInteger();
        List<EventSource> sources = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            sources.add(consumer());
        }
        sendMany(messages);
        List<Callable<List<String>>> readers = new ArrayList<>();
        for (EventSource source : sources) {
            readers.add(() -> {
                List<String> mine = new ArrayList<>();
                while (acknowledged.get() < messages) {
                    List<String> ids = ids(source.poll(9, Duration.ofMillis(20)).events());
                    mine.addAll(ids);
                    source.keep(ids);
                    Threads.result(Threads.start(() -> {
                        source.acknowledge(ids);
                        return true;
                    }));
                    acknowledged.addAndGet(ids.size());
                }
                return mine;
            });
        }
        List<String> all =
                Threads.together(readers).stream().flatMap(List::stream).toList();
        assertThat(all).hasSize(messages).doesNotHaveDuplicates();
        assertThat(unacknowledged()).isZero();
    }

    @Test
    void source_has_a_name_and_patience() throws Exception {
        EventSource source = consumer();
        assertThat(source.name()).isNotBlank();
        assertThat(source.patience()).isPositive();
    }
}
