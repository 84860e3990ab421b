package io.olapsync.examples.cli;

/** The exit codes of all commands. */
final class Exit {

    static final int OK = 0;

    /** A sync failed, a view differs, something is not healthy: the answer is no. */
    static final int FAILED = 1;

    /** The command line, the environment or the plan is wrong: the same call fails again. */
    static final int BAD_INPUT = 2;

    /** The database cannot be reached, or cannot be asked: the same call may succeed later. */
    static final int UNREACHABLE = 3;

    /** The plan and the database do not fit; nothing was touched. */
    static final int REFUSED = 4;

    private Exit() {}
}
