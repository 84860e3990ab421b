package io.olapsync.testkit;

import io.olapsync.testkit.internal.Ports;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A Redis Cluster of three masters without replicas, all slots assigned.
 *
 * <p>Thread-safe.
 */
public final class EmbeddedRedisCluster implements AutoCloseable {

    private static final int MASTERS = 3;
    private static final int SLOTS = 16_384;
    private static final int BUS_PORT_ATTEMPTS = 5;
    private static final Duration FORM_LIMIT = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(20);

    private final List<EmbeddedRedis> nodes = new ArrayList<>();

    private EmbeddedRedisCluster() {
        try {
            for (int i = 0; i < MASTERS; i++) {
                joinNode(i);
            }
            awaitOk();
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Starts a cluster and returns when every node reports {@code cluster_state:ok}. */
    public static EmbeddedRedisCluster start() {
        return new EmbeddedRedisCluster();
    }

    /** The masters, in the order of their slots. */
    public List<EmbeddedRedis> nodes() {
        return List.copyOf(nodes);
    }

    /** The URIs of the nodes; one suffices to find the others. */
    public List<String> uris() {
        return nodes.stream().map(EmbeddedRedis::uri).toList();
    }

    /**
     * Waits until every node knows all the others and serves all slots, for instance after a node was restarted.
     *
     * @throws IllegalStateException where that takes more than 30 seconds
     */
    public void awaitOk() {
        long deadline = System.nanoTime() + FORM_LIMIT.toNanos();
        while (!nodes.stream().allMatch(EmbeddedRedisCluster::isOk)) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("No cluster after " + FORM_LIMIT.toSeconds() + " s: "
                        + nodes.stream().map(EmbeddedRedisCluster::info).toList());
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    private void joinNode(int index) {
        int busPort = 0;
        EmbeddedRedis node = null;
        for (int attempt = 1; node == null; attempt++) {
            busPort = Ports.free();
            try {
                node = EmbeddedRedis.builder()
                        .setting("cluster-enabled", "yes")
                        .setting("cluster-port", Integer.toString(busPort))
                        .setting("cluster-node-timeout", "2000")
                        .start();
            } catch (IllegalStateException e) {
                if (attempt == BUS_PORT_ATTEMPTS) {
                    throw e;
                }
            }
        }
        nodes.add(node);
        int from = SLOTS * index / MASTERS;
        int to = SLOTS * (index + 1) / MASTERS - 1;
        node.command("CLUSTER", "ADDSLOTSRANGE", Integer.toString(from), Integer.toString(to));
        // the same number on two nodes makes them quarrel about who is right
        node.command("CLUSTER", "SET-CONFIG-EPOCH", Integer.toString(index + 1));
        if (index > 0) {
            nodes.get(0)
                    .command("CLUSTER", "MEET", "127.0.0.1", Integer.toString(node.port()), Integer.toString(busPort));
        }
    }

    private static boolean isOk(EmbeddedRedis node) {
        String info = info(node);
        return info.contains("cluster_state:ok")
                && info.contains("cluster_slots_ok:" + SLOTS)
                && info.contains("cluster_known_nodes:" + MASTERS);
    }

    private static String info(EmbeddedRedis node) {
        try {
            return String.valueOf(node.command("CLUSTER", "INFO"));
        } catch (UncheckedIOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** Stops all nodes and deletes their data. */
    @Override
    public void close() {
        nodes.forEach(EmbeddedRedis::close);
    }
}
