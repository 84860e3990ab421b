package io.olapsync.benchmarks;

import io.olapsync.benchmarks.report.Answer;
import io.olapsync.benchmarks.report.Comparison;
import io.olapsync.benchmarks.report.Samples;
import io.olapsync.benchmarks.report.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** What readers get from the cache. */
final class CacheQuestion implements Question {

    private static final double OF_GET = 0.8;
    private static final int[] ROWS = {1, 20};
    private static final int READS = 1_000;
    private static final int READS_OF_QUICK = 400;

    @Override
    public String name() {
        return "cache";
    }

    @Override
    public String title() {
        return "How fast is a cached result, and how often is it loaded?";
    }

    @Override
    public String text() {
        return """
                Eight threads read one result of a query on two views again and again (`ViewCacheBenchmark`), from `RedisViewCache`, against a bare GET of the same text by the same client. A
                hit is one MGET of the two versions and the value, and its answer is objects; so a third way reads the GET's text as JSON, too, as whoever caches by
                hand must. Reader threads, client and server share the processors, so what is compared is the processor time of all three.

                Of a hit of twenty rows (1,331 bytes, Korean and Latin), reading the JSON is 5.3 µs where all is compiled and warm, encoding three keys instead of one 0.9 µs; the server takes about 1.5 µs more for
                them (CPU time by `/proc`), and the key is put together in 0.14 µs. That is what a bare GET of many rows does not have; a cache that kept the objects would not know that they are
                still true without asking, or would hand the same mutable ones to everybody.

                Right after a refresh 200 readers ask for the same result at once, by four caches as those of four processes; a load takes 50 ms (`StampedeBenchmark`). The last of them is
                served when its process has seen the result in Redis, which it looks for every 2, 4, 8 … at most 100 ms.
                """;
    }

    @Override
    public void ask(Effort effort, Answer answer) throws Exception {
        for (int rows : ROWS) {
            answer.add(hits(rows, effort));
        }
        StampedeBenchmark stampede = new StampedeBenchmark();
        stampede.setUp();
        try {
            List<Integer> loads = new ArrayList<>();
            Comparison compared = Comparison.of(
                    StampedeBenchmark.READERS + " readers",
                    "ms",
                    Turns.of(effort.turns(3, 20), 2)
                            .before(() -> {
                                stampede.refreshed();
                                return 0;
                            })
                            .way("stampede", () -> loads.add(stampede.stampede()))
                            .way("one load", stampede::load)
                            .run());
            int most = loads.stream().mapToInt(Integer::intValue).max().orElseThrow();
            answer.add(compared.with(Verdict.atMost("loads", most, 1)));
        } finally {
            stampede.tearDown();
        }
    }

    private static Comparison hits(int rows, Effort effort) throws Exception {
        ViewCacheBenchmark benchmark = new ViewCacheBenchmark();
        benchmark.rows = rows;
        benchmark.setUp();
        ExecutorService threads = Executors.newFixedThreadPool(ViewCacheBenchmark.READERS);
        int reads = effort.turns(READS_OF_QUICK, READS);
        try {
            List<Samples> took = Turns.of(effort.turns(3, 30), effort.turns(1, 15))
                    .way("hit", () -> burst(threads, reads, benchmark::hit))
                    .way("bare GET", () -> burst(threads, reads, benchmark::bareGet))
                    .way("GET, read as JSON", () -> burst(threads, reads, benchmark::bareGetOfRows))
                    .run();
            Comparison compared = Comparison.of(
                    rows + (rows == 1 ? " row" : " rows"),
                    "reads a second",
                    took.stream().map(way -> perSecond(way, reads)).toList());
            return compared.with(Verdict.atLeast("of the bare GET", compared.ratio(), OF_GET));
        } finally {
            threads.shutdownNow();
            benchmark.tearDown();
        }
    }

    private static int burst(ExecutorService threads, int each, Callable<?> read) throws Exception {
        List<Callable<Integer>> readers = new ArrayList<>();
        for (int i = 0; i < ViewCacheBenchmark.READERS; i++) {
            readers.add(() -> {
                for (int done = 0; done < each; done++) {
                    read.call();
                }
                return each;
            });
        }
        int reads = 0;
        for (Future<Integer> reader : threads.invokeAll(readers)) {
            reads += reader.get();
        }
        return reads;
    }

    private static Samples perSecond(Samples millis, int each) {
        double reads = (double) each * ViewCacheBenchmark.READERS;
        return new Samples(
                millis.way(),
                millis.values().stream().map(took -> reads * 1000 / took).toList());
    }
}
