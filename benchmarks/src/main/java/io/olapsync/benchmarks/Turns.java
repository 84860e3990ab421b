package io.olapsync.benchmarks;

import io.olapsync.benchmarks.report.Samples;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * Several ways to do the same take turns in one process, so that whatever else happens on the machine hits all of them, and
 * what drifts (a file that grows, a disk that slows down) does not favour who came first. In each turn another way begins.
 *
 * <p>The values are milliseconds.
 */
public final class Turns {

    private record Way(String name, Step preparation, Callable<?> call) {}

    /** What is done for its effect alone. */
    public interface Step {
        void run() throws Exception;
    }

    private final int turns;
    private final int warmUp;
    private final List<Way> ways = new ArrayList<>();
    private Callable<?> before = () -> 0;

    private Turns(int turns, int warmUp) {
        this.turns = turns;
        this.warmUp = warmUp;
    }

    /**
     * Turns without ways yet.
     *
     * @param turns at least 1, measured
     * @param warmUp 0 or more before them, forgotten
     */
    public static Turns of(int turns, int warmUp) {
        return new Turns(turns, warmUp);
    }

    /** What happens before each way of each turn, and is not measured. */
    public Turns before(Callable<?> preparation) {
        before = preparation;
        return this;
    }

    /** One more way; the first is the library's. */
    public Turns way(String name, Callable<?> call) {
        return way(name, () -> {}, call);
    }

    /** The same with what happens before this way in each turn, after what happens before all, and is not measured either. */
    public Turns way(String name, Step preparation, Callable<?> call) {
        ways.add(new Way(name, preparation, call));
        return this;
    }

    /** Takes the turns: the samples of each way, in the order of the ways. */
    public List<Samples> run() throws Exception {
        double[][] times = new double[ways.size()][turns];
        for (int turn = -warmUp; turn < turns; turn++) {
            for (int i = 0; i < ways.size(); i++) {
                int way = (turn + warmUp + i) % ways.size();
                double took = millis(ways.get(way));
                if (turn >= 0) {
                    times[way][turn] = took;
                }
            }
        }
        List<Samples> samples = new ArrayList<>();
        for (int i = 0; i < ways.size(); i++) {
            samples.add(Samples.of(ways.get(i).name(), times[i]));
        }
        return samples;
    }

    private double millis(Way way) throws Exception {
        before.call();
        way.preparation().run();
        long start = System.nanoTime();
        way.call().call();
        return (System.nanoTime() - start) / 1e6;
    }
}
