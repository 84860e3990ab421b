package io.olapsync.benchmarks;

import java.util.List;

/** All questions, in the order of the page, and what the page says before them. */
final class Questions {

    /** A question is added here, and nowhere else. */
    static final List<Question> ALL = List.of(
            new SyncQuestion(),
            new PublicationQuestion(),
            new OverheadQuestion(),
            new NothingChangedQuestion(),
            new LocksQuestion(),
            new EngineQuestion(),
            new ReadersQuestion(),
            new InvalidationQuestion(),
            new CacheQuestion(),
            new EventsQuestion(),
            new BacklogQuestion(),
            new DeltaTablesQuestion(),
            new DeltaCostsQuestion());

    static final String HEAD = """
            # Benchmarks

            What a user may ask of the library, each beside what they would run instead. This page is written by the benchmarks
            themselves, text and figures; nothing on it is edited by hand. They live in `benchmarks` and are no tests: no build
            fails because a machine is slow. A test only calls each of them once.

            ```
            mvn -q -B -pl benchmarks -am package -DskipTests
            java -jar benchmarks/target/benchmarks.jar quick             # every question at scale S, under two minutes
            java -jar benchmarks/target/benchmarks.jar full              # at scale M, more turns, half an hour
            java -jar benchmarks/target/benchmarks.jar full --scale L    # and at scale L, hours
            java -jar benchmarks/target/benchmarks.jar Engine -p views=10000 -f 3   # anything else goes to JMH
            ```

            Options of a profile: `--questions engine,locks` asks only these, and keeps the other answers of the same machine and versions that are in the directory; `--out DIRECTORY` is where `results.json`, `jmh.json` (the
            format of JMH) and the logs go, `target/benchmarks` by default; `--docs docs` writes this page and its charts there instead of
            beside the results; `--jdbc-url` and `--redis-uri` take servers of your own, whose user may create databases, instead
            of embedded ones, which are durable (`fsync` on, `appendfsync always`); `--commit` is shown below. `page` writes the page of
            earlier results anew. Scale S has 20,000 stakeholders, M 200,000, L 1,000,000, each with a quarter as many cases and three times as
            many cash flow entries, from the seeded generator of the example.

            A profile asks each question in a JVM of its own, on the same servers. There the ways to do the same take **turns**, and in
            each turn another one begins: what else happens on the machine, and what drifts, hits all of them. So ratios count, and
            times only beside the machine below. JMH, which runs one method after the other, has no such thing; the
            same methods run by JMH are for a quiet machine, for its profilers and for parameters of your own. Figures are medians, with the quartiles in
            parentheses; a difference is the median of the differences of single turns. What the explanations quote from other measurements says so.
            """;

    private Questions() {}

    /** @throws IllegalArgumentException with the names there are */
    static Question named(String name) {
        return ALL.stream()
                .filter(question -> question.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no question '" + name + "'; there are "
                        + String.join(", ", ALL.stream().map(Question::name).toList())));
    }
}
