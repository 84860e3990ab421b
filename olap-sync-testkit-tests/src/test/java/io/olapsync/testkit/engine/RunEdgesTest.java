package io.olapsync.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.SyncReport;
import io.olapsync.spi.CacheInvalidator;
import io.olapsync.spi.CatalogSeen;
import io.olapsync.spi.Finding;
import io.olapsync.spi.HistoryEntry;
import io.olapsync.spi.PendingInvalidation;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunStatus;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncHistory;
import io.olapsync.spi.ViewCatalog;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewStates;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.fakes.InMemoryCatalog;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Before its first refresh and after its last a run does at the same time whatever does not wait for something else. */
@Timeout(60)
class RunEdgesTest {

    private static final SyncPlan PLAN =
            SyncPlan.named("p").view("a").view("b", v -> v.after("a")).build();
    private static final List<ViewName> VIEWS =
            PLAN.views().stream().map(view -> view.name()).toList();

    private final InMemoryPlugin fakes = new InMemoryPlugin(ManualClock.at("2026-03-01T03:00:00Z"));
    private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
    private final List<Boolean> met = Collections.synchronizedList(new ArrayList<>());
    private ViewStates states = fakes.warehouse();
    private SyncHistory history = fakes.history();
    private CacheInvalidator invalidator = fakes.invalidator();
    private ViewCatalog catalog = new AskedCatalog(() -> {});

    @Test
    void full_run_asks_the_store_once_and_the_catalog_once() {
        states = stand(ViewStates.class, fakes.warehouse(), (name, arguments) -> {});
        run(Optional.empty());
        assertThat(asked.subList(0, asked.indexOf("refresh")))
                .contains("look", "catalog")
                .doesNotContain("unchanged")
                .as("each within the look, since the fake has none of its own")
                .containsOnlyOnce("read", "controls");
    }

    @Test
    void catalog_is_asked_beside_the_store() {
        CountDownLatch store = new CountDownLatch(1);
        CountDownLatch definitions = new CountDownLatch(1);
        states = stand(
                ViewStates.class,
                fakes.warehouse(),
                (name, arguments) -> meet(name.equals("look"), store, definitions));
        catalog = new AskedCatalog(() -> meet(true, definitions, store));
        run(Optional.empty());
        assertThat(met).containsExactly(true, true);
    }

    @Test
    void one_worker_is_enough() {
        ExecutorService one = Executors.newSingleThreadExecutor();
        try {
            run(Optional.of(one));
        } finally {
            one.shutdown();
        }
    }

    @Test
    void what_others_left_is_looked_for_while_the_last_cache_is_told() {
        CountDownLatch looked = new CountDownLatch(1);
        CountDownLatch telling = new CountDownLatch(1);
        invalidator = views -> meet(views.contains(VIEWS.get(1)), telling, looked);
        states = stand(ViewStates.class, fakes.warehouse(), (name, arguments) -> {
            // the engine tidies up beside the run by the same question, of both views, before it has refreshed any
            if (name.equals("pendingInvalidations") && asked.contains("refresh")) {
                meet(true, looked, telling);
            }
        });
        run(Optional.empty());
        assertThat(met).isNotEmpty().doesNotContain(false);
    }

    @Test
    void store_forgets_what_is_done_while_the_last_lines_are_written() {
        CountDownLatch forgetting = new CountDownLatch(1);
        CountDownLatch writing = new CountDownLatch(1);
        states = stand(
                ViewStates.class,
                fakes.warehouse(),
                (name, arguments) -> meet(name.equals("invalidated"), forgetting, writing));
        history = stand(SyncHistory.class, fakes.history(), (name, arguments) -> {
            boolean last = name.equals("write")
                    && ((List<?>) arguments[0])
                            .stream()
                                    .anyMatch(line -> line instanceof HistoryEntry.Run run
                                            && run.status() == RunStatus.COMPLETED);
            meet(last, writing, forgetting);
        });
        run(Optional.empty());
        assertThat(met).isNotEmpty().doesNotContain(false);
        assertThat(fakes.warehouse().pendingInvalidations(VIEWS)).isEmpty();
    }

    @Test
    void what_somebody_else_left_is_done_in_the_end() {
        PendingInvalidation left = new PendingInvalidation(4711, VIEWS.get(0));
        states = stand(ViewStates.class, fakes.warehouse(), (name, arguments) -> {});
        ViewStates kept = states;
        states = (ViewStates) Proxy.newProxyInstance(
                ViewStates.class.getClassLoader(), new Class<?>[] {ViewStates.class}, (proxy, method, arguments) -> {
                    Object answer = call(kept, method, arguments);
                    if (!method.getName().equals("pendingInvalidations") || !asked.contains("refresh")) {
                        return answer;
                    }
                    List<Object> more = new ArrayList<>((List<?>) answer);
                    more.add(left);
                    return more;
                });
        SyncReport report = run(Optional.empty());
        assertThat(report.outcome("invalidate_caches"))
                .isEqualTo(new StepOutcome.Passed("caught up: [" + VIEWS.get(0) + "]", 1));
    }

    private SyncReport run(Optional<Executor> executor) {
        VIEWS.forEach(view -> fakes.executor().always(view, request -> asked.add("refresh")));
        OlapSync.Builder builder = OlapSync.builder(PLAN)
                .install(registry -> registry.executor(fakes.executor())
                        .locks(fakes.locks())
                        .states(states)
                        .history(history)
                        .invalidator(invalidator)
                        .catalog(catalog));
        executor.ifPresent(builder::executor);
        try (OlapSync sync = builder.build()) {
            SyncReport report = sync.runFull();
            assertThat(report.status()).isEqualTo(RunStatus.COMPLETED);
            return report;
        }
    }

    /** One of two that are to be under way at the same time; waits for the other, but not for ever. */
    private void meet(boolean concerned, CountDownLatch own, CountDownLatch other) {
        if (!concerned) {
            return;
        }
        own.countDown();
        try {
            met.add(other.await(10, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private interface Call {
        void before(String name, Object[] arguments);
    }

    private <T> T stand(Class<T> type, T target, Call call) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    asked.add(method.getName());
                    call.before(method.getName(), arguments);
                    return method.getName().equals("look")
                            ? InvocationHandler.invokeDefault(proxy, method, arguments)
                            : call(target, method, arguments);
                }));
    }

    private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private final class AskedCatalog implements ViewCatalog {

        private final InMemoryCatalog target = new InMemoryCatalog();
        private final Runnable before;

        AskedCatalog(Runnable before) {
            this.before = before;
            VIEWS.forEach(target::view);
        }

        @Override
        public CatalogSeen look(Set<ViewName> inspected, Set<ViewName> views) throws RefreshException {
            asked.add("catalog");
            before.run();
            return new CatalogSeen(target.inspect(inspected), target.upstreams(views));
        }

        @Override
        public List<Finding> inspect(Set<ViewName> views) {
            throw new AssertionError("it was asked apart");
        }

        @Override
        public Map<ViewName, Set<ViewName>> upstreams(Set<ViewName> views) {
            throw new AssertionError("it was asked apart");
        }
    }
}
