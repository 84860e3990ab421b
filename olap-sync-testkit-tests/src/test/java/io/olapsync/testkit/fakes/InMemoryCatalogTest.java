package io.olapsync.testkit.fakes;

import io.olapsync.spi.Finding;
import io.olapsync.spi.ViewCatalog;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.contract.ViewCatalogContract;
import java.util.Map;

class InMemoryCatalogTest extends ViewCatalogContract {

    private final InMemoryCatalog catalog = new InMemoryCatalog();

    @Override
    protected ViewCatalog catalog() {
        return catalog;
    }

    @Override
    protected void createView(ViewName view, ViewName... reads) {
        catalog.view(view, reads);
    }

    @Override
    protected void createViewOnPlainViews(ViewName view, ViewName... reads) {
        catalog.view(view, reads);
    }

    @Override
    protected Map<String, ViewName> createUnfitViews() {
        ViewName unfit = ViewName.parse("unfit");
        catalog.view(unfit)
                .finding(new Finding(
                        Finding.Severity.ERROR, "no-unique-index", unfit, "it has no unique index", "make one"));
        return Map.of("no unique index", unfit);
    }

    @Override
    protected void loseStore() {
        catalog.away(true);
    }
}
