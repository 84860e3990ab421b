package io.olapsync.testkit.contract;

import io.olapsync.spi.ViewName;
import java.util.List;

/** Names of views for the contracts. */
final class Names {

    /** Each another view, whatever an adapter does with case, quotes, dots, patterns or the length of a name. */
    static final List<ViewName> AWKWARD = List.of(
            ViewName.of("public", "sales"),
            ViewName.of("public", "Sales"),
            ViewName.of("Olap", "sales"),
            ViewName.of("public", "Olap.sales"),
            ViewName.of("public", "sa*es [a-z]?"),
            ViewName.of("public", "sa\"les' \\ {view} %"),
            ViewName.of("매출 스키마", "매출 요약"),
            ViewName.of("public", "x".repeat(62) + "1"),
            ViewName.of("public", "x".repeat(62) + "2"));

    private Names() {}

    static ViewName view(String name) {
        return ViewName.of("public", name);
    }
}
