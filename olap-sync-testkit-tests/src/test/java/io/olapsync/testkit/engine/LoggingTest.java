package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.SyncRequest;
import io.olapsync.spi.EventSource;
import io.olapsync.spi.EventsUnavailableException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.fakes.FaultyHistory;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** What the log says, and what it keeps quiet about. */
class LoggingTest {

    private static final SyncPlan PLAN =
            SyncPlan.named("p").view("dim").view("fact", v -> v.after("dim")).build();

    private final Logger logger = (Logger) LoggerFactory.getLogger("io.olapsync");
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>() {
        @Override
        protected void append(ILoggingEvent line) {
            line.prepareForDeferredProcessing(); // with the MDC of now, not of when it is looked at
            super.append(line);
        }
    };

    @BeforeEach
    void listen() {
        lines.start();
        logger.setLevel(Level.DEBUG);
        logger.addAppender(lines);
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(lines);
        logger.setLevel(null);
        MDC.clear();
    }

    private List<String> from(Level least) {
        return List.copyOf(lines.list).stream()
                .filter(line -> line.getLevel().isGreaterOrEqual(least))
                .map(line -> line.getLevel() + " " + line.getFormattedMessage())
                .toList();
    }

    private void forget() {
        lines.list.clear();
    }

    @Test
    void run_without_trouble_is_two_lines() {
        try (VirtualEngine engine = new VirtualEngine(PLAN)) {
            engine.runFull();
        }
        assertThat(from(Level.INFO)).hasSize(2);
        assertThat(from(Level.INFO).get(0)).startsWith("INFO Run ").endsWith(" of plan 'p' begins: 2 views, call");
        assertThat(from(Level.INFO).get(1)).startsWith("INFO Run ").endsWith("COMPLETED");
    }

    @Test
    void view_that_fails_again_and_again_is_one_warning_and_its_recovery_one_line() {
        try (VirtualEngine engine = new VirtualEngine(PLAN)) {
            engine.fakes.executor().fail(view("dim"), Kind.PERMANENT, 3);
            for (int i = 0; i < 5; i++) {
                engine.runFull();
            }
        }
        assertThat(from(Level.WARN)).containsExactly("WARN dim failed after 1 attempts");
        assertThat(from(Level.INFO).stream().filter(line -> line.endsWith(" has recovered")))
                .containsExactly("INFO dim has recovered");
        assertThat(from(Level.INFO).stream().filter(line -> line.endsWith("FAILED, failed: dim")))
                .as("the last line of each run")
                .hasSize(3);
    }

    @Test
    void races_that_end_well_are_not_told_and_other_failures_that_are_tried_again_are() {
        try (VirtualEngine engine = new VirtualEngine(PLAN)) {
            engine.fakes.executor().fail(view("dim"), Kind.CONTENDED, 3);
            engine.runFull();
            assertThat(from(Level.INFO)).hasSize(2);
            forget();
            engine.fakes.executor().fail(view("dim"), Kind.TRANSIENT, 1);
            engine.runFull();
            assertThat(from(Level.INFO)).hasSize(3);
            assertThat(from(Level.INFO).get(1)).startsWith("INFO dim: attempt 1 failed, the next follows in PT5M");
        }
    }

    @Test
    void lock_that_somebody_holds_is_not_told() {
        try (VirtualEngine engine = new VirtualEngine(PLAN)) {
            var held = engine.fakes.locks().tryAcquire(Set.of(view("dim"))).orElseThrow();
            var run = engine.sync.submit(SyncRequest.full());
            engine.clock.advance(Duration.ofSeconds(3));
            held.close();
            engine.finish(run);
            assertThat(from(Level.INFO)).hasSize(2);
        }
    }

    @Test
    void history_that_is_away_is_one_warning_and_one_line_when_it_is_back() {
        FaultyHistory[] history = new FaultyHistory[1];
        try (VirtualEngine engine = VirtualEngine.around(PLAN, fakes -> {
            history[0] = new FaultyHistory(fakes.history());
            return registry -> registry.executor(fakes.executor())
                    .locks(fakes.locks())
                    .states(fakes.warehouse())
                    .history(history[0]);
        })) {
            engine.runFull();
            forget();
            history[0].away(true);
            engine.sync.submit(SyncRequest.full());
            engine.clock.advance(Duration.ofMinutes(5));
            history[0].away(false);
            engine.clock.advance(Duration.ofMinutes(5));
        }
        assertThat(from(Level.INFO).stream().filter(line -> line.contains("The history")))
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("WARN The history could not be written"),
                        line -> assertThat(line).startsWith("INFO The history is written again"));
    }

    @Test
    void source_that_is_away_is_one_warning_and_one_line_when_it_is_back() {
        boolean[] away = {false};
        SyncPlan plan = SyncPlan.named("p").view("fact").onEvent("sold", "fact").build();
        try (VirtualEvents events = new VirtualEvents(plan, builder -> builder, source -> cut(source, away))) {
            events.pass(3);
            forget();
            away[0] = true;
            events.pass(60);
            away[0] = false;
            events.pass(10);
        }
        assertThat(from(Level.INFO))
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("WARN Events from "),
                        line -> assertThat(line)
                                .startsWith("INFO Reads events from ")
                                .endsWith("again"));
    }

    private static EventSource cut(EventSource source, boolean[] away) {
        return (EventSource) Proxy.newProxyInstance(
                LoggingTest.class.getClassLoader(), new Class<?>[] {EventSource.class}, (proxy, method, arguments) -> {
                    if (away[0] && method.getName().equals("poll")) {
                        throw new EventsUnavailableException("cut", null);
                    }
                    return method.invoke(source, arguments);
                });
    }

    @Test
    void lines_carry_run_and_view_and_the_thread_of_the_host_gets_back_what_it_had() {
        MDC.put("olapsync.run", "of the host");
        MDC.put("request", "42");
        Map<String, Map<String, String>> seen = new ConcurrentHashMap<>();
        try (VirtualEngine engine = new VirtualEngine(PLAN)) {
            for (String name : List.of("dim", "fact")) {
                engine.fakes.executor().always(view(name), request -> seen.put(name, MDC.getCopyOfContextMap()));
            }
            String run = engine.runFull().run().toString();
            assertThat(seen.get("dim"))
                    .containsEntry("olapsync.run", run)
                    .containsEntry("olapsync.view", "dim")
                    .containsEntry("request", "42");
            assertThat(seen.get("fact")).containsEntry("olapsync.run", run).containsEntry("olapsync.view", "fact");
            assertThat(MDC.getCopyOfContextMap())
                    .containsOnly(Map.entry("olapsync.run", "of the host"), Map.entry("request", "42"));
            assertThat(lines.list)
                    .filteredOn(line -> line.getLevel().isGreaterOrEqual(Level.INFO))
                    .allSatisfy(line -> assertThat(line.getMDCPropertyMap())
                            .containsEntry("olapsync.run", run)
                            .doesNotContainKey("olapsync.view"));
        }
    }

    @Test
    void line_about_a_view_carries_it_whatever_the_thread_was_doing_and_a_group_carries_all() {
        SyncPlan plan = SyncPlan.named("p")
                .view("a", v -> v.together("g"))
                .view("b", v -> v.together("g"))
                .build();
        List<String> seen = new ArrayList<>();
        try (VirtualEngine engine = new VirtualEngine(plan)) {
            engine.fakes.executor().always(view("a"), request -> seen.add(MDC.get("olapsync.view")));
            engine.fakes.executor().fail(view("b"), Kind.PERMANENT, 1);
            engine.runFull();
        }
        assertThat(seen).containsExactly("a, b");
        assertThat(lines.list)
                .filteredOn(line -> line.getLevel() == Level.WARN)
                .singleElement()
                .satisfies(line -> assertThat(line.getMDCPropertyMap()).containsEntry("olapsync.view", "b"));
    }

    @Test
    void threads_of_an_executor_of_the_host_are_left_as_they_were() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(2);
        List<Map<String, String>> afterwards = Collections.synchronizedList(new ArrayList<>());
        try (OlapSync sync = OlapSync.builder(PLAN)
                .install(new InMemoryPlugin(ManualClock.at("2026-03-01T03:00:00Z")))
                .executor(work -> pool.execute(() -> {
                    MDC.put("olapsync.view", "mine");
                    work.run();
                    afterwards.add(MDC.getCopyOfContextMap());
                    MDC.clear();
                }))
                .build()) {
            assertThat(sync.runFull().succeeded()).isTrue();
        } finally {
            pool.shutdown();
            assertThat(pool.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(afterwards)
                .isNotEmpty()
                .allSatisfy(context -> assertThat(context).containsOnly(Map.entry("olapsync.view", "mine")));
    }
}
