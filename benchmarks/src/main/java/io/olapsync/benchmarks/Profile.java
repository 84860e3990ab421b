package io.olapsync.benchmarks;

import io.olapsync.benchmarks.report.Answered;
import io.olapsync.benchmarks.report.Environment;
import io.olapsync.benchmarks.report.Page;
import io.olapsync.benchmarks.report.ResultFiles;
import io.olapsync.benchmarks.report.Results;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Asks the questions of a profile, one after the other, and writes down what they were answered. */
final class Profile {

    private final ProfileOptions options;
    private final ProfileServers servers;
    private final PrintStream out;

    Profile(ProfileOptions options, ProfileServers servers, PrintStream out) {
        this.options = options;
        this.servers = servers;
        this.out = out;
    }

    /** Blocks for minutes. Returns 0, or 1 where a question could not be answered; missed goals are results. */
    int run() throws Exception {
        Path scratch = Files.createDirectories(options.out().resolve("answers"));
        Map<String, String> environment = Environment.of(servers.postgres(), servers.redis(), options.commit());
        Asking asking = new Asking(servers, options.effort(), scratch);
        List<Answered> answers = new ArrayList<>();
        for (Question question : options.questions()) {
            Answered answer = asking.ask(question);
            answers.add(answer.asked(how(environment)));
            out.printf(Locale.ROOT, "%-15s %6.1f s %s%n", question.name(), answer.seconds(), answer.failure());
        }
        Results results = withEarlier(new Results(options.profile(), environment, answers));
        ResultFiles.write(results, options.out());
        writePage(results, options.docs());
        out.println("results: " + options.out().resolve("results.json") + ", page: "
                + options.docs().resolve("benchmarks.md"));
        return answers.stream().allMatch(answer -> answer.failure().isEmpty()) ? 0 : 1;
    }

    private String how(Map<String, String> environment) {
        String commit = environment.get("commit");
        return "`" + options.profile() + " --scale " + options.effort().scale() + "`, " + environment.get("date")
                + (commit == null ? "" : ", commit " + commit);
    }

    private Results withEarlier(Results results) throws IOException {
        Path earlier = options.out().resolve("results.json");
        return options.questions().equals(Questions.ALL) || !Files.exists(earlier)
                ? results
                : results.since(
                        ResultFiles.read(earlier),
                        Questions.ALL.stream().map(Question::name).toList());
    }

    /** Makes the page of what an earlier run has written. */
    static int page(ProfileOptions options) throws IOException {
        writePage(ResultFiles.read(options.out().resolve("results.json")), options.docs());
        return 0;
    }

    private static void writePage(Results results, Path directory) throws IOException {
        List<Page.Section> sections = Questions.ALL.stream()
                .map(question -> new Page.Section(question.name(), question.title(), question.text()))
                .toList();
        ResultFiles.writePage(new Page(Questions.HEAD, sections, results), directory);
    }
}
