package io.olapsync.spi;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Something about a view, a role or a server that makes a refresh fail or hurt, with what mends it.
 *
 * @param severity how bad it is
 * @param code a stable, lower-case name of the rule, such as {@code no-unique-index}
 * @param view the view concerned, or null where the finding is about something else
 * @param problem what is wrong and why it matters, naming the thing
 * @param remedy what to do: the exact DDL or GRANT where there is one, else a sentence; may be empty
 */
public record Finding(
        Severity severity, String code, @Nullable ViewName view, String problem, String remedy) {

    /** How bad a finding is. */
    public enum Severity {
        /** Worth knowing. */
        INFO,
        /** A refresh works, and hurts: it is slow, bloats, or shows something unexpected. */
        WARNING,
        /** A refresh cannot work or would do damage; nothing is run. */
        ERROR
    }

    public Finding {
        Objects.requireNonNull(severity, "severity");
        Objects.requireNonNull(code, "code");
        Objects.requireNonNull(problem, "problem");
        Objects.requireNonNull(remedy, "remedy");
    }

    /** Whether nothing may run while this stands. */
    public boolean isError() {
        return severity == Severity.ERROR;
    }

    @Override
    public String toString() {
        String where = view == null ? "" : view + ": ";
        String sentence = problem.endsWith(".") || remedy.isEmpty() ? problem : problem + ".";
        return severity + " " + code + ": " + where + sentence + (remedy.isEmpty() ? "" : " Remedy: " + remedy);
    }
}
