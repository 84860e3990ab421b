package io.olapsync.testkit.fakes;

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
    private final List<Finding> findings = new ArrayList<>();
    private boolean away;

    /** A catalog without views. */
    public InMemoryCatalog() {}

    /** There is a view that reads these. */
    public synchronized InMemoryCatalog view(ViewName view, ViewName... reads) {
        upstreams.put(view, Set.of(reads));
        return this;
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
