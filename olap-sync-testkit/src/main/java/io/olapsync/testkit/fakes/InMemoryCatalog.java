package io.olapsync.testkit.fakes;

import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.Finding;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewCatalog;
import io.olapsync.spi.ViewName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A catalog that knows the views it is told of, and can be away. */
public final class InMemoryCatalog implements ViewCatalog {

    private final Map<ViewName, Set<ViewName>> upstreams = new LinkedHashMap<>();
    private final Map<ViewName, DeltaSpec> deltas = new LinkedHashMap<>();
    private final List<Finding> findings = new ArrayList<>();
    private boolean away;

    /** A catalog without views. */
    public InMemoryCatalog() {}

    /** There is a view that reads these. */
    public synchronized InMemoryCatalog view(ViewName view, ViewName... reads) {
        upstreams.put(view, Set.of(reads));
        return this;
    }

    /** There is a delta table that reads these refreshable views, and was made one by this declaration. */
    public synchronized InMemoryCatalog deltaTable(ViewName view, DeltaSpec declaration, ViewName... reads) {
        deltas.put(view, declaration);
        return view(view, reads);
    }

    /** This is said of its view whenever the view is looked at; of every view, where it names none. */
    public synchronized InMemoryCatalog finding(Finding finding) {
        findings.add(finding);
        return this;
    }

    /** Whether it refuses from now on. */
    public synchronized void away(boolean isAway) {
        away = isAway;
    }

    @Override
    public synchronized List<Finding> inspect(Set<ViewName> views) throws RefreshException {
        requirePresent();
        List<Finding> found = new ArrayList<>();
        for (ViewName view : views) {
            if (!upstreams.containsKey(view)) {
                found.add(new Finding(
                        Finding.Severity.ERROR, "missing-view", view, "there is no view " + view.sql(), ""));
            }
        }
        findings.stream()
                .filter(finding -> finding.view() == null || views.contains(finding.view()))
                .forEach(found::add);
        return List.copyOf(found);
    }

    /** What is no delta table is a warning, since it is refreshed whole; what was declared otherwise is an error. */
    @Override
    public synchronized List<Finding> inspectDeltas(Map<ViewName, DeltaSpec> declared) throws RefreshException {
        requirePresent();
        List<Finding> found = new ArrayList<>();
        declared.forEach((view, spec) -> {
            DeltaSpec made = deltas.get(view);
            if (made == null) {
                found.add(new Finding(
                        Finding.Severity.WARNING, "delta-not-converted", view, view.sql() + " is no delta table", ""));
            } else if (!made.equals(spec)) {
                found.add(new Finding(
                        Finding.Severity.ERROR, "delta-declared-otherwise", view, "it was made by " + made, ""));
            }
        });
        return List.copyOf(found);
    }

    @Override
    public synchronized Map<ViewName, Set<ViewName>> upstreams(Set<ViewName> views) throws RefreshException {
        requirePresent();
        Map<ViewName, Set<ViewName>> known = new LinkedHashMap<>(upstreams);
        known.keySet().retainAll(views);
        return known;
    }

    private void requirePresent() throws RefreshException {
        if (away) {
            throw new RefreshException(RefreshException.Kind.TRANSIENT, "the catalog is away", null);
        }
    }
}
