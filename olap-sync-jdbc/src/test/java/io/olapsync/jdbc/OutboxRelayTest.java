package io.olapsync.jdbc;

import static io.olapsync.jdbc.Outbox.AT_ONCE;
import static io.olapsync.jdbc.Outbox.LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.olapsync.jdbc.Outbox.Published;
import io.olapsync.jdbc.OutboxRelay.State;
import io.olapsync.jdbc.OutboxRelay.Status;
import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.EventPublisher;
import io.olapsync.spi.EventsUnavailableException;
import io.olapsync.testkit.EmbeddedPostgres;
import io.olapsync.testkit.TestDatabase;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
@Tag("one-major")
class OutboxRelayTest {

    private final Outbox outbox = Outbox.create();
    private final Published published = new Published();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void close() {
        threads.shutdownNow();
        outbox.close();
    }

    /** Does something with a batch before it is kept. */
    private interface Step {
        void on(List<ChangeEvent> events) throws EventsUnavailableException;
    }

    private EventPublisher publisher(Step first) {
        return new EventPublisher() {
            @Override
            public void publish(List<ChangeEvent> events) throws EventsUnavailableException {
                first.on(events);
                published.publish(events);
            }

            @Override
            public void close() {}
        };
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void rows_are_sent_once_in_bounded_batches_with_their_transactions() throws Exception {
        List<Long> transactions = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            transactions.add(outbox.write("case_created", "{\"이름\": \"박영희\"}"));
        }
        OutboxRelay relay = outbox.relay(published).batchSize(2).build();

        assertThat(relay.relayOnce()).isEqualTo(2);
        assertThat(relay.relayOnce()).isOne();
        assertThat(relay.relayOnce()).isZero();

        assertThat(published.ids()).isEqualTo(outbox.ids());
        assertThat(published.events)
                .extracting(ChangeEvent::transaction)
                .isEqualTo(transactions.stream().map(OptionalLong::of).toList());
        assertThat(published.events).extracting(ChangeEvent::payload).containsOnly("{\"이름\": \"박영희\"}");
        assertThat(outbox.count("done_at IS NOT NULL")).isEqualTo(3);
    }

    @Test
    void relayed_rows_are_deleted_where_that_is_wished_and_pruned_later_else() throws Exception {
        List<String> first = outbox.write("a", 2);
        outbox.relay(published).build().relayOnce();
        outbox.write("b", 1);
        outbox.db.update(
                "UPDATE event_outbox SET done_at = done_at - interval '25 h' WHERE id = ?::bigint", first.get(0));

        outbox.relay(published).build().relayOnce();
        assertThat(outbox.count("event_type = 'a'")).isOne();

        outbox.write("c", 1);
        outbox.relay(published).keepDone(AT_ONCE).build().relayOnce();
        assertThat(outbox.count("event_type = 'c'")).isZero();
    }

    @Test
    void transaction_that_began_early_and_commits_late_is_relayed() throws Exception {
        OutboxRelay relay = outbox.relay(published).build();
        try (Connection late = outbox.begin()) {
            long transaction = PostgresTransactions.append(late, outbox.table, "late", "");
            outbox.write("early", 2);
            assertThat(relay.relayOnce()).isEqualTo(2);

            late.commit();

            assertThat(relay.relayOnce()).isOne();
            assertThat(published.events.get(2).transaction()).hasValue(transaction);
        }
        assertThat(published.events).extracting(ChangeEvent::type).containsExactly("early", "early", "late");
    }

    @Test
    void relay_that_dies_between_publishing_and_marking_sends_again() throws Exception {
        outbox.write("a", 2);
        OutboxRelay dying = outbox.relay(publisher(events -> {
                    published.publish(events);
                    outbox.db.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                            + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
                }))
                .build();

        assertThatThrownBy(dying::relayOnce).isInstanceOf(EventsUnavailableException.class);
        assertThat(outbox.count("done_at IS NOT NULL")).isZero();
        assertThat(outbox.relay(published).build().relayOnce()).isEqualTo(2);

        List<String> ids = outbox.ids();
        assertThat(published
                        .ids()
                        .subList(published.ids().size() - 2, published.ids().size()))
                .isEqualTo(ids);
        assertThat(outbox.count("done_at IS NOT NULL")).isEqualTo(2);
    }

    @Test
    void publisher_that_fails_leaves_the_rows_and_the_lock_free() throws Exception {
        outbox.write("a", 1);
        AtomicBoolean away = new AtomicBoolean(true);
        OutboxRelay relay = outbox.relay(publisher(events -> {
                    if (away.get()) {
                        throw new EventsUnavailableException("Redis is away", null);
                    }
                }))
                .build();

        assertThatThrownBy(relay::relayOnce)
                .isInstanceOf(EventsUnavailableException.class)
                .hasMessage("Redis is away");
        assertThat(relay.status().state()).isEqualTo(State.FAILING);
        assertThat(relay.status().lastError()).hasValue("Redis is away");

        away.set(false);
        assertThat(relay.relayOnce()).isOne();
        assertThat(relay.status().lastError()).isEmpty();
    }

    @Test
    void second_relay_stands_by_while_the_first_is_at_work_and_never_sends_its_rows() throws Exception {
        outbox.write("a", 2);
        CountDownLatch publishing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        OutboxRelay first = outbox.relay(publisher(events -> {
                    publishing.countDown();
                    awaitUninterrupted(goOn);
                }))
                .build();
        OutboxRelay second = outbox.relay(published).build();
        Future<Integer> relayed = threads.submit(first::relayOnce);
        awaitUninterrupted(publishing);

        assertThat(second.relayOnce()).isZero();
        assertThat(second.status().state()).isEqualTo(State.STANDING_BY);

        goOn.countDown();
        assertThat(relayed.get(20, TimeUnit.SECONDS)).isEqualTo(2);
        assertThat(second.relayOnce()).isZero();
        assertThat(published.ids()).isEqualTo(outbox.ids());
    }

    @Test
    void relays_in_the_background_share_without_doubles_and_in_order() throws Exception {
        outbox.db.execute("INSERT INTO event_outbox (event_type) SELECT 'a' FROM generate_series(1, 500)");
        List<OutboxRelay> relays = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            relays.add(outbox.relay(published)
                    .batchSize(7)
                    .pollInterval(Duration.ofMillis(1))
                    .build());
        }
        relays.forEach(OutboxRelay::start);

        await().atMost(Duration.ofSeconds(30)).until(() -> outbox.count("done_at IS NOT NULL") == 500);
        relays.forEach(OutboxRelay::close);

        assertThat(published.ids()).isEqualTo(outbox.ids());
        assertThat(relays.stream().mapToLong(relay -> relay.status().relayed()).sum())
                .isEqualTo(500);
        assertThat(relays)
                .allSatisfy(relay -> assertThat(relay.status().state()).isEqualTo(State.CLOSED));
    }

    @Test
    void other_tables_and_databases_have_locks_of_their_own() throws Exception {
        Outbox other = Outbox.in(outbox.db, OutboxTable.named("\"Other Outbox\""));
        outbox.write("a", 1);
        other.write("b", 1);
        OutboxRelay inner = other.relay(published).build();
        OutboxRelay outer = outbox.relay(
                        publisher(events -> assertThat(inner.relayOnce()).isOne()))
                .build();

        assertThat(outer.relayOnce()).isOne();
        assertThat(published.events).extracting(ChangeEvent::type).containsExactly("b", "a");
    }

    @Test
    void rows_that_a_source_left_behind_are_relayed_when_their_lease_is_over() throws Exception {
        outbox.write("a", 2);
        PostgresOutboxSource source = outbox.source().build();
        source.poll(1, AT_ONCE);
        OutboxRelay relay = outbox.relay(published).build();
        assertThat(relay.relayOnce()).isOne();
        outbox.expire();

        assertThat(relay.relayOnce()).isOne();
        assertThat(published.ids()).containsExactlyInAnyOrderElementsOf(outbox.ids());
    }

    @Test
    void row_without_a_type_is_set_aside() throws Exception {
        outbox.db.execute("INSERT INTO event_outbox (event_type) VALUES (''), ('good')");
        OutboxRelay relay = outbox.relay(published).build();

        assertThat(relay.relayOnce()).isOne();

        assertThat(relay.status().setAside()).isOne();
        assertThat(outbox.count("set_aside = 'it has no event type'")).isOne();
        assertThat(published.events).extracting(ChangeEvent::type).containsExactly("good");
    }

    @Test
    void status_tells_how_long_the_first_row_has_waited() throws Exception {
        OutboxRelay relay = outbox.relay(published).batchSize(1).build();
        assertThat(relay.status())
                .isEqualTo(new Status(State.IDLE, Optional.empty(), 0, 0, Optional.empty(), Optional.empty()));
        outbox.write("a", 2);
        outbox.db.update("UPDATE event_outbox SET created_at = created_at - interval '1 h'");

        relay.relayOnce();
        Status status = relay.status();
        assertThat(status.relayed()).isOne();
        assertThat(status.lastRelayed()).isPresent();
        assertThat(status.oldestUnrelayed())
                .hasValueSatisfying(age -> assertThat(age)
                        .isBetween(Duration.ofHours(1), Duration.ofHours(1).plusMinutes(1)));

        relay.relayOnce();
        assertThat(relay.status().oldestUnrelayed()).isEmpty();
    }

    @Test
    void notify_wakes_the_relay() throws Exception {
        try (OutboxRelay relay =
                outbox.relay(published).pollInterval(LONG).listen("news").build()) {
            relay.start();
            relay.start();
            outbox.db.await("SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database()"
                    + " AND query = 'LISTEN \"news\"' AND state = 'idle'");
            // The loop looks once more after it has begun to listen.
            for (int i = 0; i < 2; i++) {
                int sent = i + 1;
                try (Connection connection = outbox.begin();
                        Statement statement = connection.createStatement()) {
                    PostgresTransactions.append(connection, outbox.table, "a", "");
                    statement.execute("NOTIFY news");
                    connection.commit();
                }
                await().atMost(Duration.ofSeconds(20)).until(() -> published.events.size() == sent);
            }
            assertThat(relay.status().state()).isEqualTo(State.RELAYING);
        }
    }

    @Test
    void background_relay_survives_a_server_that_is_away_and_ends_on_close() throws Exception {
        try (EmbeddedPostgres server = EmbeddedPostgres.start();
                TestDatabase db = server.newDatabase();
                Outbox own = Outbox.in(db, OutboxTable.defaults());
                OutboxRelay relay = own.relay(published).build()) {
            relay.start();
            own.write("a", 1);
            await().atMost(Duration.ofSeconds(20)).until(() -> relay.status().relayed() == 1);

            server.stop();
            await().atMost(Duration.ofSeconds(20)).until(() -> relay.status().state() == State.FAILING);
            server.restart();
            own.write("b", 1);
            await().atMost(Duration.ofSeconds(20)).until(() -> relay.status().relayed() == 2);
            assertThat(relay.status().state()).isEqualTo(State.RELAYING);

            relay.close();
            relay.close();
            assertThat(Thread.getAllStackTraces().keySet())
                    .noneMatch(thread -> thread.getName().startsWith("olap-sync-relay")
                            && thread.isAlive()
                            && thread.getName().contains(own.table.name().toString()));
            assertThat(relay.relayOnce()).isZero();
            assertThatThrownBy(relay::start).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void failing_for_long_is_one_line_in_the_log_and_getting_on_again_another() throws Exception {
        outbox.write("a", 1);
        AtomicInteger attempts = new AtomicInteger();
        OutboxRelay relay = outbox.relay(publisher(events -> {
                    int attempt = attempts.incrementAndGet();
                    if (attempt == 2) {
                        throw new NoClassDefFoundError("a/plugin/Part");
                    }
                    if (attempt < 4) {
                        throw new EventsUnavailableException(
                                "attempt " + attempt, new IllegalStateException("no\nroute"));
                    }
                }))
                .build();
        List<String> lines = logged(() -> {
            try (relay) {
                relay.start();
                await().atMost(Duration.ofSeconds(20))
                        .until(() -> relay.status().relayed() == 1);
            }
        });

        assertThat(attempts).as("an Error does not end it").hasValue(4);
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0)).contains("WARN").contains("attempt 1").contains("no route");
        assertThat(lines.get(1)).contains("INFO").contains("again");
    }

    /** The lines of the log meanwhile; a stack trace is many. */
    private static List<String> logged(ThrowingCallable work) throws Exception {
        PrintStream err = System.err;
        ByteArrayOutputStream seen = new ByteArrayOutputStream();
        System.setErr(new PrintStream(seen, true, StandardCharsets.UTF_8));
        try {
            work.call();
        } catch (Throwable e) {
            throw new AssertionError(e);
        } finally {
            System.setErr(err);
        }
        return seen.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void close_lets_the_batch_on_its_way_end() throws Exception {
        outbox.write("a", 1);
        CountDownLatch publishing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        OutboxRelay relay = outbox.relay(publisher(events -> {
                    publishing.countDown();
                    awaitUninterrupted(goOn);
                }))
                .build();
        relay.start();
        awaitUninterrupted(publishing);

        Future<?> closing = threads.submit(relay::close);
        await().until(() -> relay.status().state() == State.CLOSED);
        goOn.countDown();
        closing.get(20, TimeUnit.SECONDS);

        assertThat(outbox.count("done_at IS NOT NULL")).isOne();
    }
}
