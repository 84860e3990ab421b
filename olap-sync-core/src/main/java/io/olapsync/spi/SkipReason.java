package io.olapsync.spi;

/** Why a step did not run. None of these is a failure of the step itself. */
public enum SkipReason {
    /** A step that it depends on failed, or was itself skipped. */
    UPSTREAM_FAILED("upstream failed"),
    /** Another view of the same group failed, and the group was rolled back as one, but for first populations. */
    GROUP_FAILED("group failed"),
    /** The run was cancelled, or the library was closed. */
    CANCELLED("cancelled"),
    /** The run's deadline passed. */
    RUN_DEADLINE("run deadline passed"),
    /** The cache could not be reached; its invalidation is kept and done once it can. */
    POSTPONED("postponed"),
    /** It was refreshed less than its minimum interval ago. */
    TOO_RECENT("too recent"),
    /** Somebody else is refreshing it, and the caller did not want to wait. */
    ALREADY_RUNNING("another sync in progress"),
    /** A refresh would have written what the view has. */
    NOTHING_CHANGED("nothing changed"),
    /** A refresh that was committed meanwhile shows all that was asked for. */
    ALREADY_COVERED("already covered"),
    /** It failed too often in a row. */
    SUSPENDED("suspended"),
    /** An operator has paused it. */
    PAUSED("paused"),
    /** None of the views that were asked for needed it. */
    NOT_NEEDED("not needed");

    private final String text;

    SkipReason(String text) {
        this.text = text;
    }

    /** Whether the view was left as it is on purpose, so that what reads it may go on. */
    public boolean letsPass() {
        return switch (this) {
            case UPSTREAM_FAILED, GROUP_FAILED, CANCELLED, RUN_DEADLINE, POSTPONED -> false;
            case TOO_RECENT, ALREADY_RUNNING, NOTHING_CHANGED, ALREADY_COVERED, SUSPENDED, PAUSED, NOT_NEEDED -> true;
        };
    }

    /** The reason in words, as it appears in reports and in the history. */
    @Override
    public String toString() {
        return text;
    }
}
