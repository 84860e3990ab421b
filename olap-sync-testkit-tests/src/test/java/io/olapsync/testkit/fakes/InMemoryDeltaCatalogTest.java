package io.olapsync.testkit.fakes;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.Finding;
import io.olapsync.spi.ViewCatalog;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.contract.DeltaCatalogContract;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InMemoryDeltaCatalogTest extends DeltaCatalogContract {

    private final InMemoryCatalog catalog = new InMemoryCatalog();

    @Override
    protected ViewCatalog catalog() {
        return catalog;
    }

    @Override
    protected DeltaSpec createDeltaTable(ViewName view, ViewName... reads) {
        DeltaSpec spec = DeltaSpec.key("id").source("source", "id");
        catalog.deltaTable(view, spec, reads);
        return spec;
    }

    @Override
    protected Map<String, Map.Entry<ViewName, DeltaSpec>> createUnfitDeltaTables() {
        ViewName other = ViewName.parse("other");
        createDeltaTable(other);
        return Map.of("declared otherwise", Map.entry(other, DeltaSpec.key("id").whole("source")));
    }

    @Override
    protected void loseStore() {
        catalog.away(true);
    }

    @Test
    void view_that_is_not_a_delta_table_yet_is_a_warning() throws Exception {
        ViewName view = ViewName.parse("view");
        catalog.view(view);

        assertThat(catalog.inspectDeltas(Map.of(view, DeltaSpec.key("id").whole("source"))))
                .singleElement()
                .satisfies(finding -> assertThat(finding.severity()).isEqualTo(Finding.Severity.WARNING));
    }
}
