package io.olapsync;

import io.olapsync.spi.Finding;
import java.util.List;
import java.util.stream.Collectors;

/** A run was refused before anything was touched, because the plan and the database do not fit. */
public final class SyncRejectedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient List<Finding> findings;

    /** A refusal for these reasons. */
    public SyncRejectedException(String plan, List<Finding> findings) {
        super("Plan '" + plan + "' was not run, nothing was touched:"
                + findings.stream().map(finding -> "\n  " + finding).collect(Collectors.joining()));
        this.findings = List.copyOf(findings);
    }

    /** Every reason, each with what mends it. */
    public List<Finding> findings() {
        return findings;
    }
}
