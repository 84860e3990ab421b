package io.olapsync.metrics;

import static io.olapsync.metrics.VirtualSync.view;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.olapsync.OlapSync;
import io.olapsync.RefreshOptions;
import io.olapsync.SyncPlan;
import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.testkit.fakes.InMemoryQueue;
import io.olapsync.testkit.fakes.UnblockingEventSource;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class OlapSyncMetricsTest {

    private static final SyncPlan PLAN = SyncPlan.named("p")
            .view("dim")
            .view("fact", v -> v.after("dim").targetLag(Duration.ofMinutes(5)))
            .onEvent("sold", "fact")
            .build();

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final OlapSyncMetrics metrics = OlapSyncMetrics.of(registry, PLAN);

    private VirtualSync virtual() {
        return new VirtualSync(PLAN, (clock, builder) -> builder.install(metrics));
    }

    private double count(String name, String... tags) {
        return registry.get(name).tags(tags).counter().count();
    }

    private double gauge(String name, String... tags) {
        return registry.get(name).tags(tags).gauge().value();
    }

    private double ageInSeconds(String name, String... tags) {
        return registry.get(name).tags(tags).timeGauge().value(TimeUnit.SECONDS);
    }

    @Test
    void refreshes_rows_and_runs_are_measured() {
        try (VirtualSync engine = virtual()) {
            engine.fakes.warehouse().sourceRows(view("dim"), 7);
            engine.runFull();
            engine.runFull();
            assertThat(registry.get("olapsync.refresh")
                            .tags("view", "dim", "outcome", "completed")
                            .timer()
                            .count())
                    .isEqualTo(2);
            assertThat(registry.get("olapsync.refresh.work")
                            .tags("view", "dim")
                            .timer()
                            .count())
                    .isEqualTo(2);
            assertThat(registry.get("olapsync.run")
                            .tags("plan", "p", "kind", "full", "status", "completed")
                            .timer()
                            .count())
                    .isEqualTo(2);
            assertThat(registry.get("olapsync.step")
                            .tags("step", "invalidate_caches", "outcome", "completed")
                            .timer()
                            .count())
                    .isEqualTo(2);
        }
    }

    @Test
    void failures_have_the_class_of_their_sqlstate_and_never_their_text() {
        try (VirtualSync engine = virtual()) {
            engine.fakes.executor().next(view("dim"), request -> {
                throw new RefreshException(
                        Kind.TRANSIENT, "password=secret", view("dim"), "57P01", "DROP EVERYTHING", null);
            });
            engine.fakes.executor().next(view("dim"), request -> {
                throw new RefreshException(Kind.PERMANENT, "SELECT secret", view("dim"), "42703", null, null);
            });
            engine.runFull();
            assertThat(count("olapsync.retries", "step", "dim", "kind", "transient"))
                    .isEqualTo(1);
            assertThat(count("olapsync.failures", "step", "dim", "kind", "permanent", "sqlstate", "42"))
                    .isEqualTo(1);
            assertThat(count("olapsync.skips", "step", "fact", "reason", "upstream_failed"))
                    .isEqualTo(1);
            engine.fakes.executor().next(view("dim"), request -> {
                throw new RefreshException(Kind.PERMANENT, "?", view("dim"), "'; --", null, null);
            });
            engine.runFull();
            assertThat(count("olapsync.failures", "sqlstate", "none")).isEqualTo(1);
        }
        assertThat(registry.getMeters())
                .flatExtracting(meter -> meter.getId().getTags())
                .extracting(Tag::getValue)
                .noneMatch(value -> value.contains("secret") || value.contains("--"));
    }

    @Test
    void delta_tables_are_counted_by_way_and_what_drifted_by_rows() {
        try (VirtualSync engine = virtual()) {
            engine.fakes.executor().way(view("fact"), new DeltaRefresh(Way.KEYS, "SELECT secret", 25, 0));
            engine.runFull();
            assertThat(count("olapsync.rows.drifted", "view", "fact")).isZero();
            engine.runFull();
            engine.fakes.executor().way(view("fact"), new DeltaRefresh(Way.FULL, "SELECT secret", 0, 3));
            engine.runFull();
            assertThat(count("olapsync.refresh.ways", "plan", "p", "view", "fact", "way", "keys"))
                    .isEqualTo(2);
            assertThat(count("olapsync.refresh.ways", "plan", "p", "view", "fact", "way", "full"))
                    .isEqualTo(1);
            assertThat(count("olapsync.rows.drifted", "plan", "p", "view", "fact"))
                    .isEqualTo(3);
            assertThat(registry.find("olapsync.refresh.ways")
                            .tags("view", "dim")
                            .counters())
                    .isEmpty();
        }
        assertThat(registry.getMeters())
                .flatExtracting(meter -> meter.getId().getTags())
                .extracting(Tag::getValue)
                .noneMatch(value -> value.contains("secret"));
    }

    @Test
    void skips_have_their_reason() {
        try (VirtualSync engine = virtual()) {
            engine.runFull();
            engine.fakes.warehouse().commit();
            engine.sync.submitRefresh(RefreshOptions.DEFAULTS, "dim");
            engine.clock.advance(Duration.ofSeconds(5));
            assertThat(count("olapsync.skips", "step", "dim", "reason", "too_recent"))
                    .isEqualTo(1);
        }
    }

    @Test
    void invalidations_that_are_postponed_and_views_that_are_suspended_are_counted() {
        try (VirtualSync engine = new VirtualSync(
                PLAN, (clock, builder) -> builder.install(metrics).suspendAfter(1))) {
            engine.fakes.invalidator().away(true);
            engine.fakes.executor().fail(view("fact"), Kind.PERMANENT, 1);
            engine.runFull();
            assertThat(count("olapsync.invalidations.postponed", "view", "dim")).isEqualTo(1);
            assertThat(count("olapsync.suspensions", "view", "fact")).isEqualTo(1);
            metrics.look(engine.sync);
            assertThat(gauge("olapsync.view.suspended", "view", "fact")).isEqualTo(1);
            assertThat(gauge("olapsync.view.suspended", "view", "dim")).isZero();
            assertThat(gauge("olapsync.view.pending.invalidation", "view", "dim"))
                    .isEqualTo(1);
            assertThat(gauge("olapsync.view.failures", "view", "fact")).isEqualTo(1);
            assertThat(gauge("olapsync.view.status", "view", "fact")).isEqualTo(2);
            assertThat(gauge("olapsync.health.status")).isEqualTo(2);
        }
    }

    @Test
    void gauges_are_unknown_until_health_was_read_and_show_it_then() {
        try (VirtualSync engine = virtual()) {
            engine.fakes.warehouse().sourceRows(view("dim"), 7);
            engine.runFull();
            assertThat(gauge("olapsync.view.rows", "view", "dim")).isNaN();
            engine.clock.advance(Duration.ofMinutes(10));
            metrics.look(engine.sync);
            assertThat(gauge("olapsync.view.rows", "view", "dim")).isEqualTo(7);
            assertThat(gauge("olapsync.view.status", "view", "dim")).isZero();
            assertThat(ageInSeconds("olapsync.view.staleness", "view", "dim")).isCloseTo(600, within(30.0));
            assertThat(ageInSeconds("olapsync.view.stale.after", "view", "dim")).isEqualTo(90_000);
            assertThat(ageInSeconds("olapsync.view.target.lag", "view", "fact")).isEqualTo(300);
            assertThat(registry.find("olapsync.view.target.lag")
                            .tag("view", "dim")
                            .timeGauge())
                    .isNull();
            assertThat(ageInSeconds("olapsync.full.sync.age")).isFinite();
            assertThat(ageInSeconds("olapsync.incremental.sync.age")).isNaN();
        }
    }

    @Test
    void scrape_asks_nobody() {
        AtomicInteger asked = new AtomicInteger();
        try (VirtualSync engine = virtual()) {
            engine.runFull();
            metrics.look((OlapSync) Proxy.newProxyInstance(
                    OlapSyncMetricsTest.class.getClassLoader(),
                    new Class<?>[] {OlapSync.class},
                    (proxy, method, arguments) -> {
                        asked.incrementAndGet();
                        return method.invoke(engine.sync, arguments);
                    }));
            for (int i = 0; i < 3; i++) {
                registry.getMeters().forEach(Meter::measure);
            }
            assertThat(gauge("olapsync.health.status")).isZero();
            assertThat(asked).hasValue(1);
        }
    }

    @Test
    void events_are_counted_and_their_way_into_the_view_is_measured() {
        InMemoryQueue[] queue = new InMemoryQueue[1];
        try (VirtualSync engine = new VirtualSync(PLAN, (clock, builder) -> {
            queue[0] = new InMemoryQueue(clock).gapRecorded();
            return builder.install(registry -> registry.events(new UnblockingEventSource(queue[0].open())))
                    .install(metrics);
        })) {
            engine.sync.start();
            engine.runFull();
            queue[0].send("sold", engine.fakes.warehouse().commit());
            queue[0].send("of no concern", engine.fakes.warehouse().commit());
            for (int i = 0; i < 5; i++) {
                engine.clock.advance(Duration.ofSeconds(1));
            }
            metrics.look(engine.sync);
            assertThat(gauge("olapsync.view.pending.events", "view", "fact")).isEqualTo(1);
            assertThat(gauge("olapsync.source.waiting")).isEqualTo(1);
            assertThat(gauge("olapsync.source.away")).isZero();
            for (int i = 0; i < 20; i++) {
                engine.clock.advance(Duration.ofSeconds(1));
            }
            metrics.look(engine.sync);
            assertThat(gauge("olapsync.view.pending.events", "view", "fact")).isZero();
            assertThat(registry.get("olapsync.events.delivered")
                            .functionCounter()
                            .count())
                    .isEqualTo(2);
            assertThat(registry.get("olapsync.events.unknown").functionCounter().count())
                    .isEqualTo(1);
            assertThat(registry.get("olapsync.events.set.aside")
                            .functionCounter()
                            .count())
                    .isZero();
            assertThat(count("olapsync.events.covered", "view", "fact")).isEqualTo(1);
            assertThat(registry.get("olapsync.events.visible")
                            .tag("view", "fact")
                            .timer()
                            .totalTime(TimeUnit.SECONDS))
                    .as("the debounce of 10 s, at least")
                    .isBetween(10.0, 13.0);
        }
    }

    @Test
    void watching_reads_health_by_itself_and_ends_with_the_engine() throws Exception {
        try (VirtualSync engine = virtual()) {
            engine.runFull();
            metrics.watch(engine.sync, Duration.ofMillis(10));
            long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (Double.isNaN(gauge("olapsync.health.status")) && System.nanoTime() < deadline) {
                Thread.onSpinWait();
            }
            assertThat(gauge("olapsync.health.status")).isZero();
            assertThatThrownBy(() -> metrics.watch(engine.sync)).isInstanceOf(IllegalStateException.class);
        }
        assertThat(registry.getMeters()).as("the engine has closed them").isEmpty();
        metrics.close();
    }

    @Test
    void another_plans_engine_is_refused() {
        SyncPlan other = SyncPlan.named("q").view("dim").build();
        try (VirtualSync engine = new VirtualSync(other, (clock, builder) -> builder)) {
            assertThatThrownBy(() -> metrics.watch(engine.sync))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'p'")
                    .hasMessageContaining("'q'");
        }
    }

    @Test
    void further_registry_has_the_meters_too_and_the_same_one_has_them_once() {
        SimpleMeterRegistry further = new SimpleMeterRegistry();
        metrics.bindTo(registry);
        metrics.bindTo(further);
        try (VirtualSync engine = virtual()) {
            engine.runFull();
            for (SimpleMeterRegistry each : Set.of(registry, further)) {
                assertThat(each.get("olapsync.refresh")
                                .tag("view", "dim")
                                .timer()
                                .count())
                        .isEqualTo(1);
            }
        }
    }

    @Test
    void table_in_the_documentation_has_every_meter_with_its_tags() throws IOException {
        refreshes_rows_and_runs_are_measured();
        SimpleMeterRegistry all = new SimpleMeterRegistry();
        OlapSyncMetrics every = OlapSyncMetrics.of(all, PLAN);
        new EveryMeter(every, PLAN).touch();
        Set<String> real = all.getMeters().stream()
                .map(meter -> meter.getId().getName() + " "
                        + meter.getId().getTags().stream()
                                .map(Tag::getKey)
                                .sorted()
                                .collect(Collectors.joining(", ")))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> documented = new TreeSet<>();
        Pattern row = Pattern.compile("^\\| `(olapsync\\.[a-z.]+)` \\| [^|]* \\| ([^|]*) \\|");
        for (String line : Files.readAllLines(Path.of("..", "docs", "metrics.md"))) {
            if (line.startsWith("## Traces")) {
                break;
            }
            Matcher matcher = row.matcher(line);
            if (matcher.find()) {
                String tags = Arrays.stream(matcher.group(2).replace("`", "").split(","))
                        .map(String::strip)
                        .sorted()
                        .collect(Collectors.joining(", "));
                documented.add(matcher.group(1) + " " + tags);
            }
        }
        assertThat(documented).isEqualTo(real);
    }
}
