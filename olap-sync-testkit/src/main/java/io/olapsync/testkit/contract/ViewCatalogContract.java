package io.olapsync.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.spi.CatalogSeen;
import io.olapsync.spi.Finding;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewCatalog;
import io.olapsync.spi.ViewName;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link ViewCatalog} promises. */
@Timeout(60)
public abstract class ViewCatalogContract {

    private static final ViewName A = Names.view("a");
    private static final ViewName B = Names.view("b");
    private static final ViewName C = Names.view("c");
    private static final ViewName ABSENT = Names.view("absent");

    /** The catalog under test, always the same. */
    protected abstract ViewCatalog catalog();

    /** There is a view that can be refreshed and whose definition names exactly these refreshable views. */
    protected abstract void createView(ViewName view, ViewName... reads);

    /** The same, but the definition names them through a plain view of a plain view, where the store has such. */
    protected abstract void createViewOnPlainViews(ViewName view, ViewName... reads);

    /**
     * Makes one view for each reason for which a refresh fails here: another type, a missing unique index, a missing
     * privilege, and what else there is. The reasons are for the message of a failed test.
     */
    protected abstract Map<String, ViewName> createUnfitViews();

    /** {@link #catalog()} does not reach the store any more, until the test ends. */
    protected abstract void loseStore();

    @Test
    void there_is_nothing_to_say_where_all_is_well() throws Exception {
        createView(A);
        createView(B, A);
        assertThat(catalog().inspect(Set.of(A, B))).isEmpty();
        assertThat(catalog().inspect(Set.of())).isEmpty();
    }

    @Test
    void absent_view_is_an_error_that_names_it() throws Exception {
        createView(A);
        assertThat(catalog().inspect(Set.of(A, ABSENT))).singleElement().satisfies(finding -> {
            assertThat(finding.view()).isEqualTo(ABSENT);
            assertError(finding);
        });
    }

    @Test
    void whatever_makes_a_refresh_fail_is_an_error_and_all_of_it_is_said_at_once() throws Exception {
        Map<String, ViewName> unfit = createUnfitViews();
        createView(A);
        for (Map.Entry<String, ViewName> each : unfit.entrySet()) {
            assertThat(catalog().inspect(Set.of(each.getValue(), A)))
                    .as(each.getKey())
                    .isNotEmpty()
                    .allSatisfy(finding -> assertThat(finding.view()).isEqualTo(each.getValue()))
                    .anySatisfy(ViewCatalogContract::assertError);
        }
        Set<ViewName> all = new HashSet<>(unfit.values());
        all.add(A);
        assertThat(catalog().inspect(all))
                .filteredOn(Finding::isError)
                .extracting(Finding::view)
                .doesNotContain(A)
                .containsAll(unfit.values());
    }

    @Test
    void view_that_nobody_asked_about_is_not_looked_at() throws Exception {
        createUnfitViews();
        createView(A);
        assertThat(catalog().inspect(Set.of(A))).isEmpty();
    }

    @Test
    void upstreams_are_those_that_the_definition_names_itself() throws Exception {
        createView(A);
        createView(B, A);
        createView(C, B);
        assertThat(catalog().upstreams(Set.of(A, B, C)))
                .containsOnly(Map.entry(A, Set.of()), Map.entry(B, Set.of(A)), Map.entry(C, Set.of(B)));
    }

    @Test
    void upstreams_need_not_be_among_the_given_views_nor_in_their_schema() throws Exception {
        ViewName elsewhere = ViewName.of("elsewhere", "a");
        createView(A);
        createView(elsewhere);
        createView(C, A, elsewhere);
        assertThat(catalog().upstreams(Set.of(C))).containsOnly(Map.entry(C, Set.of(A, elsewhere)));
    }

    @Test
    void upstreams_are_seen_through_plain_views() throws Exception {
        createView(A);
        createView(B, A);
        createViewOnPlainViews(C, A, B);
        assertThat(catalog().upstreams(Set.of(C))).containsOnly(Map.entry(C, Set.of(A, B)));
    }

    @Test
    void absent_view_has_no_entry() throws Exception {
        createView(A);
        assertThat(catalog().upstreams(Set.of(A, ABSENT))).containsOnly(Map.entry(A, Set.of()));
        assertThat(catalog().upstreams(Set.of(ABSENT))).isEmpty();
        assertThat(catalog().upstreams(Set.of())).isEmpty();
    }

    @Test
    void names_are_taken_as_they_are() throws Exception {
        List<ViewName> names = Names.AWKWARD;
        createView(names.get(0));
        for (int i = 1; i < names.size(); i++) {
            assertThat(catalog().inspect(Set.of(names.get(i))))
                    .as("%s, which does not exist yet", names.get(i).sql())
                    .anyMatch(Finding::isError);
            createView(names.get(i), names.get(i - 1));
        }
        assertThat(catalog().inspect(Set.copyOf(names))).isEmpty();
        Map<ViewName, Set<ViewName>> upstreams = catalog().upstreams(Set.copyOf(names));
        assertThat(upstreams).hasSize(names.size());
        for (int i = 1; i < names.size(); i++) {
            assertThat(upstreams.get(names.get(i))).containsExactly(names.get(i - 1));
        }
    }

    @Test
    void asked_for_both_at_once_it_says_the_same() throws Exception {
        createView(A);
        createView(B, A);
        createView(C, B);
        Set<ViewName> inspected = Set.of(B, ABSENT);
        Set<ViewName> all = Set.of(A, B, C, ABSENT);
        assertThat(catalog().look(inspected, all))
                .isEqualTo(
                        new CatalogSeen(catalog().inspect(inspected), catalog().upstreams(all)));
        assertThat(catalog().look(inspected, all).findings()).anyMatch(Finding::isError);
    }

    @Test
    void many_threads_may_ask_at_once() throws Exception {
        createView(A);
        createView(B, A);
        assertThat(Threads.together(6, () -> catalog().inspect(Set.of(A, B)))).containsOnly(List.of());
        assertThat(Threads.together(6, () -> catalog().upstreams(Set.of(B)))).containsOnly(Map.of(B, Set.of(A)));
    }

    @Test
    void store_that_cannot_be_asked_is_a_failure_and_not_an_empty_answer() {
        createView(A);
        loseStore();
        assertThatThrownBy(() -> catalog().inspect(Set.of(A))).isInstanceOf(RefreshException.class);
        assertThatThrownBy(() -> catalog().upstreams(Set.of(A))).isInstanceOf(RefreshException.class);
        assertThatThrownBy(() -> catalog().look(Set.of(A), Set.of(A))).isInstanceOf(RefreshException.class);
    }

    private static void assertError(Finding finding) {
        assertThat(finding.isError()).as("%s", finding).isTrue();
        assertThat(finding.code()).isNotBlank();
        assertThat(finding.problem()).isNotBlank();
    }
}
