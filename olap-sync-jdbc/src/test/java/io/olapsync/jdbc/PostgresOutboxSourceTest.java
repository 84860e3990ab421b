package io.olapsync.jdbc;

import static io.olapsync.jdbc.Outbox.AT_ONCE;
import static io.olapsync.jdbc.Outbox.LONG;
import static io.olapsync.jdbc.Outbox.ids;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.jdbc.OutboxTable.Column;
import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.EventSource.Batch;
import io.olapsync.spi.EventSource.SetAside;
import io.olapsync.spi.EventsUnavailableException;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.EmbeddedPostgres;
import io.olapsync.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
@Tag("one-major")
class PostgresOutboxSourceTest {

    private final Outbox outbox = Outbox.create();
    private final PostgresOutboxSource source = outbox.source().build();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void close() {
        threads.shutdownNow();
        source.close();
        outbox.close();
    }

    @Test
    void event_comes_with_its_type_transaction_and_korean_payload() throws Exception {
        long transaction = outbox.write("case_created", "{\"당사자\": \"김철수 & Söhne\"}");

        assertThat(source.poll(10, AT_ONCE).events())
                .containsExactly(new ChangeEvent(
                        outbox.ids().get(0),
                        "case_created",
                        OptionalLong.of(transaction),
                        "{\"당사자\": \"김철수 & Söhne\"}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"My %s \"열\"", "", "{%s}"})
    void table_and_columns_may_be_called_anything(String pattern) throws Exception {
        // The second way: by the words that our own statements use.
        Iterator<String> words = List.of("reason", "again", "id", "named", "t", "p", "old", "picked", "expired", "xid")
                .iterator();
        Map<Column, String> names = new EnumMap<>(Column.class);
        for (Column column : Column.values()) {
            names.put(column, pattern.isEmpty() ? words.next() : pattern.formatted(column));
        }
        OutboxTable odd = new OutboxTable(ViewName.of("My Schema", "Event Outbox"), names);
        Outbox other = Outbox.in(outbox.db, odd);
        other.write("a", 3);
        try (PostgresOutboxSource first = other.source().build();
                PostgresOutboxSource second = other.source().keepDone(AT_ONCE).build()) {
            assertThat(first.poll(2, AT_ONCE).events()).hasSize(2);
            first.keep(other.ids());
            other.expire();
            assertThat(second.poll(3, AT_ONCE).events()).hasSize(3);
            second.acknowledge(other.ids().subList(0, 1));
            first.acknowledge(other.ids().subList(0, 1));
        }
        assertThat(other.ids()).hasSize(2);
        assertThat(other.count(
                        odd.column(Column.DONE_AT).map(ContractStore::quoted).orElseThrow() + " IS NOT NULL"))
                .isOne();
    }

    @Test
    void transaction_that_began_early_and_commits_late_is_delivered() throws Exception {
        try (Connection late = outbox.begin()) {
            long transaction = PostgresTransactions.append(late, outbox.table, "late", "");
            List<String> later = outbox.write("early", 2);
            assertThat(ids(source.poll(10, AT_ONCE))).isEqualTo(later);
            source.acknowledge(later);
            assertThat(source.poll(10, AT_ONCE)).isEqualTo(Batch.EMPTY);

            late.commit();

            Batch batch = source.poll(10, AT_ONCE);
            assertThat(Long.parseLong(ids(batch).get(0))).isLessThan(Long.parseLong(later.get(0)));
            assertThat(batch.events().get(0).transaction()).hasValue(transaction);
        }
    }

    @Test
    void consumers_share_the_rows_without_doubles() throws Exception {
        int consumers = 4;
        List<String> written = outbox
                .db
                .rows(
                        "INSERT INTO event_outbox (event_type) SELECT 'a' FROM generate_series(1, 2000) RETURNING id::text")
                .stream()
                .map(row -> String.valueOf(row.get(0)))
                .toList();
        List<String> delivered = Collections.synchronizedList(new ArrayList<>());
        CyclicBarrier together = new CyclicBarrier(consumers);
        List<Future<Integer>> shares = new ArrayList<>();
        for (int i = 0; i < consumers; i++) {
            shares.add(threads.submit(() -> {
                int share = 0;
                PostgresOutboxSource mine = outbox.source().build();
                together.await(20, TimeUnit.SECONDS);
                List<String> ids = ids(mine.poll(25, AT_ONCE));
                together.await(20, TimeUnit.SECONDS); // nobody takes all before the others have begun
                while (!ids.isEmpty()) {
                    delivered.addAll(ids);
                    mine.acknowledge(ids);
                    share += ids.size();
                    ids = ids(mine.poll(25, AT_ONCE));
                }
                return share;
            }));
        }
        for (Future<Integer> share : shares) {
            assertThat(share.get(30, TimeUnit.SECONDS)).isGreaterThanOrEqualTo(25);
        }
        assertThat(delivered).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(written);
    }

    @Test
    void poll_passes_by_a_row_that_another_is_just_taking() throws Exception {
        List<String> written = outbox.write("a", 2);
        try (Connection other = outbox.begin();
                Statement statement = other.createStatement()) {
            statement.execute("SELECT FROM event_outbox WHERE id = " + written.get(0) + " FOR UPDATE");

            assertThat(ids(source.poll(10, AT_ONCE))).containsExactly(written.get(1));
            source.keep(written);
            other.rollback();
        }
        assertThat(ids(source.poll(10, AT_ONCE))).containsExactly(written.get(0));
    }

    @Test
    void rows_of_a_dead_consumer_go_to_another_and_come_first() throws Exception {
        List<String> written = outbox.write("a", 3);
        source.poll(2, AT_ONCE);
        try (PostgresOutboxSource other = outbox.source().build()) {
            assertThat(ids(other.poll(10, AT_ONCE))).containsExactly(written.get(2));
            List<String> fresh = outbox.write("b", 1);

            outbox.expire();
            outbox.db.update("UPDATE event_outbox SET claimed_until = 'infinity' WHERE id = ?::bigint", written.get(2));

            assertThat(ids(other.poll(10, AT_ONCE))).containsExactly(written.get(0), written.get(1), fresh.get(0));
        }
    }

    @Test
    void keep_extends_the_lease_of_those_alone_that_are_still_ours() throws Exception {
        List<String> written = outbox.write("a", 2);
        source.poll(2, AT_ONCE);
        outbox.expire();
        try (PostgresOutboxSource other = outbox.source().build()) {
            assertThat(ids(other.poll(1, AT_ONCE))).containsExactly(written.get(0));
            outbox.expire();

            source.keep(List.of(written.get(0), written.get(1), "no such id", "999999"));

            assertThat(outbox.count("claimed_until > clock_timestamp() AND id = " + written.get(1)))
                    .isOne();
            assertThat(outbox.count("claimed_until < clock_timestamp() AND id = " + written.get(0)))
                    .isOne();
        }
    }

    @Test
    void row_delivered_too_often_is_set_aside_and_the_others_go_on() throws Exception {
        List<String> written = outbox.write("a", 2);
        try (PostgresOutboxSource strict = outbox.source().maxDeliveries(2).build()) {
            for (int i = 0; i < 2; i++) {
                assertThat(ids(strict.poll(1, AT_ONCE))).containsExactly(written.get(0));
                outbox.expire();
            }

            Batch batch = strict.poll(10, AT_ONCE);

            assertThat(batch.setAside())
                    .containsExactly(new SetAside(written.get(0), "delivered 2 times and never acknowledged"));
            assertThat(ids(batch)).containsExactly(written.get(1));
            assertThat(strict.poll(10, AT_ONCE)).isEqualTo(Batch.EMPTY);
            assertThat(outbox.count("set_aside LIKE 'delivered 2 times%' AND done_at IS NULL"))
                    .isOne();
            strict.acknowledge(written);
            assertThat(outbox.count("set_aside IS NOT NULL AND done_at IS NULL"))
                    .isOne();
        }
    }

    @Test
    void malformed_row_is_set_aside_with_the_reason() throws Exception {
        outbox.db.execute(
                "ALTER TABLE event_outbox ALTER event_type DROP NOT NULL",
                "INSERT INTO event_outbox (event_type) VALUES (NULL), (''), ('good')");

        Batch batch = source.poll(10, AT_ONCE);

        assertThat(batch.events()).extracting(ChangeEvent::type).containsExactly("good");
        assertThat(batch.setAside()).extracting(SetAside::reason).containsOnly("it has no event type");
        assertThat(outbox.count("set_aside = 'it has no event type'")).isEqualTo(2);
    }

    @Test
    void transaction_that_is_null_or_of_another_server_counts_as_none() throws Exception {
        outbox.db.execute(
                "ALTER TABLE event_outbox ALTER transaction_id DROP NOT NULL",
                "INSERT INTO event_outbox (event_type, transaction_id) VALUES ('a', NULL), ('b', '9000000000000000000')");

        assertThat(source.poll(10, AT_ONCE).events())
                .hasSize(2)
                .allSatisfy(event -> assertThat(event.transaction()).isEmpty());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void acknowledged_rows_are_marked_and_pruned_later_or_deleted_at_once(boolean keeps) throws Exception {
        List<String> written = outbox.write("a", 3);
        try (PostgresOutboxSource mine =
                outbox.source().keepDone(keeps ? Duration.ofHours(1) : AT_ONCE).build()) {
            mine.poll(2, AT_ONCE);
            mine.acknowledge(written.subList(0, 2));
            mine.acknowledge(written.subList(0, 2));
        }
        assertThat(outbox.ids()).isEqualTo(keeps ? written : written.subList(2, 3));
        assertThat(outbox.count("done_at IS NOT NULL")).isEqualTo(keeps ? 2 : 0);

        outbox.db.update(
                "UPDATE event_outbox SET done_at = done_at - interval '61 min' WHERE id = ?::bigint", written.get(0));
        try (PostgresOutboxSource next =
                outbox.source().keepDone(Duration.ofHours(1)).build()) {
            next.poll(10, AT_ONCE);
        }
        assertThat(outbox.ids()).isEqualTo(keeps ? written.subList(1, 3) : written.subList(2, 3));
    }

    @Test
    void poll_that_finds_nothing_writes_nothing() throws Exception {
        outbox.write("a", 1);
        source.acknowledge(ids(source.poll(10, AT_ONCE)));
        String before = outbox.db.queryForString("SELECT pg_current_snapshot()::text");

        assertThat(source.poll(10, AT_ONCE)).isEqualTo(Batch.EMPTY);

        assertThat(outbox.db.queryForString("SELECT pg_current_snapshot()::text"))
                .isEqualTo(before);
    }

    @Test
    void close_ends_a_poll_that_waits_and_gives_back_what_was_delivered() throws Exception {
        PostgresOutboxSource mine = outbox.source().pollInterval(LONG).build();
        List<String> written = outbox.write("a", 2);
        assertThat(ids(mine.poll(2, AT_ONCE))).hasSize(2);
        Future<Batch> waiting = threads.submit(() -> mine.poll(10, LONG));

        mine.close();
        mine.close();

        assertThat(waiting.get(10, TimeUnit.SECONDS)).isEqualTo(Batch.EMPTY);
        assertThat(mine.poll(10, LONG)).isEqualTo(Batch.EMPTY);
        assertThat(ids(source.poll(10, AT_ONCE))).isEqualTo(written);
        assertThat(outbox.count("deliveries = 1")).isEqualTo(2);
    }

    @Test
    void waiting_poll_finds_what_is_written_meanwhile_and_holds_no_connection() throws Exception {
        try (PostgresOutboxSource unpooled = PostgresOutboxSource.builder(outbox.db.dataSource())
                .table(outbox.table)
                .build()) {
            Future<Batch> waiting = threads.submit(() -> unpooled.poll(10, LONG));
            outbox.db.await("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
                    + " AND pid <> pg_backend_pid() AND backend_type = 'client backend')");
            outbox.write("a", 1);

            assertThat(waiting.get(20, TimeUnit.SECONDS).events()).hasSize(1);
        }
    }

    @Test
    void server_that_was_away_costs_one_poll() throws Exception {
        try (EmbeddedPostgres server = EmbeddedPostgres.start();
                TestDatabase db = server.newDatabase();
                Outbox own = Outbox.in(db, OutboxTable.defaults());
                PostgresOutboxSource mine = own.source().build()) {
            List<String> written = own.write("a", 2);
            assertThat(ids(mine.poll(1, AT_ONCE))).hasSize(1);
            server.stop();

            assertThatThrownBy(() -> mine.poll(1, AT_ONCE)).isInstanceOf(EventsUnavailableException.class);
            assertThatThrownBy(() -> mine.keep(written)).isInstanceOf(EventsUnavailableException.class);
            assertThatThrownBy(() -> mine.acknowledge(written)).isInstanceOf(EventsUnavailableException.class);

            server.restart();
            assertThat(ids(mine.poll(10, AT_ONCE))).containsExactly(written.get(1));
            mine.acknowledge(written);
            own.expire();
            assertThat(mine.poll(10, AT_ONCE)).isEqualTo(Batch.EMPTY);
        }
    }

    @Test
    void settings_out_of_range_are_refused() {
        PostgresOutboxSource.Builder builder = outbox.source();
        assertThatThrownBy(() -> builder.patience(AT_ONCE)).hasMessageContaining("patience");
        assertThatThrownBy(() -> builder.keepDone(Duration.ofSeconds(-1))).hasMessageContaining("keepDone");
        assertThatThrownBy(() -> builder.pollInterval(AT_ONCE)).hasMessageContaining("pollInterval");
        assertThatThrownBy(() -> builder.maxDeliveries(0)).hasMessageContaining("maxDeliveries");
        assertThatThrownBy(() -> builder.listen("")).hasMessageContaining("channel");
        assertThatThrownBy(() -> source.poll(0, AT_ONCE)).isInstanceOf(IllegalArgumentException.class);
    }
}
