package io.olapsync.benchmarks;

import io.olapsync.OlapSync;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What does a backlog cost in memory? Fills a stream, lets an engine read all of it, and looks at the used heap after a
 * collection, before it begins and each time another tenth has been delivered. That of a million is when as many wait as
 * the engine takes. It takes the number of events, a million where none is given.
 */
public final class EventBacklog {

    private static final int POINTS = 10;

    /** The engine's default: events come all the time, so as many wait as the engine takes. */
    private static final Duration QUIET = Duration.ofSeconds(10);

    private EventBacklog() {}

    /** Prints a line for each look. Run it with a small heap, {@code -Xmx192m}, to see that it is enough. */
    public static void main(String[] args) throws Exception {
        int events = args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000;
        measure(events, QUIET, System.out);
    }

    /**
     * One look.
     *
     * @param acknowledged how many events were done with
     * @param usedBytes heap in use after a collection
     */
    record Look(long acknowledged, long usedBytes) {}

    static List<Look> measure(int events, Duration quiet, PrintStream out) throws Exception {
        List<Look> looks = new ArrayList<>();
        try (EventStreams streams = new EventStreams()) {
            streams.fill(events);
            EventWarehouse warehouse = new EventWarehouse();
            CountedSource source = streams.source(warehouse, events);
            try (OlapSync sync = EventStreams.engine(warehouse, source, quiet)) {
                looks.add(look(source, out));
                long began = System.nanoTime();
                sync.start();
                for (int point = 1; point < POINTS; point++) {
                    source.awaitDelivered((long) events * point / POINTS);
                    looks.add(look(source, out));
                }
                source.awaitAll();
                double seconds = (System.nanoTime() - began) / 1e9;
                looks.add(look(source, out));
                out.printf(
                        Locale.ROOT,
                        "%d events in %.1f s, %d refreshes of views, pending in Redis: %d%n",
                        events,
                        seconds,
                        warehouse.refreshes(),
                        streams.pending());
            }
        }
        return looks;
    }

    private static Look look(CountedSource source, PrintStream out) {
        MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        memory.gc();
        Look look = new Look(source.acknowledged(), memory.getHeapMemoryUsage().getUsed());
        out.printf(Locale.ROOT, "%,d acknowledged: %.1f MB used%n", look.acknowledged(), look.usedBytes() / 1e6);
        return look;
    }
}
