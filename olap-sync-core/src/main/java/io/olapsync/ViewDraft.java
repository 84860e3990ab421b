package io.olapsync;

import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.Fuse;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A view as it was declared. What is wrong with a value by itself goes to the draft's problems at once. */
final class ViewDraft implements SyncPlan.ViewOptions {

    /** Null where the text was not a name; such a draft serves only to find what else is wrong. */
    final @Nullable ViewName name;

    final Set<ViewName> upstreams = new LinkedHashSet<>();

    @Nullable
    String group;

    @Nullable
    DeltaSpec delta;

    private final String shown;
    private final List<String> problems;
    private final Set<String> tags = new LinkedHashSet<>();
    private @Nullable Duration deadline;
    private @Nullable Fuse fuse;
    private @Nullable Duration minInterval;
    private @Nullable Duration staleAfter;
    private @Nullable Duration targetLag;

    ViewDraft(@Nullable ViewName name, String shown, List<String> problems) {
        this.name = name;
        this.shown = shown;
        this.problems = problems;
    }

    @Override
    public SyncPlan.ViewOptions after(String... names) {
        for (String upstream : names) {
            try {
                upstreams.add(ViewName.parse(upstream));
            } catch (IllegalArgumentException e) {
                problems.add("view " + shown + " is after '" + upstream + "': " + e.getMessage());
            }
        }
        return this;
    }

    @Override
    public SyncPlan.ViewOptions after(ViewName... names) {
        upstreams.addAll(List.of(names));
        return this;
    }

    @Override
    public SyncPlan.ViewOptions tags(String... words) {
        for (String tag : words) {
            if (tag.isBlank()) {
                problems.add("view " + shown + " has a blank tag: give it a word, or leave it out");
            } else {
                PlanText.problem(tag, "view " + shown + " has the tag '" + PlanText.shown(tag) + "', which")
                        .ifPresentOrElse(problems::add, () -> tags.add(tag));
            }
        }
        return this;
    }

    @Override
    public SyncPlan.ViewOptions together(String group) {
        if (group.isBlank()) {
            problems.add("view " + shown + " is in a group with a blank name: give it a word, or leave it out");
        } else {
            this.group = group;
        }
        return this;
    }

    @Override
    public SyncPlan.ViewOptions deadline(Duration deadline) {
        if (isPositive("deadline", deadline)) {
            this.deadline = deadline;
        }
        return this;
    }

    @Override
    public SyncPlan.ViewOptions staleAfter(Duration age) {
        if (isPositive("limit of age", age)) {
            this.staleAfter = age;
        }
        return this;
    }

    @Override
    public SyncPlan.ViewOptions targetLag(Duration age) {
        if (isPositive("target lag", age)) {
            this.targetLag = age;
        }
        return this;
    }

    private boolean isPositive(String what, Duration value) {
        boolean positive = PlannedView.isDeadline(value);
        if (!positive) {
            problems.add("view " + shown + " has the " + what + " " + value + ": a " + what
                    + " must be positive and at most 100 years, for example PT5M, or left out");
        }
        return positive;
    }

    @Override
    public SyncPlan.ViewOptions fuse(Fuse fuse) {
        this.fuse = Objects.requireNonNull(fuse, "fuse");
        return this;
    }

    @Override
    public SyncPlan.ViewOptions minInterval(Duration interval) {
        if (!PlannedView.isInterval(interval)) {
            problems.add("view " + shown + " has the minimum interval " + interval
                    + ": it must be between 0 and 100 years, for example PT5M, or left out");
        } else {
            this.minInterval = interval;
        }
        return this;
    }

    @Override
    public SyncPlan.ViewOptions delta(DeltaSpec spec) {
        this.delta = Objects.requireNonNull(spec, "spec");
        return this;
    }

    PlannedView planned(ViewName name) {
        return new PlannedView(
                name,
                upstreams,
                tags,
                Optional.ofNullable(group),
                Optional.ofNullable(deadline),
                Optional.ofNullable(fuse),
                Optional.ofNullable(minInterval),
                Optional.ofNullable(staleAfter),
                Optional.ofNullable(targetLag),
                Optional.ofNullable(delta));
    }
}
