package io.olapsync.internal;

import io.olapsync.StepReport.Kind;
import io.olapsync.SyncPlan;
import io.olapsync.spi.ViewName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** The steps of one run: checks, the selected views, the invalidation and the completion. */
final class RunSteps {

    final List<Step> checks = new ArrayList<>();
    final Step invalidation;
    final Step completion;
    private final Map<ViewName, Step> views = new LinkedHashMap<>();

    RunSteps(SyncPlan plan, Set<ViewName> selected) {
        plan.checks().forEach(check -> checks.add(new Step(check.name(), Kind.CHECK, Optional.empty())));
        plan.views().stream()
                .map(view -> view.name())
                .filter(selected::contains)
                .forEach(name -> views.put(name, new Step(name.toString(), Kind.VIEW, Optional.of(name))));
        invalidation = new Step(plan.invalidationStep(), Kind.INVALIDATION, Optional.empty());
        completion = new Step(plan.completionStep(), Kind.COMPLETION, Optional.empty());
    }

    Step of(ViewName view) {
        return Objects.requireNonNull(views.get(view));
    }

    /** The checks and the views, in the order of the plan. */
    List<Step> work() {
        List<Step> work = new ArrayList<>(checks);
        work.addAll(views.values());
        return work;
    }

    /** Every step, in the order of the plan. */
    List<Step> all() {
        List<Step> all = work();
        all.add(invalidation);
        all.add(completion);
        return all;
    }

    List<String> names() {
        return all().stream().map(step -> step.name).toList();
    }
}
