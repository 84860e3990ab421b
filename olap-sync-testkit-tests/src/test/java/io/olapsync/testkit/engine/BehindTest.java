package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;
import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.RefreshOptions;
import io.olapsync.SyncPlan;
import io.olapsync.spi.SyncEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A view that an event does not name, but that reads what was refreshed for it, must not show a mixture for long. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BehindTest {

    private static final SyncPlan STAR = SyncPlan.named("star")
            .view("dim")
            .view("fact", v -> v.after("dim"))
            .view("cash", v -> v.after("dim"))
            .view("unmapped", v -> v.after("dim"))
            .onEvent("case_created", "fact")
            .onEvent("paid", "cash")
            .build();

    private static VirtualEvents events() {
        VirtualEvents events = new VirtualEvents(STAR);
        events.engine.fakes.warehouse().sourceRows(view("dim"), 1);
        events.engine.runFull();
        return events;
    }

    private static void newDimensionRow(VirtualEvents events, int rows) {
        events.engine.fakes.warehouse().sourceRows(view("dim"), rows);
        events.send("case_created");
    }

    /** A process that reads no events. */
    private static OlapSync calling(VirtualEvents events) {
        return OlapSync.builder(STAR)
                .install(events.engine.fakes)
                .listener(events.engine.events::add)
                .clock(events.engine.clock)
                .executor(events.engine.clock.sameThread())
                .scheduler(events.engine.clock.scheduler())
                .build();
    }

    @Test
    void fact_that_reads_a_dimension_which_an_event_of_another_fact_has_changed_is_refreshed_too() {
        try (VirtualEvents events = events()) {
            newDimensionRow(events, 2);
            events.pass(30);
            assertThat(events.refreshes("dim")).isEqualTo(2);
            assertThat(events.refreshes("fact")).isEqualTo(2);
            assertThat(events.refreshes("cash")).isEqualTo(2);
            assertThat(events.refreshes("unmapped")).as("no event names it").isOne();
            events.pass(600);
            assertThat(events.refreshes("cash")).isEqualTo(2);
        }
    }

    @Test
    void dimension_that_did_not_change_has_no_other_fact_refreshed() {
        try (VirtualEvents events = events()) {
            events.send("case_created");
            events.pass(600);
            assertThat(events.refreshes("dim")).isEqualTo(2);
            assertThat(events.refreshes("cash")).isOne();
        }
    }

    @Test
    void events_that_go_on_changing_the_dimension_starve_no_fact_and_cost_each_one_refresh_per_longest_wait() {
        try (VirtualEvents events = events()) {
            for (int second = 0; second < 600; second++) {
                newDimensionRow(events, 2 + second);
                events.pass(1);
            }
            assertThat(events.refreshes("fact")).isBetween(9, 12);
            assertThat(events.refreshes("cash")).isBetween(9, 12);
        }
    }

    @Test
    void process_that_died_after_it_changed_the_dimension_leaves_the_fact_to_the_next() {
        try (VirtualEvents events = new VirtualEvents(STAR)) {
            events.engine.runFull();
            events.engine.sync.close();
            events.engine.fakes.warehouse().sourceRows(view("dim"), 2);
            try (OlapSync calls = calling(events)) {
                calls.refresh(RefreshOptions.DEFAULTS.forced(), "dim");
                events.pass(300);
                assertThat(events.refreshes("cash"))
                        .as("one that reads no events does not care")
                        .isOne();
            }
            try (OlapSync next = events.another()) {
                events.pass(65);
                assertThat(events.refreshes("fact")).isEqualTo(2);
                assertThat(events.refreshes("cash")).isEqualTo(2);
            }
        }
    }

    @Test
    void paused_fact_that_is_behind_costs_no_runs_until_it_is_resumed() throws Exception {
        try (VirtualEvents events = events()) {
            events.engine.sync.pause("migration", "cash");
            newDimensionRow(events, 2);
            events.pass(600);
            assertThat(events.refreshes("cash")).isOne();
            assertThat(events.engine.events.stream().filter(SyncEvent.RunStarted.class::isInstance))
                    .hasSize(2);
            events.engine.sync.resume("cash");
            events.pass(35);
            assertThat(events.refreshes("cash")).isEqualTo(2);
        }
    }
}
