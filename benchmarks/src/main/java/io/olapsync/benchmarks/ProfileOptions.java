package io.olapsync.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

/**
 * What a profile was asked for.
 *
 * @param profile "quick", "full" or "page"
 * @param effort how long each question may take
 * @param questions which ones, in this order
 * @param out the directory of the results
 * @param docs the directory of the page
 * @param jdbcUrl a PostgreSQL of the user's; empty: an embedded one
 * @param redisUri a Redis of the user's; empty: an embedded one
 * @param commit what was measured, for the page; may be empty
 */
record ProfileOptions(
        String profile,
        Effort effort,
        List<Question> questions,
        Path out,
        Path docs,
        String jdbcUrl,
        String redisUri,
        String commit) {

    private static final String USAGE =
            "quick|full|page [--questions NAME,NAME] [--scale S|M|L] [--out DIRECTORY] [--docs DIRECTORY]"
                    + " [--jdbc-url URL] [--redis-uri URI] [--commit ID]";

    ProfileOptions {
        questions = List.copyOf(questions);
    }

    /** @throws IllegalArgumentException with one line that says what is wrong and what there is */
    static ProfileOptions parse(String profile, List<String> arguments) {
        boolean quick = profile.equals("quick");
        ProfileOptions options = new ProfileOptions(
                profile,
                quick ? Effort.QUICK : new Effort(false, Scale.M),
                Questions.ALL,
                Path.of("target", "benchmarks"),
                Path.of(""),
                "",
                "",
                "");
        for (Iterator<String> words = arguments.iterator(); words.hasNext(); ) {
            String option = words.next();
            if (!words.hasNext()) {
                throw new IllegalArgumentException(option + " needs a value; " + USAGE);
            }
            options = options.with(option, words.next());
        }
        return options.docs.toString().isEmpty() ? options.with("--docs", options.out.toString()) : options;
    }

    private ProfileOptions with(String option, String value) {
        return switch (option) {
            case "--questions" ->
                new ProfileOptions(profile, effort, questions(value), out, docs, jdbcUrl, redisUri, commit);
            case "--scale" ->
                new ProfileOptions(
                        profile,
                        new Effort(effort.quick(), scale(value)),
                        questions,
                        out,
                        docs,
                        jdbcUrl,
                        redisUri,
                        commit);
            case "--out" ->
                new ProfileOptions(profile, effort, questions, Path.of(value), docs, jdbcUrl, redisUri, commit);
            case "--docs" ->
                new ProfileOptions(profile, effort, questions, out, Path.of(value), jdbcUrl, redisUri, commit);
            case "--jdbc-url" -> new ProfileOptions(profile, effort, questions, out, docs, value, redisUri, commit);
            case "--redis-uri" -> new ProfileOptions(profile, effort, questions, out, docs, jdbcUrl, value, commit);
            case "--commit" -> new ProfileOptions(profile, effort, questions, out, docs, jdbcUrl, redisUri, value);
            default -> throw new IllegalArgumentException("unknown option " + option + "; " + USAGE);
        };
    }

    private static Scale scale(String name) {
        return Arrays.stream(Scale.values())
                .filter(scale -> scale.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("--scale is S, M or L, not " + name));
    }

    private static List<Question> questions(String names) {
        List<Question> picked = new ArrayList<>();
        for (String name : names.split(",")) {
            picked.add(Questions.named(name));
        }
        return picked;
    }
}
