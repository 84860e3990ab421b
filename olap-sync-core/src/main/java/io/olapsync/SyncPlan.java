package io.olapsync;

import io.olapsync.spi.CheckSpec;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.EventKeys;
import io.olapsync.spi.Fuse;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Which views are kept fresh, and which of them must be refreshed before which.
 *
 * <pre>{@code
 * SyncPlan plan = SyncPlan.named("sales")
 *         .check("sources_readable", CheckSpec.of("postgres.tables-readable", "orders"))
 *         .view("dim_org")
 *         .view("mv_sales", v -> v.after("dim_org").tags("nightly"))
 *         .onEvent("order_created", "mv_sales")
 *         .build();
 * }</pre>
 *
 * <p>A run of it has one step per check, then one per view in dependency order, then one that invalidates caches and
 * one that records the end. A view's step is named like the view.
 *
 * <p>Immutable. Two plans with the same content are equal.
 */
public final class SyncPlan {

    static final String DEFAULT_INVALIDATION_STEP = "invalidate_caches";
    static final String DEFAULT_COMPLETION_STEP = "record_sync_completion";

    private final String name;
    private final List<PlannedCheck> checks;
    private final List<PlannedView> views;
    private final Map<String, Set<ViewName>> events;
    private final Map<String, List<EventKeys>> eventKeys = new LinkedHashMap<>();
    private final Publication publication;
    private final String invalidationStep;
    private final String completionStep;
    private final Map<ViewName, Integer> positions = new LinkedHashMap<>();
    private final Graph graph;

    /** @param views sorted, upstream first */
    SyncPlan(PlanDraft draft, List<PlannedView> views, Map<String, Set<ViewName>> events) {
        this.name = draft.name;
        this.checks = List.copyOf(draft.checks);
        this.views = List.copyOf(views);
        this.events = Collections.unmodifiableMap(events);
        draft.eventKeys.forEach((type, keys) -> eventKeys.put(type, List.copyOf(keys)));
        this.publication = draft.publication;
        this.invalidationStep = draft.invalidationStep;
        this.completionStep = draft.completionStep;
        for (PlannedView view : views) {
            positions.put(view.name(), positions.size());
        }
        this.graph = new Graph(views.stream().map(this::upstreamPositions).toList());
    }

    /** Begins a plan of this name, under which its history is kept. */
    public static Builder named(String name) {
        return new Builder(name);
    }

    /** The plan's name. */
    public String name() {
        return name;
    }

    /** The checks in the order of their declaration; each goes before every view. May be empty. */
    public List<PlannedCheck> checks() {
        return checks;
    }

    /** The views, upstream first; where either could go first, the one that was declared first does. Never empty. */
    public List<PlannedView> views() {
        return views;
    }

    /** Whether this view is in the plan. */
    public boolean contains(ViewName view) {
        return positions.containsKey(view);
    }

    /**
     * The view of this name.
     *
     * @throws IllegalArgumentException if the plan does not have it; the message proposes the nearest name
     */
    public PlannedView view(ViewName view) {
        return views.get(position(view));
    }

    /** The views that an event makes stale, by the type of the event, in the order of declaration. May be empty. */
    public Map<String, Set<ViewName>> events() {
        return events;
    }

    /** What the events of a type say of changed rows, for sources of delta tables that are fed by events. May be empty. */
    public Map<String, List<EventKeys>> eventKeys() {
        return Collections.unmodifiableMap(eventKeys);
    }

    /** How each delta table finds out what of it to recompute, in the order of {@link #views}. May be empty. */
    public Map<ViewName, DeltaSpec> deltas() {
        Map<ViewName, DeltaSpec> deltas = new LinkedHashMap<>();
        views.forEach(view -> view.delta().ifPresent(delta -> deltas.put(view.name(), delta)));
        return Collections.unmodifiableMap(deltas);
    }

    /** When readers see what a run refreshed. */
    public Publication publication() {
        return publication;
    }

    /** The name of the step that invalidates caches after the views. */
    public String invalidationStep() {
        return invalidationStep;
    }

    /** The name of the last step, which records the end of the run. */
    public String completionStep() {
        return completionStep;
    }

    /**
     * All views that must be refreshed before this one, directly or not, upstream first, without itself.
     *
     * @throws IllegalArgumentException if the plan does not have the view
     */
    public Set<ViewName> ancestors(ViewName view) {
        return reach(Set.of(view), false, false);
    }

    /**
     * All views that must be refreshed after this one, directly or not, upstream first, without itself.
     *
     * @throws IllegalArgumentException if the plan does not have the view
     */
    public Set<ViewName> descendants(ViewName view) {
        return reach(Set.of(view), true, false);
    }

    /**
     * The names of all steps in stages: the checks, where there are any; the views, each as early as its upstreams
     * allow; the invalidation; the completion. The steps of one stage do not depend on each other.
     */
    public List<List<String>> stages() {
        List<List<String>> stages = new ArrayList<>();
        if (!checks.isEmpty()) {
            stages.add(checks.stream().map(PlannedCheck::name).toList());
        }
        List<List<String>> byDepth = new ArrayList<>();
        int[] depths = graph.depths();
        for (int i = 0; i < depths.length; i++) {
            while (byDepth.size() <= depths[i]) {
                byDepth.add(new ArrayList<>());
            }
            byDepth.get(depths[i]).add(views.get(i).name().toString());
        }
        byDepth.forEach(stage -> stages.add(List.copyOf(stage)));
        stages.add(List.of(invalidationStep));
        stages.add(List.of(completionStep));
        return List.copyOf(stages);
    }

    /** Whatever can be reached from these views, in plan order; with or without the views themselves. */
    Set<ViewName> reach(Collection<ViewName> from, boolean downstream, boolean withSelf) {
        BitSet seeds = new BitSet(views.size());
        from.forEach(view -> seeds.set(position(view)));
        BitSet reached = graph.reach(seeds, downstream);
        if (withSelf) {
            reached.or(seeds);
        } else {
            reached.andNot(seeds);
        }
        return named(reached);
    }

    /** The same views in the plan's order. */
    Set<ViewName> inOrder(Set<ViewName> selected) {
        BitSet set = new BitSet(views.size());
        selected.forEach(view -> set.set(position(view)));
        return named(set);
    }

    private Set<ViewName> named(BitSet set) {
        Set<ViewName> names = new LinkedHashSet<>();
        set.stream().forEach(position -> names.add(views.get(position).name()));
        return Collections.unmodifiableSet(names);
    }

    private int position(ViewName view) {
        Integer position = positions.get(view);
        if (position == null) {
            throw new IllegalArgumentException(
                    "the plan '" + name + "' has no view " + view + "; " + NearestName.hint(view, positions.keySet()));
        }
        return position;
    }

    private int[] upstreamPositions(PlannedView view) {
        return view.upstreams().stream().mapToInt(this::position).toArray();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SyncPlan that
                && name.equals(that.name)
                && checks.equals(that.checks)
                && views.equals(that.views)
                && events.equals(that.events)
                && eventKeys.equals(that.eventKeys)
                && publication == that.publication
                && invalidationStep.equals(that.invalidationStep)
                && completionStep.equals(that.completionStep);
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, checks, views, events, eventKeys, publication, invalidationStep, completionStep);
    }

    @Override
    public String toString() {
        return "SyncPlan[" + name + ": " + checks.size() + " checks, " + views.size() + " views]";
    }

    /**
     * Collects a plan. Only {@link #build} judges it, so the order of the calls does not matter: a view may be declared
     * before its upstreams are. Names of views are read by {@link ViewName#parse}. Not thread-safe.
     */
    public static final class Builder {

        private final PlanDraft draft;

        private Builder(String name) {
            this.draft = new PlanDraft(name);
        }

        /** Adds a check, to be passed before any view is refreshed. */
        public Builder check(String name, CheckSpec spec) {
            draft.check(name, spec);
            return this;
        }

        /** Adds a view that reads no other view of the plan. */
        public Builder view(String name) {
            return view(name, options -> {});
        }

        /** Adds a view. */
        public Builder view(String name, Consumer<? super ViewOptions> options) {
            options.accept(draft.view(name));
            return this;
        }

        /** Adds a view that reads no other view of the plan. */
        public Builder view(ViewName name) {
            return view(name, options -> {});
        }

        /** Adds a view. */
        public Builder view(ViewName name, Consumer<? super ViewOptions> options) {
            options.accept(draft.view(name));
            return this;
        }

        /** Says that events of this type make these views stale. Several calls for one type add up. */
        public Builder onEvent(String type, String... views) {
            draft.event(type, List.of(views));
            return this;
        }

        /**
         * Says where events of this type carry the columns of a changed row of a table: for a source of a delta table that is {@link
         * DeltaSpec#fed} by events. Several calls for one type add up.
         *
         * @param columns each with a JSON pointer into the payload, such as {@code /case_id}; none: any row may have changed
         * @see EventKeys
         */
        public Builder eventKeys(String type, String table, Map<String, String> columns) {
            draft.eventKeys(type, table, columns);
            return this;
        }

        /** When readers see what a run refreshed; {@link Publication#EACH} by default. */
        public Builder publication(Publication publication) {
            draft.publication = Objects.requireNonNull(publication, "publication");
            return this;
        }

        /** The name of the step that invalidates caches; {@code invalidate_caches} by default. */
        public Builder invalidationStep(String name) {
            draft.invalidationStep = Objects.requireNonNull(name, "name");
            return this;
        }

        /** The name of the last step; {@code record_sync_completion} by default. */
        public Builder completionStep(String name) {
            draft.completionStep = Objects.requireNonNull(name, "name");
            return this;
        }

        /**
         * The plan.
         *
         * @throws InvalidPlanException with all that is wrong: no view, a name that is not an identifier, a name used
         *     twice, an upstream or an event's view that the plan does not have, views that wait for each other in a
         *     circle, a group that cannot be refreshed as one, a blank name, a deadline that is not positive, a delta
         *     table without a source, or with one that the plan refreshes without being asked to do so before it, or with one
         *     that is fed by events of which none says what changed
         */
        public SyncPlan build() {
            return new PlanRules(draft).plan();
        }
    }

    /** What can be said of a view while it is added to a plan. Several calls add up, or the last one holds. */
    public sealed interface ViewOptions permits ViewDraft {

        /** The views that must be refreshed before it; read by {@link ViewName#parse}. Adds up. */
        ViewOptions after(String... upstreams);

        /** The views that must be refreshed before it. Adds up. */
        ViewOptions after(ViewName... upstreams);

        /** Words to select it by. Adds up. */
        ViewOptions tags(String... tags);

        /** Refreshes it on one snapshot with the other views of this group, and commits them as one. */
        ViewOptions together(String group);

        /** The most that one attempt at it may take, positive; for a group those of its views add up. */
        ViewOptions deadline(Duration deadline);

        /** The largest change of it that is believed. */
        ViewOptions fuse(Fuse fuse);

        /**
         * How long after a refresh, by any process, an incremental call does not refresh it again; zero: not at all. The
         * engine's setting by default.
         */
        ViewOptions minInterval(Duration interval);

        /** From which age on its data counts as stale, positive; the engine's limit by default. */
        ViewOptions staleAfter(Duration age);

        /** The age its data shall not exceed while the engine is started, positive; no such aim by default. */
        ViewOptions targetLag(Duration age);

        /**
         * Keeps it as a delta table, of which a refresh recomputes what its sources call for; it needs at least one source.
         * A source that is a view of the plan must be among what is refreshed before it: {@link #after(String...)}.
         */
        ViewOptions delta(DeltaSpec spec);
    }
}
