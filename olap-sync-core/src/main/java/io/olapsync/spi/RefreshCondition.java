package io.olapsync.spi;

/** Decides whether a refresh is still called for, once nobody else can refresh the view any more. */
@FunctionalInterface
public interface RefreshCondition {

    /** Refresh, whatever is known. */
    RefreshCondition ALWAYS = facts -> true;

    /** Whether the view is to be refreshed; called once for each view of an attempt, before anything is changed. */
    boolean holds(RefreshFacts facts) throws RefreshException;
}
