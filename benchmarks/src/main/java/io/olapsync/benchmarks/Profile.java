package io.olapsync.benchmarks;

import io.olapsync.benchmarks.report.Answered;
import io.olapsync.benchmarks.report.Environment;
import io.olapsync.benchmarks.report.Page;
import io.olapsync.benchmarks.report.ResultFiles;
import io.olapsync.benchmarks.report.Results;
import io.olapsync.testkit.EmbeddedPostgres;
import io.olapsync.testkit.EmbeddedRedis;
import io.olapsync.testkit.PostgresServer;
import io.olapsync.testkit.RedisServer;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/** Asks the questions of a profile, one after the other, and writes down what they were answered. */
final class Profile {

    private static final Map<String, String> SERVER =
            Map.of("max_connections", "200", "shared_buffers", "512MB", "max_wal_size", "4GB");

    private final ProfileOptions options;
    private final PrintStream out;

    Profile(ProfileOptions options, PrintStream out) {
        this.options = options;
        this.out = out;
    }

    /** Blocks for minutes. Returns 0, or 1 where a question could not be answered; missed goals are results. */
    int run() throws Exception {
        Path scratch = Files.createDirectories(options.out().resolve("answers"));
        String run = "benchmark_" + UUID.randomUUID().toString().substring(0, 8);
        PostgresServer postgres = postgres();
        RedisServer redis = options.redisUri().isEmpty() ? EmbeddedRedis.start() : RedisServer.at(options.redisUri());
        try {
            Map<String, String> environment = Environment.of(postgres, redis, options.commit());
            Asking asking = new Asking(run, postgres.jdbcUrl(), redis.uri(), options.effort(), scratch);
            List<Answered> answers = new ArrayList<>();
            for (Question question : options.questions()) {
                Answered answer = asking.ask(question);
                answers.add(answer);
                out.printf(Locale.ROOT, "%-14s %5.1f s %s%n", question.name(), answer.seconds(), answer.failure());
            }
            Results results = new Results(options.profile(), environment, answers);
            ResultFiles.write(results, options.out());
            writePage(results, options.docs());
            out.println("results: " + options.out().resolve("results.json") + ", page: "
                    + options.docs().resolve("benchmarks.md"));
            return answers.stream().allMatch(answer -> answer.failure().isEmpty()) ? 0 : 1;
        } finally {
            stop(redis);
            LoadedStar.drop(postgres, run);
            stop(postgres);
        }
    }

    private PostgresServer postgres() {
        if (!options.jdbcUrl().isEmpty()) {
            return PostgresServer.at(options.jdbcUrl());
        }
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder();
        SERVER.forEach(builder::setting);
        return builder.start();
    }

    private static void stop(Object server) throws Exception {
        if (server instanceof AutoCloseable own) {
            own.close();
        }
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
