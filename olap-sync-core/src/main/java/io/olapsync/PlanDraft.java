package io.olapsync;

import io.olapsync.spi.CheckSpec;
import io.olapsync.spi.EventKeys;
import io.olapsync.spi.ViewName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** The parts of a plan as they were declared. {@link PlanRules} judges them together. */
final class PlanDraft {

    final String name;
    final List<PlannedCheck> checks = new ArrayList<>();
    final List<ViewDraft> views = new ArrayList<>();
    final Map<String, Set<ViewName>> events = new LinkedHashMap<>();
    final Map<String, List<EventKeys>> eventKeys = new LinkedHashMap<>();
    Publication publication = Publication.EACH;
    String invalidationStep = SyncPlan.DEFAULT_INVALIDATION_STEP;
    String completionStep = SyncPlan.DEFAULT_COMPLETION_STEP;

    /** What is wrong with single values. */
    final List<String> problems = new ArrayList<>();

    PlanDraft(String name) {
        this.name = Objects.requireNonNull(name, "name");
    }

    void check(String name, CheckSpec spec) {
        Objects.requireNonNull(spec, "spec");
        if (name.isBlank()) {
            problems.add("a check of type '" + spec.type() + "' has a blank name: give it one");
        } else {
            checks.add(new PlannedCheck(name, spec));
        }
    }

    ViewDraft view(ViewName name) {
        ViewDraft view = new ViewDraft(name, name.toString(), problems);
        views.add(view);
        return view;
    }

    ViewDraft view(String text) {
        try {
            return view(ViewName.parse(text));
        } catch (IllegalArgumentException e) {
            problems.add("a view is declared as '" + text + "': " + e.getMessage());
            ViewDraft nameless = new ViewDraft(null, "'" + text + "'", problems);
            views.add(nameless);
            return nameless;
        }
    }

    void eventKeys(String type, String table, Map<String, String> columns) {
        try {
            eventKeys.computeIfAbsent(type, t -> new ArrayList<>()).add(new EventKeys(ViewName.parse(table), columns));
        } catch (IllegalArgumentException e) {
            problems.add("the keys of the event '" + type + "': " + e.getMessage());
        }
    }

    void event(String type, List<String> names) {
        if (type.isBlank()) {
            problems.add("an event's type is blank, for the views " + names + ": give it one");
            return;
        }
        Set<ViewName> stale = events.computeIfAbsent(type, t -> new LinkedHashSet<>());
        for (String view : names) {
            try {
                stale.add(ViewName.parse(view));
            } catch (IllegalArgumentException e) {
                problems.add("the event '" + type + "' makes '" + view + "' stale: " + e.getMessage());
            }
        }
        if (names.isEmpty()) {
            problems.add("the event '" + type + "' names no view: name at least one, or leave the event out");
        }
    }
}
