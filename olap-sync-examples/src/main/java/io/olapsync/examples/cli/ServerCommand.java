package io.olapsync.examples.cli;

import io.olapsync.Selection;
import io.olapsync.SyncPlan;
import io.olapsync.spi.ViewName;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What all commands have in common: where the servers are, and how to answer. */
@Command(mixinStandardHelpOptions = true, usageHelpAutoWidth = true)
abstract class ServerCommand implements Callable<Integer> {

    static final String SELECTION =
            "Views of the plan: names, +name with what it reads, name+ with what reads it, tag:name.";

    private static final JsonMapper JSON = new JsonMapper();

    @Mixin
    protected final CommonOptions options = new CommonOptions();

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    private PrintStream stream = System.out;

    protected final PrintWriter out() {
        return spec.commandLine().getOut();
    }

    /** The same as {@link #out()} for what wants a stream; each line goes out at once. */
    protected final PrintStream stream() {
        return stream;
    }

    /** Said before the command runs. */
    final void surroundings(Map<String, String> environment, PrintStream standardOutput) {
        options.environment(environment);
        stream = standardOutput;
    }

    protected final void print(JsonNode document) {
        out().println(JSON.writeValueAsString(document));
        out().flush();
    }

    protected static Selection selection(List<String> terms) {
        try {
            return terms.isEmpty() ? Selection.all() : Selection.parse(terms.toArray(String[]::new));
        } catch (IllegalArgumentException e) {
            throw new BadInputException(String.valueOf(e.getMessage()), e);
        }
    }

    protected static Set<ViewName> views(SyncPlan plan, List<String> terms) {
        try {
            return selection(terms).in(plan);
        } catch (IllegalArgumentException e) {
            throw new BadInputException(String.valueOf(e.getMessage()), e);
        }
    }
}
