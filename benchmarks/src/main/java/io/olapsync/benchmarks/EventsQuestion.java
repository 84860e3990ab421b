package io.olapsync.benchmarks;

import io.olapsync.benchmarks.report.Answer;
import io.olapsync.benchmarks.report.Comparison;
import io.olapsync.benchmarks.report.Samples;
import io.olapsync.benchmarks.report.Verdict;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/** How fast events are taken. */
final class EventsQuestion implements Question {

    private static final double OF_THE_LOOP = 0.9;

    @Override
    public String name() {
        return "events";
    }

    @Override
    public String title() {
        return "How fast are events taken?";
    }

    @Override
    public String text() {
        return """
                Events of the six types in a Redis Stream, with transaction ids; from the first read until the last is acknowledged, by an engine with the plan of the example and a warehouse that
                does nothing, against a loop of XREADGROUP and XACK on the same server (`EventThroughputBenchmark.bareLoop`). Both read 1,000 at a time, over Lettuce, into
                strings. *Covered*: the views show everything already, so each batch is acknowledged as soon as source, router and queue have it; that is the comparison with the loop,
                which acknowledges at once, too. *Refreshed*: nothing is covered before a run. That is more than source, router and queue: events wait for runs, with the
                pauses between them, up to 50,000 are pending in Redis, and the end is a debounce (50 ms) and the acknowledgement of all that waited, once for each measurement.

                So *refreshed* has a second peer, a loop for which events wait as they must for whoever acknowledges nothing before a refresh covers it: it reads 50,000, as many as the engine
                lets wait, then acknowledges them, and reads on (`bareLoopHolding`). It has no refresh to wait for either, no debounce, and nothing to remember but the ids.

                The server is the bottleneck: reading 1,000 entries for a group writes 1,000 XCLAIMs to its log, and with `appendfsync always` each acknowledgement waits for the disk. A loop leaves the server idle while
                it decodes an answer and makes the acknowledgement; the engine has two transactions on their way to it and makes each acknowledgement beside the reading. With refreshes XACK and XREADGROUP take the server as long
                as the loop's (`INFO commandstats`), and the loop that holds is as fast as the other: it is not the depth of what is pending. 0.43 of 3.3 s had been looks at that, by Lua, and are 0.04 since they are rare in
                a backlog; what is left are waits, for the debounce, between runs, and for the last acknowledgements. Where the entries are read by a script (a
                connection of the host, a cluster) it was about half of the loop: 0.54 and 0.61; there Redis turns 1,000 entries into tables of Lua and back.
                """;
    }

    @Override
    public void ask(Effort effort, Answer answer) throws Exception {
        int events = effort.turns(10_000, EventThroughputBenchmark.EVENTS);
        int more = effort.turns(20_000, EventThroughputBenchmark.REFRESHED_EVENTS);
        answer.add(covered(events, effort.turns(3, 8)));
        refreshed(more, effort.turns(2, 6), answer);
    }

    private static Comparison covered(int events, int turns) throws Exception {
        return compare(
                        "covered",
                        events,
                        turns,
                        (benchmark, ways) ->
                                ways.way("engine", benchmark::covered).way("bare loop", benchmark::bareLoop))
                .get(0);
    }

    private static void refreshed(int events, int turns, Answer answer) throws Exception {
        compare(
                        "refreshed",
                        events,
                        turns,
                        (benchmark, ways) -> ways.way("engine", benchmark::refreshed)
                                .way("bare loop", benchmark::bareLoop)
                                .way("loop that holds", benchmark::bareLoopHolding))
                .forEach(answer::add);
    }

    private interface Ways {
        Turns of(EventThroughputBenchmark benchmark, Turns turns);
    }

    /** A row for each peer. */
    private static List<Comparison> compare(String what, int events, int turns, Ways ways) throws Exception {
        EventThroughputBenchmark benchmark = new EventThroughputBenchmark();
        benchmark.setUp();
        benchmark.fill(events);
        Callable<?> refill = () -> {
            benchmark.closeEngine();
            benchmark.fill(events);
            return events;
        };
        try {
            List<Samples> took =
                    ways.of(benchmark, Turns.of(turns, 1).before(refill)).run();
            Samples engine = perSecond(took.get(0), events);
            return took.subList(1, took.size()).stream()
                    .map(peer -> compared(what, events, engine, perSecond(peer, events)))
                    .toList();
        } finally {
            benchmark.closeEngine();
            benchmark.tearDown();
        }
    }

    private static Comparison compared(String what, int events, Samples engine, Samples peer) {
        Comparison compared = Comparison.of(
                String.format(Locale.ROOT, "%s, %,d events", what, events), "events a second", engine, peer);
        return compared.with(Verdict.atLeast("of the " + peer.way(), compared.ratio(), OF_THE_LOOP));
    }

    private static Samples perSecond(Samples millis, int events) {
        return new Samples(
                millis.way(),
                millis.values().stream().map(took -> events * 1000.0 / took).toList());
    }
}
