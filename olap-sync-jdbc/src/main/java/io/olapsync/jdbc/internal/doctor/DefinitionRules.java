package io.olapsync.jdbc.internal.doctor;

import io.olapsync.jdbc.internal.Names;
import io.olapsync.spi.Finding;
import io.olapsync.spi.Finding.Severity;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Definitions whose result depends on more than the rows that they read. */
final class DefinitionRules {

    private static final Set<String> CLOCKS =
            Set.of("now", "transaction_timestamp", "statement_timestamp", "clock_timestamp", "timeofday", "age");
    private static final Set<String> SESSION = Set.of(
            "current_user",
            "session_user",
            "getpgusername",
            "current_setting",
            "current_schema",
            "current_schemas",
            "pg_backend_pid",
            "inet_client_addr",
            "inet_client_port",
            "pg_my_temp_schema");
    private static final Pattern CLOCK_IN_SOURCE = Pattern.compile(
            "\\b(now\\s*\\(|clock_timestamp\\s*\\(|statement_timestamp\\s*\\(|transaction_timestamp\\s*\\("
                    + "|current_date\\b|current_time\\b|current_timestamp\\b|localtime\\b|localtimestamp\\b)",
            Pattern.CASE_INSENSITIVE);
    /** From a moment to a calendar: the answer depends on the session's TimeZone. */
    private static final Set<String> CALENDAR =
            Set.of("date", "timestamp", "time", "timestamptz", "date_trunc", "date_part", "extract", "to_char");

    private static final Pattern TIMESTAMPTZ = Pattern.compile("\\btimestamp with time zone$");

    private DefinitionRules() {}

    static List<Rule> rules() {
        return List.of(Rule.perView("volatile or time-dependent definition", DefinitionRules::examine));
    }

    private static void examine(Examination examination, ExaminedView view, Consumer<Finding> findings)
            throws SQLException {
        Calls calls =
                Calls.in(examination.definitions().queriesOf(view.definition()).values());
        List<Function> functions = Function.load(examination.queries(), calls.functions());
        Calls inBodies = Calls.in(Function.bodies(functions));
        List<String> keywords = new ArrayList<>(calls.keywords());
        inBodies.keywords().stream().filter(k -> !keywords.contains(k)).forEach(keywords::add);
        timeDependent(view, functions, keywords, findings);
        sessionDependent(view, functions, keywords, findings);
        random(view, functions, calls.samples() || inBodies.samples(), findings);
        declaredVolatile(view, functions, findings);
        timeZoneDependent(view, functions, findings);
    }

    private static void timeDependent(
            ExaminedView view, List<Function> functions, List<String> keywords, Consumer<Finding> findings) {
        List<String> uses = clocks(functions, keywords);
        if (!uses.isEmpty()) {
            findings.accept(new Finding(
                    Severity.WARNING,
                    "time-dependent",
                    view.name(),
                    "the definition asks for the time (" + String.join(", ", uses) + "): its rows change by waiting, so"
                            + " 'nothing changed in the sources' never means that the view is up to date, and what it"
                            + " shows depends on when it was refreshed.",
                    "Keep the moment out of the definition: select the period when reading, or join a table that holds"
                            + " the day. Otherwise give the view a schedule of its own, not events alone."));
        }
    }

    /** What of these asks for the time. */
    static List<String> clocks(List<Function> functions, List<String> keywords) {
        List<String> uses = named(functions, CLOCKS, f -> !f.name().equals("age") || isAgeOfNow(f));
        keywords.stream()
                .filter(k -> k.matches("CURRENT_(DATE|TIME|TIMESTAMP)|LOCALTIME.*"))
                .forEach(uses::add);
        functions.stream()
                .filter(f -> f.isParsedWhenCalled()
                        && CLOCK_IN_SOURCE.matcher(f.source()).find())
                .map(Function::call)
                .forEach(uses::add);
        return uses;
    }

    /** What of these gives another result each time. */
    static List<String> random(List<Function> functions, boolean samples) {
        List<String> uses = functions.stream()
                .filter(f -> f.isSystem() && f.isVolatile() && !CLOCKS.contains(f.name()))
                .map(Function::call)
                .distinct()
                .collect(Collectors.toCollection(ArrayList::new));
        if (samples) {
            uses.add("TABLESAMPLE without REPEATABLE");
        }
        return uses;
    }

    private static void sessionDependent(
            ExaminedView view, List<Function> functions, List<String> keywords, Consumer<Finding> findings) {
        List<String> uses = named(functions, SESSION, f -> true);
        keywords.stream().filter(Calls.SESSION_KEYWORDS::contains).forEach(uses::add);
        if (!uses.isEmpty()) {
            findings.accept(new Finding(
                    Severity.WARNING,
                    "session-dependent",
                    view.name(),
                    "the definition asks who is connected and how (" + String.join(", ", uses) + "): the answer is that"
                            + " of the refresh"
                            + (view.isDeltaTable()
                                    ? ""
                                    : ", which runs as the view's owner " + Names.quote(view.owner()))
                            + ", and every reader is shown it.",
                    "Move the condition from the definition into a plain view over "
                            + view.name().sql() + "."));
        }
    }

    private static void random(
            ExaminedView view, List<Function> functions, boolean samples, Consumer<Finding> findings) {
        List<String> uses = random(functions, samples);
        if (!uses.isEmpty()) {
            findings.accept(new Finding(
                    Severity.WARNING,
                    "volatile-definition",
                    view.name(),
                    "the definition uses " + String.join(", ", uses)
                            + ": each refresh computes other rows from the same"
                            + " sources and rewrites them, and 'nothing changed' is never true.",
                    "Compute the value from the row, for instance hashtextextended(<its key>::text, 0) in place of a"
                            + " random number, or store it in the source table."));
        }
    }

    private static void declaredVolatile(ExaminedView view, List<Function> functions, Consumer<Finding> findings) {
        List<Function> guilty =
                functions.stream().filter(f -> !f.isSystem() && f.isVolatile()).toList();
        if (!guilty.isEmpty()) {
            findings.accept(new Finding(
                    Severity.WARNING,
                    "volatile-function",
                    view.name(),
                    Function.calls(guilty) + ", which the definition uses, is declared VOLATILE, as a function is where"
                            + " nothing was said: the result of a refresh counts as unpredictable, 'nothing changed'"
                            + " cannot be concluded, and the planner must call it for each row.",
                    guilty.stream()
                                    .map(f -> "ALTER FUNCTION " + f.sql() + " STABLE;")
                                    .collect(Collectors.joining(" "))
                            + " -- if the same arguments and the same data give the same result"));
        }
    }

    private static void timeZoneDependent(ExaminedView view, List<Function> functions, Consumer<Finding> findings) {
        List<Function> uses = functions.stream()
                .filter(f -> f.isSystem() && f.volatility().equals("s") && CALENDAR.contains(f.name()))
                .filter(f -> isOfMoment(f) || f.name().equals("timestamptz"))
                .toList();
        if (!uses.isEmpty()) {
            findings.accept(new Finding(
                    Severity.INFO,
                    "time-zone-dependent",
                    view.name(),
                    "the definition turns moments into dates or back by the session's TimeZone ("
                            + uses.stream()
                                    .map(f -> f.name() + "(" + f.arguments() + ")")
                                    .collect(Collectors.joining(", "))
                            + "), and the JDBC driver sets that to the time zone of the JVM: processes in different"
                            + " zones compute different rows.",
                    "Name the zone in the definition, for instance (created_at AT TIME ZONE 'Asia/Seoul')::date."));
        }
    }

    private static boolean isOfMoment(Function function) {
        for (String argument : function.arguments().split(", ")) {
            if (TIMESTAMPTZ.matcher(argument).find()) {
                // date_trunc(text, timestamptz, zone) names its zone
                return !function.arguments().matches("text, timestamp with time zone, text");
            }
        }
        return false;
    }

    private static boolean isAgeOfNow(Function age) {
        return !age.arguments().contains(",") && age.arguments().startsWith("timestamp");
    }

    private static List<String> named(List<Function> functions, Set<String> names, Predicate<Function> also) {
        return functions.stream()
                .filter(f -> f.isSystem() && names.contains(f.name()) && also.test(f))
                .map(Function::call)
                .distinct()
                .collect(Collectors.toCollection(ArrayList::new));
    }
}
