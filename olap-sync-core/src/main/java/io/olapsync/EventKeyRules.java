package io.olapsync;

import io.olapsync.spi.DeltaSource;
import io.olapsync.spi.EventKeys;
import io.olapsync.spi.ViewName;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds delta tables that wait for events which nobody tells them, and events that tell of what nobody waits for. */
final class EventKeyRules {

    private final PlanDraft draft;
    private final List<ViewDraft> views;
    private final List<ViewName> names;

    EventKeyRules(PlanDraft draft, List<ViewDraft> views, List<ViewName> names) {
        this.draft = draft;
        this.views = views;
        this.names = names;
    }

    void check(List<String> problems) {
        for (int i = 0; i < views.size(); i++) {
            for (DeltaSource source : sources(views.get(i))) {
                if (source.fed()) {
                    checkFed(names.get(i), source, problems);
                }
            }
        }
        draft.events.forEach((type, stale) -> checkHeard(type, stale, problems));
        draft.eventKeys.forEach((type, all) -> all.forEach(keys -> {
            if (views.stream().noneMatch(view -> isFed(view, keys.table()))) {
                problems.add("the event '" + type + "' has keys of " + keys.table()
                        + ", which no delta table of the plan is fed with: add .fed(\"" + keys.table()
                        + "\") to its declaration, or take them out");
            }
        }));
    }

    /** A view whose sources are all fed: a refresh for an event that says nothing of them would find nothing to do. */
    private void checkHeard(String type, Set<ViewName> stale, List<String> problems) {
        for (int i = 0; i < views.size(); i++) {
            ViewDraft view = views.get(i);
            List<DeltaSource> sources = sources(view);
            if (stale.contains(names.get(i))
                    && !sources.isEmpty()
                    && sources.stream().allMatch(DeltaSource::fed)
                    && draft.eventKeys.getOrDefault(type, List.of()).stream()
                            .noneMatch(keys -> isFed(view, keys.table()))) {
                problems.add("the event '" + type + "' makes the view " + names.get(i)
                        + " stale, which is fed by events alone, and does not say what changed: add .eventKeys(\""
                        + type
                        + "\", table, columns), with no column where any row may have");
            }
        }
    }

    private void checkFed(ViewName view, DeltaSource source, List<String> problems) {
        String reads = "view " + view + " is fed by events with the changes of " + source.table();
        if (names.contains(source.table())) {
            problems.add(reads + ", which is a view of the plan and tells by itself: take it out of .fed");
        }
        boolean told = false;
        for (Map.Entry<String, List<EventKeys>> event : draft.eventKeys.entrySet()) {
            for (EventKeys keys : event.getValue()) {
                if (!keys.table().equals(source.table())) {
                    continue;
                }
                told = true;
                if (!draft.events.getOrDefault(event.getKey(), Set.of()).contains(view)) {
                    problems.add(reads + ", which the event '" + event.getKey()
                            + "' carries without making it stale: add the view to .onEvent(\"" + event.getKey()
                            + "\", …)");
                }
                if (!keys.columns().isEmpty() && !keys.columns().keySet().containsAll(source.columns())) {
                    problems.add(reads + " by its columns " + source.columns() + ", of which the event '"
                            + event.getKey() + "' carries "
                            + keys.columns().keySet() + ": add a pointer for each to .eventKeys");
                }
            }
        }
        if (!told) {
            problems.add(reads + ", of which no event says anything: add .eventKeys(type, \"" + source.table()
                    + "\", columns)");
        }
    }

    private static boolean isFed(ViewDraft view, ViewName table) {
        return sources(view).stream()
                .anyMatch(source -> source.fed() && source.table().equals(table));
    }

    private static List<DeltaSource> sources(ViewDraft view) {
        return view.delta == null ? List.of() : view.delta.sources();
    }
}
