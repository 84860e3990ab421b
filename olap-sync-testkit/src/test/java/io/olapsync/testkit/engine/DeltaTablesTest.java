package io.olapsync.testkit.engine;

import static io.olapsync.testkit.engine.VirtualEngine.view;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.Selection;
import io.olapsync.SyncPlan;
import io.olapsync.SyncRejectedException;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.Finding;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewCatalog;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.fakes.InMemoryCatalog;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

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
