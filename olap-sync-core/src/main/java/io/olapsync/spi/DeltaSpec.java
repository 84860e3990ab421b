package io.olapsync.spi;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * How a delta table finds out what of it to recompute: the columns by which its rows are recomputed, and for each table
 * that its definition reads how a changed row leads to values of them.
 *
 * <pre>{@code
 * DeltaSpec.key("case_id")
 *         .source("cases", "case_id")             // the columns of the changed row are the key
 *         .source("stakeholders", "case_id")
 *         .lookup("dim_org", "SELECT c.case_id FROM changed JOIN public.cases c USING (org_code)", "org_code")
 *         .whole("dim_time")                      // any change there: recompute all
 * }</pre>
 *
 * <p>A declaration that leads to too many keys costs time; one that misses a key leaves a row stale until the next
 * verification, which the full sync does. Immutable.
 *
 * @param key the columns of the view by which its rows are recomputed; not empty, without duplicates. They need not be
 *     unique: all rows of one key are recomputed together
 * @param sources what it reads, one entry for each table; may be empty while it is being put together
 * @param aging an SQL condition on the columns of the view, whose rows change with the time alone; those keys are
 *     recomputed on each full sync. Empty: the definition does not depend on the time, or all of it does
 */
public record DeltaSpec(List<String> key, List<DeltaSource> sources, Optional<String> aging) {

    /** @throws IllegalArgumentException if the key is empty, a column stands in it twice, or a table is a source twice */
    public DeltaSpec {
        key = List.copyOf(key);
        sources = List.copyOf(sources);
        if (key.isEmpty()) {
            throw new IllegalArgumentException("a delta table needs at least one key column");
        }
        requireDistinct(key, "the key column");
        requireDistinct(sources.stream().map(DeltaSource::table).toList(), "the source");
        if (Objects.requireNonNull(aging, "aging").filter(String::isBlank).isPresent()) {
            throw new IllegalArgumentException("the condition on what ages must not be blank: leave it out");
        }
        for (DeltaSource source : sources) {
            if (source.isKey() && source.columns().size() != key.size()) {
                throw new IllegalArgumentException("the source " + source.table() + " gives "
                        + source.columns().size()
                        + " columns " + source.columns() + " for the " + key.size() + " key columns " + key
                        + ": name as many, in the same order, or a lookup");
            }
        }
    }

    /** Begins a declaration with the columns of the view by which its rows are recomputed. */
    public static DeltaSpec key(String... columns) {
        return new DeltaSpec(List.of(columns), List.of(), Optional.empty());
    }

    /** With a table of which these columns of a changed row are the key, in the order of the key's columns. */
    public DeltaSpec source(String table, String... columns) {
        return with(new DeltaSource(ViewName.parse(table), List.of(columns), Optional.empty()));
    }

    /** With a table of which a query leads from these columns of the changed rows to keys: {@link DeltaSource#query}. */
    public DeltaSpec lookup(String table, String query, String... columns) {
        return with(new DeltaSource(ViewName.parse(table), List.of(columns), Optional.of(query)));
    }

    /** With a table of which any change calls for a recomputation of the whole view. */
    public DeltaSpec whole(String table) {
        return with(new DeltaSource(ViewName.parse(table), List.of(), Optional.empty()));
    }

    /**
     * With these sources, named before, fed by events in place of triggers: {@code SyncPlan.Builder.eventKeys} says which and how.
     *
     * @throws IllegalArgumentException if one of them is no source
     */
    public DeltaSpec fed(String... tables) {
        Set<ViewName> named = new LinkedHashSet<>();
        for (String table : tables) {
            named.add(ViewName.parse(table));
        }
        List<DeltaSource> all = new ArrayList<>();
        for (DeltaSource source : sources) {
            all.add(named.remove(source.table()) ? source.fedByEvents() : source);
        }
        if (!named.isEmpty()) {
            throw new IllegalArgumentException(
                    named + " cannot be fed by events: name it as a source first, with .source, .lookup or .whole");
        }
        return new DeltaSpec(key, all, aging);
    }

    /** With one more source. */
    public DeltaSpec with(DeltaSource source) {
        List<DeltaSource> more = new ArrayList<>(sources);
        more.add(source);
        return new DeltaSpec(key, more, aging);
    }

    /** With a condition on the rows that change with the time alone, such as {@code due_on >= current_date - 2}. */
    public DeltaSpec aging(String condition) {
        return new DeltaSpec(key, sources, Optional.of(condition));
    }

    private static void requireDistinct(Collection<?> values, String what) {
        HashSet<Object> seen = new HashSet<>();
        for (Object value : values) {
            if (!seen.add(value)) {
                throw new IllegalArgumentException(what + " " + value + " stands there twice: name it once");
            }
        }
    }
}
