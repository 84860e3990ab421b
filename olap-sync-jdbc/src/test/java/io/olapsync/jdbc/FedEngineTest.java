package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.LINES;
import static io.olapsync.jdbc.DeltaFixture.how;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.Alerts;
import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.spi.ChangeFeed.Row;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncClock;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.fakes.InMemoryQueue;
import io.olapsync.testkit.fakes.RecordingNotifier;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The engine on the real adapters, with a delta table of whose orders the outbox says what has changed, in place of triggers. */
@Timeout(90)
@Tag("one-major")
class FedEngineTest {

    private static final SyncPlan PLAN = SyncPlan.named("sales")
            .view("order_lines", v -> v.delta(DeltaFixture.LINES_SPEC.fed("orders")))
            .onEvent("order_changed", "order_lines")
            .eventKeys("order_changed", "orders", Map.of("id", "/order/id"))
            .build();

    private final DeltaFixture deltas = DeltaFixture.begun("fed", FedEngineTest::convert);
    private final Outbox outbox = Outbox.of(deltas.db);
    private final InMemoryQueue queue = new InMemoryQueue(SyncClock.system(), Duration.ofSeconds(1), 2).gapRecorded();

    private static void convert(DeltaFixture deltas) {
        Outbox.in(deltas.db, OutboxTable.defaults());
        deltas.convert(PLAN.deltas());
        deltas.refresh(LINES);
    }

    @AfterEach
    void close() throws Exception {
        deltas.close();
    }

    private OlapSync engine() {
        return engine(builder -> builder.install(
                PostgresPlugin.builder(deltas.db.pooledDataSource()).outbox().build()));
    }

    private OlapSync engine(UnaryOperator<OlapSync.Builder> options) {
        return options.apply(OlapSync.builder(PLAN)
                        .minInterval(Duration.ZERO)
                        .eventInterval(Duration.ZERO)
                        .debounce(Duration.ofMillis(20), Duration.ofMillis(200)))
                .build();
    }

    private OlapSync.Builder onQueue(OlapSync.Builder builder) {
        return builder.install(PostgresPlugin.of(deltas.db.pooledDataSource()))
                .install(registry -> registry.events(queue.open()));
    }

    private void awaitNothingWaits() {
        Awaitility.await()
                .until(() ->
                        queue.undelivered().isEmpty() && queue.unacknowledged().isEmpty());
    }

    /** Changes an order and says so, in one transaction. */
    private void change(long order, String payload) throws SQLException {
        try (Connection connection = outbox.begin()) {
            update(connection, order);
            PostgresTransactions.append(connection, outbox.table, "order_changed", payload);
            connection.commit();
        }
    }

    private static void update(Connection connection, long order) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("UPDATE orders SET amount = amount + 1 WHERE id = " + order);
        }
    }

    private static String about(Object order) {
        return "{\"order\": {\"id\": " + order + "}}";
    }

    private void awaitAcknowledged(int events) {
        deltas.db.await("SELECT count(*) = " + events + " FROM event_outbox WHERE done_at IS NOT NULL");
    }

    /** What the refreshes for events did, in order, once all of it is written down. */
    private List<List<Object>> byEvents() {
        deltas.db.await("SELECT NOT EXISTS (SELECT FROM olap_sync.run WHERE status = 'running')"
                + " AND EXISTS (SELECT FROM olap_sync.run WHERE kind = 'event')");
        return deltas.db.rows("SELECT way, keys, inserted + updated + deleted FROM olap_sync.refresh_history"
                + " WHERE kind = 'event' AND way <> 'nothing' ORDER BY started_at");
    }

    @Test
    void events_lead_to_just_the_rows_that_they_name() throws Exception {
        try (OlapSync sync = engine()) {
            change(1, about(1));
            change(2, about("[2, 3]"));
            sync.start();
            awaitAcknowledged(2);

            assertThat(byEvents()).containsExactly(List.of("keys", 3L, 2L));
            deltas.assertEqualsDefinition(LINES);
        }
    }

    @Test
    void change_that_a_refresh_saw_before_its_event_came_is_shown_by_the_next() throws Exception {
        try (OlapSync sync = engine(this::onQueue);
                Connection connection = outbox.begin()) {
            update(connection, 1);
            long early = PostgresTransactions.currentTransactionId(connection);
            connection.commit();
            update(connection, 2);
            long late = PostgresTransactions.currentTransactionId(connection);
            connection.commit();
            sync.start();
            queue.send("order_changed", OptionalLong.of(late), about(2));
            awaitNothingWaits();
            assertThat(sync.awaitCovered("order_lines", early, Duration.ofSeconds(10)))
                    .as("it was seen")
                    .isTrue();
            assertThat(deltas.db.queryForLong("SELECT amount FROM order_lines WHERE order_id = 1"))
                    .as("and nobody knew of it")
                    .isEqualTo(1);
            queue.send("order_changed", OptionalLong.of(early), about(1));
            awaitNothingWaits();

            assertThat(byEvents()).containsExactly(List.of("keys", 1L, 1L), List.of("keys", 1L, 1L));
            deltas.assertEqualsDefinition(LINES);
        }
    }

    @Test
    void event_that_does_not_say_which_row_calls_for_all_of_them() throws Exception {
        try (OlapSync sync = engine()) {
            sync.start();
            change(1, about("\"the first\""));
            awaitAcknowledged(1);
            change(2, "{}");
            awaitAcknowledged(2);

            assertThat(byEvents()).hasSize(2).allMatch(row -> row.get(0).equals("full"));
            deltas.assertEqualsDefinition(LINES);
        }
    }

    @Test
    void event_of_a_process_that_died_after_it_had_recorded_it_is_recorded_again() throws Exception {
        change(1, about(1));
        new PostgresChangeFeed(deltas.fixture.dataSource, PostgresSchema.of(deltas.fixture.dataSource))
                .record(List.of(new Row(ViewName.parse("orders"), Map.of("id", Optional.of("1")))));
        try (OlapSync sync = engine()) {
            sync.start();
            awaitAcknowledged(1);

            assertThat(byEvents()).containsExactly(List.of("keys", 1L, 1L));
            deltas.assertEqualsDefinition(LINES);
        }
    }

    /** A host that does not use the outbox may send before it commits. */
    @Test
    void event_that_comes_before_its_transaction_has_ended_waits_for_that() throws Exception {
        try (OlapSync sync = engine(this::onQueue);
                Connection open = outbox.begin()) {
            update(open, 1);
            long transaction = PostgresTransactions.currentTransactionId(open);
            sync.start();
            queue.send("order_changed", OptionalLong.of(transaction), about(1));
            queue.send("order_changed", OptionalLong.empty(), about(2));
            Awaitility.await()
                    .until(() -> queue.undelivered().isEmpty()
                            && queue.unacknowledged().size() == 1);
            assertThat(sync.health().sources().get(0).waiting()).isOne();
            long polls = queue.polls();
            Awaitility.await().until(() -> queue.polls() > polls + 3); // longer than two patiences
            assertThat(queue.setAside()).as("delivered too often").isEmpty();
            sync.refresh("order_lines");
            open.commit();

            awaitNothingWaits();
            assertThat(sync.health().sources().get(0))
                    .satisfies(source -> assertThat(source.waiting()).isZero())
                    .satisfies(source -> assertThat(source.delivered()).isEqualTo(2));
            deltas.assertEqualsDefinition(LINES);
        }
    }

    @Test
    void change_without_an_event_is_mended_by_the_full_sync_and_told_as_drift() throws Exception {
        RecordingNotifier slack = new RecordingNotifier("slack");
        try (OlapSync sync = engine(builder -> builder.install(PostgresPlugin.of(deltas.db.pooledDataSource()))
                .alerts(Alerts.to(slack).gathering(Duration.ZERO).withoutStaleness()))) {
            deltas.db.execute("UPDATE orders SET amount = -1 WHERE id IN (1, 2)");
            sync.refresh("order_lines");
            assertThat(deltas.db.queryForLong("SELECT amount FROM order_lines WHERE order_id = 1"))
                    .isEqualTo(1);

            StepOutcome.Refreshed full = (StepOutcome.Refreshed) sync.runFull().outcome("order_lines");

            assertThat(how(full.result()).drift()).isEqualTo(2);
            deltas.assertEqualsDefinition(LINES);
            deltas.db.await("SELECT count(*) = 1 FROM olap_sync.incident WHERE topic = 'drift'"
                    + " AND subject = 'order_lines' AND resolved_at IS NULL");
        }
    }

    @Test
    void several_processes_share_the_events_and_none_is_lost() throws Exception {
        try (OlapSync one = engine();
                OlapSync two = engine()) {
            one.start();
            two.start();
            List<Future<Integer>> writers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                int own = i;
                writers.add(deltas.fixture.async(() -> {
                    for (int n = 0; n < 40; n++) {
                        int order = 1 + (own * 40 + n * 7) % 300;
                        change(order, about(order));
                    }
                    return 40;
                }));
            }
            writers.forEach(Fixture::get);
            awaitAcknowledged(160);

            deltas.assertEqualsDefinition(LINES);
            assertThat(byEvents()).isNotEmpty().allMatch(row -> row.get(0).equals("keys"));
        }
    }
}
