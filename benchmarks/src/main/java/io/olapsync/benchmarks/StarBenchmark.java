package io.olapsync.benchmarks;

import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A star for engine and bare statements; before each call rows of one case in a hundred change in both facts. */
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up
public abstract class StarBenchmark {

    /** The size of the star. */
    @Param("S")
    public Scale scale;

    StarRuns runs;

    @Setup(Level.Trial)
    public void setUp() throws Exception {
        setUp(scale.stakeholders());
    }

    void setUp(int stakeholders) throws Exception {
        runs = new StarRuns(stakeholders);
    }

    @TearDown(Level.Trial)
    public void tearDown() throws Exception {
        runs.close();
    }

    @Setup(Level.Invocation)
    public void change() {
        runs.change();
    }
}
