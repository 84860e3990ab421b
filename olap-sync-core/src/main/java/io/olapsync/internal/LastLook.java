package io.olapsync.internal;

import io.olapsync.spi.Finding;
import io.olapsync.spi.ViewName;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the catalog said of the views of the last run that asked it, for a run of the same views that touches none of them. */
final class LastLook {

    private record Said(Set<ViewName> views, List<Finding> findings) {}

    private volatile @Nullable Said said;

    void remember(Set<ViewName> views, List<Finding> findings) {
        said = findings.stream().anyMatch(Finding::isError) ? null : new Said(Set.copyOf(views), List.copyOf(findings));
    }

    /** Empty where it was not asked about these very views, or something was wrong with them. */
    Optional<List<Finding>> at(Set<ViewName> views) {
        Said last = said;
        return last != null && last.views().equals(views) ? Optional.of(last.findings()) : Optional.empty();
    }
}
