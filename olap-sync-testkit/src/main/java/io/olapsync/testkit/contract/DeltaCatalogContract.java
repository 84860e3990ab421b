package io.olapsync.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.Finding;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewCatalog;
import io.olapsync.spi.ViewName;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a {@link ViewCatalog} promises besides {@link ViewCatalogContract} where its store has delta tables. */
@Timeout(60)
public abstract class DeltaCatalogContract {

    private static final ViewName A = Names.view("a");
    private static final ViewName B = Names.view("b");

    /** The catalog under test, always the same. */
    protected abstract ViewCatalog catalog();

    /**
     * There is a delta table whose definition names exactly these refreshable views.
     *
     * @return what it was made by, without anything to be said against it
     */
    protected abstract DeltaSpec createDeltaTable(ViewName view, ViewName... reads);

    /**
     * Makes one delta table for each reason for which a refresh of it would fail or miss a change.
     *
     * @return by the reason, for the message of a failed test, the delta table with what a plan says of it
     */
    protected abstract Map<String, Map.Entry<ViewName, DeltaSpec>> createUnfitDeltaTables();

    /** {@link #catalog()} does not reach the store any more, until the test ends. */
    protected abstract void loseStore();

    @Test
    void there_is_nothing_to_say_of_a_delta_table_that_is_as_declared() throws Exception {
        Map<ViewName, DeltaSpec> declared = new LinkedHashMap<>();
        declared.put(A, createDeltaTable(A));
        declared.put(B, createDeltaTable(B, A));

        assertThat(catalog().inspectDeltas(declared)).isEmpty();
        assertThat(catalog().inspectDeltas(Map.of())).isEmpty();
        assertThat(catalog().inspect(Set.of(A, B)))
                .as("it can be refreshed like any view")
                .isEmpty();
    }

    @Test
    void delta_table_reads_what_its_definition_names_and_is_read_by_others() throws Exception {
        createDeltaTable(A);
        createDeltaTable(B, A);

        assertThat(catalog().upstreams(Set.of(A, B))).containsOnly(Map.entry(A, Set.of()), Map.entry(B, Set.of(A)));
    }

    @Test
    void whatever_would_fail_or_miss_a_change_is_an_error_that_names_the_view() throws Exception {
        Map<String, Map.Entry<ViewName, DeltaSpec>> unfit = createUnfitDeltaTables();
        Map<ViewName, DeltaSpec> all = new LinkedHashMap<>(Map.of(A, createDeltaTable(A)));
        for (Map.Entry<String, Map.Entry<ViewName, DeltaSpec>> each : unfit.entrySet()) {
            ViewName view = each.getValue().getKey();
            all.put(view, each.getValue().getValue());
            assertThat(catalog().inspectDeltas(Map.ofEntries(each.getValue())))
                    .as(each.getKey())
                    .isNotEmpty()
                    .allSatisfy(finding -> assertThat(finding.view()).isEqualTo(view))
                    .anyMatch(Finding::isError);
        }
        assertThat(catalog().inspectDeltas(all))
                .filteredOn(Finding::isError)
                .extracting(Finding::view)
                .as("all of it is said at once, and nothing of others")
                .doesNotContain(A)
                .containsAll(unfit.values().stream().map(Map.Entry::getKey).toList());
    }

    @Test
    void store_that_cannot_be_asked_is_a_failure_and_not_an_empty_answer() {
        DeltaSpec declared = createDeltaTable(A);
        loseStore();

        assertThatThrownBy(() -> catalog().inspectDeltas(Map.of(A, declared))).isInstanceOf(RefreshException.class);
    }
}
