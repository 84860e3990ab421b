package io.olapsync.benchmarks;

import io.olapsync.benchmarks.report.Answer;
import io.olapsync.benchmarks.report.Comparison;

/** What a lock costs. */
final class LocksQuestion implements Question {

    @Override
    public String name() {
        return "locks";
    }

    @Override
    public String title() {
        return "What does a lock cost?";
    }

    @Override
    public String text() {
        return """
                Taking a lock and giving it back (`LockBenchmark`): `PostgresLockProvider` (`postgres`), against `pg_try_advisory_lock` and `pg_advisory_unlock` as bare statements on a connection of
                the same pool, and against a lock within the process (`InMemoryLocks` of the testkit), which is what is left where no server is asked. The library's lock on one view is one
                round trip that also begins the transaction of the refresh, with the settings that make the server look after it (dead clients, idle transactions), and one to
                end that; a refresh does not pay for the second. A lock on several views belongs to the session. The last rows are answers to somebody who comes too late.
                """;
    }

    @Override
    public void ask(Effort effort, Answer answer) throws Exception {
        for (boolean taken : new boolean[] {false, true}) {
            for (int views : new int[] {1, 6}) {
                LockBenchmark benchmark = new LockBenchmark();
                benchmark.views = views;
                benchmark.taken = taken;
                benchmark.setUp();
                try {
                    answer.add(Comparison.of(
                            (views == 1 ? "1 view" : views + " views") + (taken ? ", held by another" : ""),
                            "ms",
                            Turns.of(effort.turns(300, 3_000), effort.turns(300, 2_000))
                                    .way("postgres", benchmark::postgres)
                                    .way("bare statements", benchmark::bareStatements)
                                    .way("in memory", benchmark::inMemory)
                                    .run()));
                } finally {
                    benchmark.tearDown();
                }
            }
        }
    }
}
