package io.olapsync.benchmarks;

import io.olapsync.benchmarks.report.Answer;
import io.olapsync.benchmarks.report.Comparison;
import io.olapsync.benchmarks.report.Samples;
import io.olapsync.benchmarks.report.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

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
                Events of the six types in a Redis Stream, with transaction ids, read by an engine with the plan of the example and a warehouse that does nothing, against a loop of
                XREADGROUP and XACK on the same server (`BareLoop`). Both read 1,000 at a time, over Lettuce, into strings, and in each turn the same stream with a new group.

                *Covered* (`EventThroughputBenchmark`): the views show everything already, so each batch is acknowledged as soon as source, router and queue have it. From the start of the engine until
                the last event is acknowledged.

                *Refreshed* (`HeldEventsBenchmark`): none is covered before a refresh, and none is acknowledged before it is covered. In the midst of a backlog, with the default debounce of 10 s: from when the first
                50,000, as many as the engine lets wait at once, are acknowledged, until so many more are, while others are still to be read; for the loop the same. The refreshes take no time,
                since what they take with real data is the database's, and not of this path.

                *Burst* (`EventThroughputBenchmark.burst`): what that leaves out. Again none is covered, but the stream ends, and the time until the last event is acknowledged includes what happens once,
                however many events there are: a debounce (50 ms here; 10 s unless it is set), a run, the acknowledgement of all that waited for it. That is how late a burst is over, not how many events are taken in a
                second, so it has no goal.

                The server is the bottleneck: reading 1,000 entries for a group writes 1,000 XCLAIMs to its log, and with `appendfsync always` each acknowledgement waits for the disk. A loop leaves the server idle while
                it decodes an answer and makes the acknowledgement; the engine has two transactions on their way to it and makes each acknowledgement beside the reading, which is how it can be the faster one. Where the
                entries are read by a script (a connection of the host, a cluster) *covered* was about half of the loop, 0.54 and 0.61; there Redis turns 1,000 entries into tables of Lua and back.
                """;
    }

    @Override
    public void ask(Effort effort, Answer answer) throws Exception {
        taken(
                effort.turns(EventThroughputBenchmark.EVENTS / 4, EventThroughputBenchmark.EVENTS),
                Turns.of(effort.turns(3, 10), effort.turns(1, 2)),
                answer);
        held( // of the quick profile, what came before has compiled both sides
                effort.turns(1, 6) * EventStreams.MOST_WAITING,
                Turns.of(effort.turns(2, 8), effort.turns(0, 1)),
                answer);
    }

    private static void taken(int events, Turns turns, Answer answer) throws Exception {
        EventThroughputBenchmark benchmark = new EventThroughputBenchmark();
        benchmark.setUp(events);
        benchmark.begin();
        List<Double> ends = new ArrayList<>();
        try {
            List<Samples> took = turns.before(() -> {
                        benchmark.closeEngine();
                        benchmark.begin();
                        return events;
                    })
                    .way("engine", benchmark::covered)
                    .way("bare loop", benchmark::bareLoop)
                    .way("engine", () -> {
                        benchmark.burst();
                        return ends.add(benchmark.sinceLastRead().toNanos() / 1e6);
                    })
                    .run();
            answer.add(compared("covered", events, took.get(0), took.get(1)));
            String what = String.format(Locale.ROOT, "burst, %,d events", events);
            answer.add(Comparison.of(what, "ms to the last acknowledgement", took.get(2), took.get(1)));
            int warmUp = ends.size() - took.get(2).values().size();
            answer.note(String.format(
                    Locale.ROOT,
                    "Of the burst, %.0f ms in the median were after the last event had been read, %d of them the debounce.",
                    new Samples("ends", ends.subList(warmUp, ends.size())).median(),
                    EventThroughputBenchmark.QUIET.toMillis()));
        } finally {
            benchmark.closeEngine();
            benchmark.tearDown();
        }
    }

    private static void held(int events, Turns turns, Answer answer) throws Exception {
        HeldEventsBenchmark benchmark = new HeldEventsBenchmark();
        HeldEventsBenchmark.Backlog backlog = new HeldEventsBenchmark.Backlog();
        HeldEventsBenchmark.Engine engine = new HeldEventsBenchmark.Engine();
        HeldEventsBenchmark.Loop loop = new HeldEventsBenchmark.Loop();
        backlog.fill(events);
        try {
            List<Samples> took = turns.before(() -> {
                        engine.close();
                        return events;
                    })
                    .way("engine", () -> engine.begin(backlog), () -> benchmark.refreshed(backlog, engine))
                    .way("bare loop", () -> loop.begin(backlog), () -> benchmark.bareLoop(backlog, loop))
                    .run();
            answer.add(compared("refreshed", events, took.get(0), took.get(1)));
        } finally {
            engine.close();
            backlog.close();
        }
    }

    private static Comparison compared(String what, int events, Samples millis, Samples peer) {
        Samples engine = perSecond(millis, events);
        Comparison compared = Comparison.of(
                String.format(Locale.ROOT, "%s, %,d events", what, events),
                "events a second",
                engine,
                perSecond(peer, events));
        return compared.with(Verdict.atLeast("of the " + peer.way(), compared.ratio(), OF_THE_LOOP));
    }

    private static Samples perSecond(Samples millis, int events) {
        return new Samples(
                millis.way(),
                millis.values().stream().map(took -> events * 1000.0 / took).toList());
    }
}
