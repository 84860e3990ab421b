package io.olapsync.examples.cli;

import io.olapsync.SyncRejectedException;
import io.olapsync.spi.RefreshException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;

/**
 * The command line of olap-sync. Exit codes: 0 yes, 1 no (failed, unhealthy, different), 2 bad input, 3 the server cannot be
 * reached, 4 refused before anything was touched.
 */
@Command(
        name = "olap-sync",
        description = "Keeps the materialized views of a PostgreSQL database in step with its tables.",
        subcommands = {
            PlanCommand.class,
            RunCommand.class,
            RefreshCommand.class,
            VerifyCommand.class,
            DoctorCommand.class,
            HealthCommand.class,
            HistoryCommand.class,
            WatchCommand.class,
            PageCommand.class,
            CommandLine.HelpCommand.class
        },
        mixinStandardHelpOptions = true,
        version = "olap-sync 0.1.0",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            " 0:yes: done, healthy, the same",
            " 1:no: a sync failed, something is not healthy, a view differs",
            " 2:bad input: the same call fails again",
            " 3:the server cannot be reached or asked: the same call may succeed later",
            " 4:refused, nothing was touched: the plan and the database do not fit"
        })
public final class OlapSyncCli {

    private static final Set<String> NOT_THERE = Set.of("57P01", "57P02", "57P03", "53300");
    private static final Set<String> NOT_LET_IN = Set.of("28000", "28P01", "3D000");

    OlapSyncCli() {}

    /** Runs a command and ends the JVM with its exit code. */
    public static void main(String[] arguments) {
        PrintStream err = VisibleText.on(System.err);
        System.setErr(err); // the log goes there
        System.exit(run(System.getenv(), System.out, err, arguments));
    }

    static int run(Map<String, String> environment, OutputStream output, OutputStream errors, String... arguments) {
        PrintStream out = VisibleText.on(output);
        PrintStream err = VisibleText.on(errors);
        CommandLine line = new CommandLine(new OlapSyncCli())
                .setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF))
                .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
                .setOverwrittenOptionsAllowed(false)
                .setParameterExceptionHandler((e, args) -> badArguments(err, e))
                .setExecutionExceptionHandler((e, command, result) ->
                        failed(err, e, command.getParseResult().hasMatchedOption("--json")));
        line.getSubcommands().values().forEach(sub -> {
            if (sub.getCommand() instanceof ServerCommand command) {
                command.surroundings(environment, out);
            }
        });
        if (arguments.length == 0) {
            line.usage(err);
            return Exit.BAD_INPUT;
        }
        return line.execute(arguments);
    }

    /** Repeats options only: anything else may be a URL with a password. */
    private static int badArguments(PrintStream err, CommandLine.ParameterException e) {
        String message = String.valueOf(e.getMessage());
        if (e instanceof CommandLine.UnmatchedArgumentException unmatched) {
            String first = unmatched.getUnmatched().get(0);
            message = first.startsWith("--") && first.indexOf(':') < 0 && first.indexOf('=') < 0
                    ? "unknown option '" + first + "'"
                    : "an argument that is neither an option nor the value of one";
        } else if (message.contains("://") || message.contains("jdbc:")) {
            message = "an argument that does not fit";
        }
        return said(
                err,
                oneLine(message) + "; see "
                        + e.getCommandLine().getCommandSpec().qualifiedName() + " --help",
                Exit.BAD_INPUT);
    }

    private static int failed(PrintStream err, Exception e, boolean json) {
        if (e instanceof BadInputException || e instanceof CommandLine.ParameterException) {
            return said(err, oneLine(String.valueOf(e.getMessage())), Exit.BAD_INPUT);
        }
        if (e instanceof SyncRejectedException) {
            String findings = String.valueOf(e.getMessage());
            return said(err, json ? oneLine(findings) : findings, Exit.REFUSED);
        }
        if (e instanceof CancellationException) {
            return said(err, "cancelled", Exit.FAILED);
        }
        Optional<SQLException> sql = sqlException(e);
        String message = oneLine(String.valueOf(sql.map(Throwable::getMessage).orElse(e.getMessage())));
        String state = sql.map(SQLException::getSQLState)
                .or(() -> e instanceof RefreshException refused ? refused.sqlState() : Optional.empty())
                .orElse("");
        if (NOT_LET_IN.contains(state)) {
            return said(err, "the server does not let us in: " + message, Exit.BAD_INPUT);
        }
        boolean away = state.startsWith("08")
                || NOT_THERE.contains(state)
                || sql.filter(SQLTransientConnectionException.class::isInstance).isPresent();
        return said(
                err,
                (away ? "the server cannot be reached: " : "failed: ")
                        + (e instanceof RefreshException && !away ? oneLine(String.valueOf(e.getMessage())) : message),
                away ? Exit.UNREACHABLE : Exit.FAILED);
    }

    /** The innermost one: a pool wraps what the server said. */
    private static Optional<SQLException> sqlException(Throwable e) {
        Optional<SQLException> innermost = Optional.empty();
        for (Throwable each = e; each != null; each = each.getCause()) {
            if (each instanceof SQLException sql && (innermost.isEmpty() || sql.getSQLState() != null)) {
                innermost = Optional.of(sql);
            }
        }
        return innermost;
    }

    private static int said(PrintStream err, String message, int code) {
        err.println(message);
        return code;
    }

    private static String oneLine(String message) {
        return message.lines().map(String::strip).reduce((a, b) -> a + " " + b).orElse(message);
    }
}
