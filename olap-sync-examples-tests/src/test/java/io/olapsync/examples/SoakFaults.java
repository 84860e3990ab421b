package io.olapsync.examples;

import io.olapsync.testkit.ChildJvm;
import io.olapsync.testkit.EmbeddedPostgres;
import io.olapsync.testkit.EmbeddedRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Kills processes and servers, one after the other, and starts them again. Not thread-safe. */
final class SoakFaults implements AutoCloseable {

    private final EmbeddedPostgres postgres;
    private final EmbeddedRedis redis;
    private final Supplier<ChildJvm> process;
    private final List<ChildJvm> processes = new ArrayList<>();
    private final Random random;
    private int killedProcesses;
    private int killedPostgres;
    private int killedRedis;

    SoakFaults(EmbeddedPostgres postgres, EmbeddedRedis redis, int processes, long seed, Supplier<ChildJvm> process) {
        this.postgres = postgres;
        this.redis = redis;
        this.process = process;
        this.random = new Random(seed);
        for (int i = 0; i < processes; i++) {
            this.processes.add(process.get());
        }
    }

    void awaitStarted() {
        processes.forEach(child -> child.awaitLine(line -> line.equals("started"), Warehouse.PATIENCE));
    }

    /** Something that the dice choose, each of the three in turn at first. */
    void next() {
        int dice = killedProcesses + killedPostgres + killedRedis < 3
                ? killedProcesses == 0 ? 0 : killedPostgres == 0 ? 70 : 99
                : random.nextInt(100);
        if (dice < 60) {
            killProcess();
        } else if (dice < 80) {
            killedPostgres++;
            postgres.kill();
            outage();
            postgres.restart();
        } else {
            killedRedis++;
            redis.kill();
            outage();
            redis.restart();
        }
    }

    private void killProcess() {
        killedProcesses++;
        int victim = random.nextInt(processes.size());
        processes.get(victim).kill();
        processes.set(victim, process.get());
    }

    private void outage() {
        LockSupport.parkNanos(Duration.ofMillis(200 + random.nextInt(1_000)).toNanos());
    }

    int kills() {
        return killedProcesses + killedPostgres + killedRedis;
    }

    List<ChildJvm> processes() {
        return List.copyOf(processes);
    }

    @Override
    public String toString() {
        return killedProcesses + " processes, " + killedPostgres + " times PostgreSQL and " + killedRedis
                + " times Redis killed";
    }

    @Override
    public void close() {
        processes.forEach(ChildJvm::close);
    }
}
