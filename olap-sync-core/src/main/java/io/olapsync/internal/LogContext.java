package io.olapsync.internal;

import io.olapsync.spi.RunId;
import io.olapsync.spi.ViewName;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/** Has the log lines of this thread say which run and view they belong to, until it is closed: the thread may be the host's. */
final class LogContext implements AutoCloseable {

    static final String RUN = "olapsync.run";
    static final String VIEW = "olapsync.view";

    private static final int MOST_NAMES = 5;

    private final @Nullable String runBefore = MDC.get(RUN);
    private final @Nullable String viewBefore = MDC.get(VIEW);
    private final @Nullable String run;
    private final @Nullable String view;

    private LogContext(@Nullable String run, @Nullable String view) {
        this.run = run;
        this.view = view;
        set(RUN, run, runBefore);
        set(VIEW, view, viewBefore);
    }

    /** Work for no run in particular. */
    static LogContext none() {
        return new LogContext(null, null);
    }

    /** Work for a run. */
    static LogContext of(RunId run) {
        return new LogContext(run.toString(), null);
    }

    /** Work for one step of a run. */
    static LogContext of(RunId run, Step step) {
        return new LogContext(run.toString(), step.view.map(ViewName::toString).orElse(null));
    }

    /** Work for steps that are done as one. */
    static LogContext of(RunId run, List<Step> steps) {
        if (steps.size() == 1) {
            return of(run, steps.get(0));
        }
        List<String> views = steps.stream()
                .map(step -> step.view)
                .flatMap(Optional::stream)
                .map(ViewName::toString)
                .toList();
        String named = views.stream().limit(MOST_NAMES).collect(Collectors.joining(", "));
        int left = views.size() - MOST_NAMES;
        return new LogContext(
                run.toString(), views.isEmpty() ? null : left > 0 ? named + " and " + left + " more" : named);
    }

    @Override
    public void close() {
        set(RUN, runBefore, run);
        set(VIEW, viewBefore, view);
    }

    private static void set(String key, @Nullable String value, @Nullable String before) {
        if (Objects.equals(value, before)) {
            return; // many a logging backend copies its map for each change
        }
        if (value == null) {
            MDC.remove(key);
        } else {
            MDC.put(key, value);
        }
    }
}
