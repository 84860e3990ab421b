package io.olapsync.testkit.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A way to run PostgreSQL, which refuses to run as root.
 */
public enum Privileges {
    /** As the current user. */
    PLAIN(),
    /** In a user namespace, where root is nobody in particular. Containers often deny it. */
    USER_NAMESPACE("unshare", "-U"),
    /** As the unprivileged user 65534. Needs the right to change users. */
    OTHER_USER("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");

    private static final int NOBODY = 65534;

    private final List<String> prefix;

    Privileges(String... prefix) {
        this.prefix = List.of(prefix);
    }

    /** The command line that runs a command this way. */
    List<String> wrap(List<String> command) {
        List<String> wrapped = new ArrayList<>(prefix);
        wrapped.addAll(command);
        return wrapped;
    }

    /** Gives a directory to the user the command will run as. */
    void own(Path directory) throws IOException {
        if (this == OTHER_USER) {
            Files.setAttribute(directory, "unix:uid", NOBODY);
            Files.setAttribute(directory, "unix:gid", NOBODY);
        }
    }
}
