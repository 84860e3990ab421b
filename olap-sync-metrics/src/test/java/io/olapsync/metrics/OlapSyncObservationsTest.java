package io.olapsync.metrics;

import static io.olapsync.metrics.VirtualSync.view;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.tck.TestObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistryAssert;
import io.olapsync.OlapSync;
import io.olapsync.Publication;
import io.olapsync.SyncPlan;
import io.olapsync.SyncRejectedException;
import io.olapsync.SyncRequest;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.fakes.InMemoryCatalog;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class OlapSyncObservationsTest {

    private static final SyncPlan PLAN = SyncPlan.named("p")
            .view("dim")
            .view("fact", v -> v.after("dim"))
            .view("other")
            .build();

    private final TestObservationRegistry registry = TestObservationRegistry.create();
    private final List<Observation.Context> stopped = Collections.synchronizedList(new ArrayList<>());

    OlapSyncObservationsTest() {
        registry.observationConfig().observationHandler(new ObservationHandler<>() {
            @Override
            public void onStop(Observation.Context context) {
                stopped.add(context);
            }

            @Override
            public boolean supportsContext(Observation.Context context) {
                return true;
            }
        });
    }

    private VirtualSync virtual(SyncPlan plan) {
        return new VirtualSync(plan, (clock, builder) -> builder.listener(OlapSyncObservations.of(registry, plan)));
    }

    private Observation.Context step(String name) {
        return stopped.stream()
                .filter(context -> name.equals(context.getContextualName()))
                .findFirst()
                .orElseThrow();
    }

    private static Map<String, String> keys(Observation.Context context) {
        return context.getLowCardinalityKeyValues().stream()
                .collect(Collectors.toMap(key -> key.getKey(), key -> key.getValue()));
    }

    @Test
    void run_is_the_parent_of_its_steps_and_child_of_what_its_caller_does() {
        Observation request = Observation.start("request", registry);
        try (VirtualSync engine = virtual(PLAN);
                Observation.Scope scope = request.openScope()) {
            engine.runFull();
        }
        request.stop();
        Observation.Context run = step("full sync of p");
        assertThat(run.getParentObservation().getContextView()).isSameAs(request.getContextView());
        assertThat(keys(run))
                .containsOnly(Map.entry("plan", "p"), Map.entry("kind", "full"), Map.entry("status", "completed"));
        for (String name : List.of("dim", "fact", "other", "invalidate_caches")) {
            assertThat(step(name).getParentObservation().getContextView()).isSameAs(run);
            assertThat(keys(step(name)))
                    .containsOnly(Map.entry("plan", "p"), Map.entry("step", name), Map.entry("outcome", "completed"));
        }
        assertThat(registry.getCurrentObservation()).isNull();
        TestObservationRegistryAssert.assertThat(registry).doesNotHaveAnyRemainingCurrentObservation();
    }

    @Test
    void failure_is_recorded_with_its_step_and_retries_are_events_of_it() {
        try (VirtualSync engine = virtual(PLAN)) {
            engine.fakes.executor().fail(view("dim"), Kind.TRANSIENT, 1).fail(view("dim"), Kind.PERMANENT, 1);
            engine.runFull();
        }
        assertThat(step("dim").getError()).isInstanceOf(RefreshException.class);
        assertThat(keys(step("dim"))).containsEntry("outcome", "failed");
        assertThat(stopped).noneMatch(context -> "fact".equals(context.getContextualName()));
        assertThat(keys(step("full sync of p"))).containsEntry("status", "failed");
        TestObservationRegistryAssert.assertThat(registry)
                .hasObservationWithNameEqualTo(OlapSyncObservations.STEP)
                .that()
                .hasBeenStarted();
        assertThat(stopped).hasSize(5); // the run, dim, other, the last two steps
    }

    @Test
    void what_is_done_for_a_step_is_observed_as_its_child_on_whatever_thread() {
        Map<String, Observation> current = new ConcurrentHashMap<>();
        InMemoryPlugin fakes = new InMemoryPlugin(ManualClock.at("2026-03-01T03:00:00Z"));
        for (String name : List.of("dim", "fact", "other")) {
            fakes.executor().always(view(name), request -> current.put(name, registry.getCurrentObservation()));
        }
        try (OlapSync sync = OlapSync.builder(PLAN)
                .install(fakes)
                .listener(OlapSyncObservations.of(registry, PLAN))
                .build()) {
            assertThat(sync.runFull().succeeded()).isTrue();
        }
        assertThat(current.keySet()).containsExactlyInAnyOrder("dim", "fact", "other");
        current.forEach(
                (name, observation) -> assertThat(observation.getContextView()).isSameAs(step(name)));
    }

    @Test
    void views_that_are_published_together_work_as_the_run() {
        List<Observation> current = new ArrayList<>();
        try (VirtualSync engine = virtual(PLAN)) {
            engine.runFull(); // populated; together they are one unit now
            stopped.clear();
            engine.fakes.executor().always(view("dim"), request -> current.add(registry.getCurrentObservation()));
            engine.sync.run(SyncRequest.full().withPublication(Publication.TOGETHER));
        }
        assertThat(current).hasSize(1);
        assertThat(current.get(0).getContextView()).isSameAs(step("full sync of p"));
    }

    @Test
    void run_that_is_refused_is_over_too() {
        SyncPlan plan = SyncPlan.named("q").view("absent").build();
        try (VirtualSync engine = new VirtualSync(
                plan,
                (clock, builder) -> builder.install(registry -> registry.catalog(new InMemoryCatalog()))
                        .listener(OlapSyncObservations.of(registry, plan)))) {
            assertThatThrownBy(engine::runFull).hasCauseInstanceOf(SyncRejectedException.class);
        }
        assertThat(keys(step("full sync of q"))).containsEntry("status", "rejected");
    }
}
