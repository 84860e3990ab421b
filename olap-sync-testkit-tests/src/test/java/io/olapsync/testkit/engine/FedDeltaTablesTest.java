package io.olapsync.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.spi.ChangeFeed.Row;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Events that say which rows have changed, for delta tables whose sources have no triggers. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FedDeltaTablesTest {

    private static final SyncPlan PLAN = SyncPlan.named("star")
            .view(
                    "fact",
                    v -> v.delta(DeltaSpec.key("case_id", "no")
                            .source("cases", "case_id", "no")
                            .fed("cases")))
            .view("plain")
            .onEvent("case_changed", "fact")
            .onEvent("cases_imported", "fact", "plain")
            .onEvent("plain_changed", "plain")
            .eventKeys("case_changed", "cases", Map.of("case_id", "/case/id", "no", "/no"))
            .eventKeys("cases_imported", "cases", Map.of())
            .build();

    private static final ViewName CASES = ViewName.parse("cases");

    private static Row row(String id, @Nullable String no) {
        return new Row(
                CASES, Map.of("case_id", Optional.of(id), "no", no == null ? Optional.empty() : Optional.of(no)));
    }

    private static void send(VirtualEvents events, String payload) {
        events.queue.send("case_changed", OptionalLong.of(events.commit()), payload);
    }

    @Test
    void what_an_event_says_is_recorded_before_the_view_is_refreshed() {
        try (VirtualEvents events = new VirtualEvents(PLAN)) {
            events.engine
                    .fakes
                    .executor()
                    .next(
                            VirtualEngine.view("fact"),
                            request -> assertThat(events.engine.fakes.feed().recorded())
                                    .containsExactly(row("4711", "a"), row("12", null)));
            send(events, "{\"case\": {\"id\": 4711}, \"no\": \"a\"}");
            send(events, "{\"case\": {\"id\": 12}, \"no\": null}");
            events.pass(15);

            assertThat(events.refreshes("fact")).isOne();
            assertThat(events.queue.unacknowledged()).isEmpty();
        }
    }

    @Test
    void refresh_that_saw_the_change_but_did_not_know_of_it_does_not_cover_the_event() {
        try (VirtualEvents events = new VirtualEvents(PLAN)) {
            long transaction = events.commit();
            events.engine.runFull();
            events.queue.send("case_changed", OptionalLong.of(transaction), "{\"case\": {\"id\": 1}, \"no\": 2}");
            events.queue.send("plain_changed", transaction);
            events.pass(15);

            assertThat(events.refreshes("fact")).isEqualTo(2);
            assertThat(events.refreshes("plain")).isOne();
            assertThat(events.queue.unacknowledged()).isEmpty();
        }
    }

    @Test
    void arrays_are_of_several_rows_and_what_is_no_array_is_of_each() {
        try (VirtualEvents events = new VirtualEvents(PLAN)) {
            send(events, "{\"case\": {\"id\": [1, 2, 9007199254740993]}, \"no\": 1.10}");
            send(events, "{\"case\": {\"id\": []}, \"no\": 5}");
            events.pass(15);

            assertThat(events.engine.fakes.feed().recorded())
                    .containsExactly(row("1", "1.10"), row("2", "1.10"), row("9007199254740993", "1.10"));
            assertThat(events.queue.unacknowledged()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no JSON",
                "[]",
                "{\"no\": 1}",
                "{\"case\": {\"id\": {\"x\": 1}}, \"no\": 1}",
                "{\"case\": {\"id\": [1, 2]}, \"no\": [1]}",
                "{\"case\": {\"id\": [[1]]}, \"no\": 1}"
            })
    void what_does_not_say_which_row_calls_for_all_of_them(String payload) {
        try (VirtualEvents events = new VirtualEvents(PLAN)) {
            send(events, payload);
            events.pass(15);

            assertThat(events.engine.fakes.feed().recorded()).containsExactly(Row.any(CASES));
            assertThat(events.refreshes("fact")).isOne();
            assertThat(events.queue.unacknowledged()).isEmpty();
        }
    }

    @Test
    void event_that_carries_no_column_calls_for_all_rows() {
        try (VirtualEvents events = new VirtualEvents(PLAN)) {
            events.queue.send("cases_imported", OptionalLong.of(events.commit()), "");
            events.pass(15);

            assertThat(events.engine.fakes.feed().recorded()).containsExactly(Row.any(CASES));
            assertThat(events.refreshes("plain")).isOne();
        }
    }

    @Test
    void event_is_kept_until_it_could_be_recorded() {
        try (VirtualEvents events = new VirtualEvents(PLAN)) {
            events.engine.fakes.feed().fail(2);
            send(events, "{\"case\": {\"id\": 1}, \"no\": 1}");
            events.pass(30);

            assertThat(events.engine.fakes.feed().recorded()).containsExactly(row("1", "1"));
            assertThat(events.refreshes("fact")).isOne();
            assertThat(events.queue.unacknowledged()).isEmpty();
        }
    }

    @Test
    void event_of_a_transaction_that_this_database_cannot_have_had_is_not_waited_for() {
        try (VirtualEvents events = new VirtualEvents(PLAN)) {
            events.queue.send(
                    "case_changed", OptionalLong.of(events.commit() + 100), "{\"case\": {\"id\": 1}, \"no\": 1}");
            events.pass(15);

            assertThat(events.engine.fakes.feed().recorded()).containsExactly(row("1", "1"));
            assertThat(events.refreshes("fact")).isOne();
            assertThat(events.queue.unacknowledged()).isEmpty();
        }
    }

    @Test
    void lost_events_may_have_said_so_of_any_row() {
        try (VirtualEvents events = new VirtualEvents(PLAN)) {
            events.queue.lose();
            events.pass(30);

            assertThat(events.engine.fakes.feed().recorded()).containsExactly(Row.any(CASES));
            assertThat(events.refreshes("fact")).isOne();
        }
    }

    @Test
    void plan_with_keys_needs_who_takes_them() {
        InMemoryPlugin fakes = new InMemoryPlugin(ManualClock.at(Instant.EPOCH));
        assertThatThrownBy(() -> OlapSync.builder(PLAN)
                        .install(registry -> registry.executor(fakes.executor())
                                .locks(fakes.locks())
                                .states(fakes.warehouse())
                                .history(fakes.history()))
                        .build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no ChangeFeed is installed");
    }
}
