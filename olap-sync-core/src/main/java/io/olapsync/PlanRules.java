package io.olapsync;

import io.olapsync.spi.ViewName;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** What must be true of a plan as a whole. Finds everything that is not, then either throws it or makes the plan. */
final class PlanRules {

    /** Looking for the nearest name compares with every name; beyond this many, the remedy is a different one. */
    private static final int MOST_HINTS = 50;

    private final PlanDraft draft;
    private final List<String> problems;
    private final Map<ViewName, Integer> numbers = new HashMap<>();
    private final List<ViewName> names = new ArrayList<>();
    private final List<ViewDraft> views = new ArrayList<>();
    private int hints;

    PlanRules(PlanDraft draft) {
        this.draft = draft;
        this.problems = new ArrayList<>(draft.problems);
    }

    /** @throws InvalidPlanException if any rule is broken */
    SyncPlan plan() {
        if (draft.name.isBlank()) {
            problems.add(0, "the plan's name is blank: give it one, its history is kept under it");
        } else {
            PlanText.problem(draft.name, "the plan's name").ifPresent(problem -> problems.add(0, problem));
        }
        numberViews();
        checkStepNames();
        Graph graph = new Graph(views.stream().map(this::knownUpstreams).toList());
        int[] order = graph.order();
        if (order.length < graph.size()) {
            checkCycles(graph);
        } else {
            new GroupRules(views, names, graph).check(problems);
        }
        new DeltaRules(views, names, numbers, graph).check(problems);
        checkEvents();
        new EventKeyRules(draft, views, names).check(problems);
        if (!problems.isEmpty()) {
            throw new InvalidPlanException("the plan '" + PlanText.shown(draft.name) + "'", problems);
        }
        List<PlannedView> planned = Arrays.stream(order)
                .mapToObj(number -> views.get(number).planned(names.get(number)))
                .toList();
        Map<String, Set<ViewName>> events = new LinkedHashMap<>();
        draft.events.forEach(
                (type, stale) -> events.put(type, Collections.unmodifiableSet(new LinkedHashSet<>(stale))));
        return new SyncPlan(draft, planned, events);
    }

    private void numberViews() {
        Set<ViewName> repeated = new LinkedHashSet<>();
        for (ViewDraft view : draft.views) {
            ViewName name = view.name;
            if (name == null) {
                continue;
            }
            if (numbers.putIfAbsent(name, names.size()) == null) {
                names.add(name);
                views.add(view);
            } else {
                repeated.add(name);
            }
        }
        repeated.forEach(name ->
                problems.add("view " + name + " is declared more than once: declare it once, with all of its options"));
        if (draft.views.isEmpty()) {
            problems.add("it has no view: declare at least one with .view(name)");
        }
    }

    private void checkStepNames() {
        Map<String, String> owners = new HashMap<>();
        names.forEach(name -> owners.put(name.toString(), "a view"));
        draft.checks.forEach(check -> takeStepName(owners, check.name(), "a check"));
        takeStepName(owners, draft.invalidationStep, "the invalidation step");
        takeStepName(owners, draft.completionStep, "the completion step");
    }

    private void takeStepName(Map<String, String> owners, String name, String owner) {
        if (name.isBlank()) {
            problems.add(owner + " has a blank name: give it one");
            return;
        }
        String earlier = owners.putIfAbsent(name, owner);
        if (earlier != null) {
            problems.add("the name " + name + " is used by "
                    + (earlier.equals(owner) ? "more than one check" : earlier + " and by " + owner)
                    + ": each step of a plan needs a name of its own, rename one");
        }
    }

    private int[] knownUpstreams(ViewDraft view) {
        return view.upstreams.stream()
                .filter(upstream -> isKnownUpstream(view, upstream))
                .mapToInt(upstream -> Objects.requireNonNull(numbers.get(upstream)))
                .toArray();
    }

    private boolean isKnownUpstream(ViewDraft view, ViewName upstream) {
        if (upstream.equals(view.name)) {
            problems.add("view " + upstream + " is after itself (" + upstream + " -> " + upstream
                    + "): take it out of its own upstreams");
            return false;
        }
        if (!numbers.containsKey(upstream)) {
            problems.add("view " + view.name + " is after " + upstream + ", which the plan does not have: "
                    + hint(upstream) + " Otherwise declare it as a view, or take it out");
            return false;
        }
        return true;
    }

    private void checkEvents() {
        draft.events.forEach((type, stale) -> stale.stream()
                .filter(view -> !numbers.containsKey(view))
                .forEach(view -> problems.add("the event '" + type + "' makes " + view
                        + " stale, which the plan does not have: " + hint(view)
                        + " Otherwise declare it as a view, or take it out")));
    }

    private String hint(ViewName unknown) {
        String hint = hints++ < MOST_HINTS ? NearestName.hint(unknown, names) : "check its spelling";
        return hint.endsWith("?") ? hint : hint + ".";
    }

    private void checkCycles(Graph graph) {
        for (int[] cycle : Cycles.of(graph)) {
            List<String> path = new ArrayList<>();
            Arrays.stream(cycle).forEach(number -> path.add(names.get(number).toString()));
            path.add(path.get(0));
            problems.add("views wait for each other in a circle: " + PathText.of(path)
                    + ", each after the one before it: take one of them out of the next one's upstreams");
        }
    }
}
