package io.olapsync;

import io.olapsync.spi.ViewName;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Some views of a plan, written the way dbt users know.
 *
 * <table>
 * <caption>What a term may be</caption>
 * <tr><td>{@code mv_sales}</td><td>the view</td></tr>
 * <tr><td>{@code +mv_sales}</td><td>the view and all of its ancestors</td></tr>
 * <tr><td>{@code mv_sales+}</td><td>the view and all of its descendants</td></tr>
 * <tr><td>{@code +mv_sales+}</td><td>the view, its ancestors and its descendants</td></tr>
 * <tr><td>{@code tag:nightly}</td><td>the views with this tag; {@code +} before and after as above</td></tr>
 * <tr><td>{@code *}</td><td>all views</td></tr>
 * </table>
 *
 * <p>Terms are separated by commas or spaces; what any of them selects is selected. A name or tag with other characters
 * than letters, digits, {@code _}, {@code $}, {@code -} and the dot goes in double quotes: {@code +"my view"}.
 *
 * <p>Immutable; it belongs to no plan until {@link #in} is asked.
 */
public final class Selection {

    private static final Selection ALL = new Selection(List.of(new SelectionTerm.All()));

    private final List<SelectionTerm> terms;

    private Selection(List<SelectionTerm> terms) {
        this.terms = List.copyOf(terms);
    }

    /** All views of whatever plan it is applied to. */
    public static Selection all() {
        return ALL;
    }

    /**
     * Exactly these views.
     *
     * @throws IllegalArgumentException if there are none
     */
    public static Selection of(ViewName... views) {
        if (views.length == 0) {
            throw new IllegalArgumentException("a selection needs at least one view; Selection.all() has all of them");
        }
        List<SelectionTerm> terms = new ArrayList<>();
        for (ViewName view : views) {
            terms.add(new SelectionTerm.Named(view, false, false));
        }
        return new Selection(terms);
    }

    /**
     * Reads expressions; what any of them selects is selected.
     *
     * @throws IllegalArgumentException if one has no term, or a term cannot be read; the message names it
     */
    public static Selection parse(String... expressions) {
        if (expressions.length == 0) {
            throw new IllegalArgumentException("a selection needs at least one expression; * selects all views");
        }
        List<SelectionTerm> terms = new ArrayList<>();
        for (String expression : expressions) {
            terms.addAll(SelectionTerm.parse(expression));
        }
        return new Selection(terms);
    }

    /**
     * The selected views of this plan, in the plan's order; never empty.
     *
     * @throws IllegalArgumentException if the plan lacks a view or a tag that is named here; the message names all of
     *     them with the nearest name that the plan has
     */
    public Set<ViewName> in(SyncPlan plan) {
        Set<ViewName> selected = new LinkedHashSet<>();
        Set<ViewName> withAncestors = new LinkedHashSet<>();
        Set<ViewName> withDescendants = new LinkedHashSet<>();
        SelectionTerm.Lookup lookup = new SelectionTerm.Lookup(plan);
        for (SelectionTerm term : terms) {
            Set<ViewName> base = term.base(lookup);
            selected.addAll(base);
            if (term.ancestors()) {
                withAncestors.addAll(base);
            }
            if (term.descendants()) {
                withDescendants.addAll(base);
            }
        }
        lookup.throwIfUnknown(this);
        selected.addAll(plan.reach(withAncestors, false, true));
        selected.addAll(plan.reach(withDescendants, true, true));
        return plan.inOrder(selected);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Selection that && terms.equals(that.terms);
    }

    @Override
    public int hashCode() {
        return terms.hashCode();
    }

    /** What {@link #parse} reads back. */
    @Override
    public String toString() {
        return terms.stream().map(SelectionTerm::toString).collect(Collectors.joining(" "));
    }
}
