package io.olapsync.internal;

import io.olapsync.Publication;
import io.olapsync.SyncPlan;
import io.olapsync.SyncRequest;
import io.olapsync.spi.CheckHandler;
import io.olapsync.spi.CheckSpec;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import io.olapsync.spi.SkipReason;
import io.olapsync.spi.StepOutcome;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The nodes of one run: each check, a gate that all checks lead to, and behind it the units of views. */
final class RunNodes {

    private static final double BEFORE_ALL_VIEWS = Double.MAX_VALUE;

    /** What only holds others together. */
    private static final class Nothing implements Node.Work {
        @Override
        public Optional<List<StepOutcome>> known() {
            return Optional.of(List.of());
        }

        @Override
        public List<StepOutcome> run(Node.Attempt attempt) {
            return List.of();
        }
    }

    private final List<Node> all = new ArrayList<>();

    RunNodes(
            EngineParts parts,
            RunId run,
            SyncRequest request,
            Demand demand,
            Preparation prepared,
            RunSteps steps,
            UnitWork.RunLimits limits,
            Invalidations.Postponed postponed) {
        SyncPlan plan = parts.plan();
        Node gate = new Node("gate", List.of(), BEFORE_ALL_VIEWS, new Nothing());
        for (int i = 0; i < steps.checks.size(); i++) {
            Node check = check(parts, steps.checks.get(i), plan.checks().get(i).spec(), limits);
            check.leadsTo(gate);
            all.add(check);
        }
        all.add(gate);
        Set<ViewName> selected = demand.views();
        Publication publication = request.publication().orElse(plan.publication());
        List<RunGraph.Unit> units =
                RunGraph.of(plan, selected, publication, prepared.durations()).units();
        List<Node> nodes = new ArrayList<>(units.size());
        for (RunGraph.Unit unit : units) {
            UnitWork work = new UnitWork(parts, unit, run, request, demand, prepared.heldBack(), limits, postponed);
            List<Step> own = unit.views().stream().map(steps::of).toList();
            nodes.add(new Node(own.get(0).name, own, unit.priority(), work));
        }
        for (RunGraph.Unit unit : units) {
            Node node = nodes.get(unit.number());
            if (unit.upstreams() == 0) {
                gate.leadsTo(node);
            }
            unit.downstream().forEach(next -> node.leadsTo(nodes.get(next.number())));
            all.add(node);
        }
    }

    /** Every node. */
    List<Node> all() {
        return all;
    }

    /** The steps that each step waited for, for the critical path. */
    static Map<Step, List<Step>> upstreams(@Nullable RunNodes nodes, RunSteps steps) {
        Map<Step, List<Step>> upstreams = new HashMap<>();
        List<Step> before = new ArrayList<>();
        if (nodes != null) {
            for (Node node : nodes.all) {
                List<Step> own = node.steps.isEmpty() ? steps.checks : node.steps;
                node.downstream.forEach(next -> next.steps.forEach(step ->
                        upstreams.computeIfAbsent(step, s -> new ArrayList<>()).addAll(own)));
                before.addAll(node.steps);
            }
        }
        upstreams.put(steps.invalidation, before);
        upstreams.put(steps.completion, List.of(steps.invalidation));
        return upstreams;
    }

    /** How the steps of a node end that failed: the one at fault fails, those that were rolled back with it do not. */
    static List<StepOutcome> failed(Node node, RefreshException failure, @Nullable SkipReason halted) {
        if (halted != null && (failure.kind() == RefreshException.Kind.CANCELLED || node.attempts == 0)) {
            return skipped(node, halted, "");
        }
        StepOutcome fault = new StepOutcome.Failed(failure, node.attempts);
        ViewName culprit = failure.view().orElse(null);
        StepOutcome rolledBack = new StepOutcome.Skipped(SkipReason.GROUP_FAILED, String.valueOf(culprit));
        List<StepOutcome> outcomes = new ArrayList<>();
        for (Step step : node.steps) {
            boolean atFault = culprit == null || culprit.equals(step.view.orElse(null));
            outcomes.add(atFault ? fault : rolledBack);
        }
        return outcomes;
    }

    /** How the steps of a node end whose work did not come back. */
    static List<StepOutcome> lost(Node node) {
        StepOutcome lost = new StepOutcome.Failed(
                new RefreshException(
                        RefreshException.Kind.TIMED_OUT,
                        node.name + " did not come back although it was cancelled, so nobody knows whether it was"
                                + " committed; give the data source a timeout for connecting and for reading",
                        null),
                node.attempts);
        return node.steps.stream().map(step -> lost).toList();
    }

    static List<StepOutcome> skipped(Node node, SkipReason reason, String detail) {
        StepOutcome outcome = new StepOutcome.Skipped(reason, detail);
        return node.steps.stream().map(step -> outcome).toList();
    }

    private static Node check(EngineParts parts, Step step, CheckSpec spec, UnitWork.RunLimits limits) {
        CheckHandler handler = Objects.requireNonNull(parts.adapters().checks().get(spec.type()));
        return new Node(step.name, List.of(step), BEFORE_ALL_VIEWS, attempt -> {
            Duration left = limits.remaining();
            Duration own = parts.settings().deadlines().view();
            attempt.began();
            return AttemptTimer.run(
                    parts.scheduler(),
                    limits.cancelSignal(),
                    own.compareTo(left) < 0 ? own : left,
                    () -> "the check " + step.name,
                    signal -> {
                        handler.check(spec, signal);
                        return List.of(new StepOutcome.Passed(String.join(", ", spec.arguments()), attempt.number()));
                    });
        });
    }
}
