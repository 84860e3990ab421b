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
    POSTPONED("postponed");

    private final String text;

    SkipReason(String text) {
        this.text = text;
    }

    /** The reason in words, as it appears in reports and in the history. */
    @Override
    public String toString() {
        return text;
    }
}
