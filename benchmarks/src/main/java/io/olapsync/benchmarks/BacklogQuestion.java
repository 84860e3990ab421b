package io.olapsync.benchmarks;

import io.olapsync.benchmarks.report.Answer;
import io.olapsync.benchmarks.report.Comparison;
import io.olapsync.benchmarks.report.Samples;
import io.olapsync.benchmarks.report.Verdict;
import java.util.List;
import java.util.Locale;

/** What a backlog costs in memory. */
final class BacklogQuestion implements Question {

    private static final double GROWTH = 1.25;

    @Override
    public String name() {
        return "backlog";
    }

    @Override
    public String title() {
        return "What does a backlog cost in memory?";
    }

    @Override
    public String text() {
        return """
                A million events wait when the engine starts, with the default debounce (in the quick profile 200,000, and 50 ms) (`BacklogBenchmark`); the heap is limited to 192 MB. The used heap after a collection, before it begins and each time another
                tenth has been delivered. The queue holds 50,000 and then stops reading, so memory is that of what the queue may hold, whatever the backlog: the second half of the
                looks must not find more than the first. With 150,000 both halves have looks at a queue with nothing, a little and nearly all that it holds; with a million all looks are at a full one.
                """;
    }

    @Override
    public List<String> jvmArguments() {
        return List.of("-Xmx192m");
    }

    @Override
    public void ask(Effort effort, Answer answer) throws Exception {
        int events = effort.turns(150_000, 1_000_000);
        List<BacklogBenchmark.Look> looks = new BacklogBenchmark().looks(events, effort.quick());
        Samples first = megabytes("first half", looks.subList(1, 6));
        Samples second = megabytes("second half", looks.subList(6, 11));
        answer.add(Comparison.of(
                        String.format(Locale.ROOT, "%,d events", events),
                        "MB used",
                        second,
                        first,
                        megabytes("before", looks.subList(0, 1)))
                .with(Verdict.atMost(
                        "of the first half's most", second.percentile(100) / first.percentile(100), GROWTH)));
    }

    private static Samples megabytes(String name, List<BacklogBenchmark.Look> looks) {
        return new Samples(
                name, looks.stream().map(look -> look.usedBytes() / 1e6).toList());
    }
}
