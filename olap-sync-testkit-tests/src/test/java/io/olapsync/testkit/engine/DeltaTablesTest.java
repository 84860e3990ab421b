package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.olapsync.RefreshOptions;
import io.olapsync.RefreshResult;
import io.olapsync.Selection;
import io.olapsync.SyncPlan;
import io.olapsync.SyncRejectedException;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.report.ReportText;
import io.olapsync.spi.DeltaRefresh;
import io.olapsync.spi.DeltaRefresh.Way;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.Finding;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.SyncEvent;
import io.olapsync.spi.ViewCatalog;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.fakes.InMemoryCatalog;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What the engine makes of views that are kept as delta tables. */
class DeltaTablesTest {

    private static final DeltaSpec BY_CASE = DeltaSpec.key("case_id").source("cases", "case_id");

    private static final SyncPlan PLAN = SyncPlan.named("star")
            .view("dim")
            .view("fact", v -> v.after("dim").delta(BY_CASE))
            .view("summary", v -> v.after("fact").delta(DeltaSpec.key("org").source("fact", "org")))
            .build();

    private final List<Map<ViewName, DeltaSpec>> asked = new ArrayList<>();
    private final InMemoryCatalog catalog = new InMemoryCatalog()
            .view(view("dim"))
            .deltaTable(view("fact"), BY_CASE, view("dim"))
            .view(view("summary"), view("fact"));

    @Test
    void declared_otherwise_than_made_refuses_the_run_before_anything_is_touched() {
        catalog.deltaTable(view("fact"), DeltaSpec.key("id").whole("cases"), view("dim"));
        try (VirtualEngine engine = engine()) {
            assertThatThrownBy(engine.sync::runFull)
                    .isInstanceOf(SyncRejectedException.class)
                    .hasMessageContaining("delta-declared-otherwise")
                    .hasMessageContaining("fact");
            assertThat(engine.fakes.executor().refreshed()).isEmpty();
        }
    }

    @Test
    void what_is_no_error_is_in_the_report() {
        try (VirtualEngine engine = engine()) {
            SyncReport report = engine.runFull();

            assertThat(report.succeeded()).isTrue();
            assertThat(report.findings()).extracting(Finding::code).containsExactly("delta-not-converted");
        }
    }

    @Test
    void only_the_delta_tables_of_the_run_are_asked_about() {
        try (VirtualEngine engine = engine()) {
            engine.runFull();
            engine.finish(engine.sync.submit(SyncRequest.of(Selection.parse("dim, fact"))));
            engine.finish(engine.sync.submit(SyncRequest.of(Selection.parse("dim"))));

            assertThat(asked).containsExactly(PLAN.deltas(), Map.of(view("fact"), BY_CASE));
        }
    }

    @Test
    void how_it_was_refreshed_is_in_report_history_call_and_what_listeners_hear() throws Exception {
        DeltaRefresh how = new DeltaRefresh(Way.KEYS, "25 of 1000 keys changed", 25, 0);
        try (VirtualEngine engine = engine()) {
            engine.fakes.executor().way(view("fact"), how);

            SyncReport report = engine.runFull();

            assertThat(ReportText.of(report))
                    .containsPattern(
                            "fact .* refreshed  \\d+ rows, \\S+ -\\d+; keys \\(25\\): 25 of 1000 keys changed\\R")
                    .containsPattern("dim .* refreshed  \\d+ rows, \\S+ -\\d+\\R");
            assertThat(engine.fakes.history().steps(report.run()))
                    .filteredOn(step -> step.incremental().isPresent())
                    .singleElement()
                    .satisfies(step -> {
                        assertThat(step.step()).isEqualTo("fact");
                        assertThat(step.incremental()).contains(how);
                    });
            assertThat(engine.events)
                    .anyMatch(event -> event instanceof SyncEvent.StepFinished finished
                            && finished.outcome() instanceof StepOutcome.Refreshed refreshed
                            && refreshed.result().incremental().equals(Optional.of(how)));
            assertThat(engine.sync.refresh(RefreshOptions.DEFAULTS.forced(), "fact"))
                    .extracting(RefreshResult::incremental)
                    .containsExactly(Optional.of(how));
        }
    }

    @Test
    void all_of_it_is_compared_by_a_full_sync_and_a_repair_and_nothing_else() {
        List<String> verified = new ArrayList<>();
        try (VirtualEngine engine = engine()) {
            BiConsumer<String, String> listen =
                    (name, by) -> engine.fakes.executor().next(view(name), request -> {
                        if (request.verifies()) {
                            verified.add(by + " of " + name);
                        }
                    });
            List.of("dim", "fact", "summary").forEach(name -> listen.accept(name, "full sync"));
            engine.runFull();
            listen.accept("dim", "run");
            engine.finish(engine.sync.submit(SyncRequest.of(Selection.parse("dim"))));
            listen.accept("fact", "forced refresh");
            engine.sync.refresh(RefreshOptions.DEFAULTS.forced().withoutAncestors(), "fact");
            listen.accept("summary", "repair");
            engine.sync.refresh(RefreshOptions.DEFAULTS.repairing().withoutAncestors(), "summary");
        }
        assertThat(verified)
                .containsExactly("full sync of dim", "full sync of fact", "full sync of summary", "repair of summary");
    }

    @Test
    void what_drifted_is_a_warning_with_what_to_do_and_nothing_else_is() {
        Logger logger = (Logger) LoggerFactory.getLogger("io.olapsync");
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.setLevel(Level.INFO);
        logger.addAppender(lines);
        try (VirtualEngine engine = engine()) {
            engine.fakes.executor().way(view("fact"), new DeltaRefresh(Way.FULL, "full sync", 0, 3));
            engine.fakes.executor().way(view("summary"), new DeltaRefresh(Way.FULL, "full sync", 0, 0));
            engine.runFull();
        } finally {
            logger.detachAppender(lines);
            logger.setLevel(null);
        }
        assertThat(lines.list)
                .filteredOn(line -> line.getLevel().isGreaterOrEqual(Level.WARN))
                .singleElement()
                .satisfies(line -> assertThat(line.getFormattedMessage())
                        .startsWith("fact: 3 rows differed from the definition")
                        .contains("declaration", "misses", "docs/delta-tables.md"));
    }

    private VirtualEngine engine() {
        return new VirtualEngine(PLAN, builder -> builder.install(registry -> registry.catalog(new Listening())));
    }

    /** The catalog, with a record of which delta tables it was asked about. */
    private final class Listening implements ViewCatalog {

        @Override
        public List<Finding> inspect(Set<ViewName> views) throws RefreshException {
            return catalog.inspect(views);
        }

        @Override
        public List<Finding> inspectDeltas(Map<ViewName, DeltaSpec> declared) throws RefreshException {
            asked.add(declared);
            return catalog.inspectDeltas(declared);
        }

        @Override
        public Map<ViewName, Set<ViewName>> upstreams(Set<ViewName> views) throws RefreshException {
            return catalog.upstreams(views);
        }
    }
}
