package io.olapsync.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class EmbeddedRedisClusterTest {

    private static final EmbeddedRedisCluster CLUSTER = EmbeddedRedisCluster.start();

    @AfterAll
    static void close() {
        CLUSTER.close();
        assertThat(CLUSTER.nodes()).noneMatch(EmbeddedRedis::isRunning);
    }

    @Test
    void every_slot_has_one_of_three_masters() {
        assertThat(CLUSTER.uris()).hasSize(3).doesNotHaveDuplicates();
        assertThat(CLUSTER.nodes())
                .allSatisfy(node -> assertThat(String.valueOf(node.command("CLUSTER", "INFO")))
                        .contains("cluster_state:ok", "cluster_slots_assigned:16384", "cluster_size:3"));
    }

    @Test
    void a_node_redirects_for_the_keys_of_another() {
        // slot 12182 and slot 5061, by the CRC16 of the cluster specification
        assertThat(CLUSTER.nodes().get(2).command("SET", "foo", "1")).isEqualTo("OK");
        assertThatThrownBy(() -> CLUSTER.nodes().get(0).command("GET", "foo"))
                .isInstanceOf(RedisErrorException.class)
                .hasMessage("MOVED 12182 127.0.0.1:" + CLUSTER.nodes().get(2).port());
    }

    @Test
    void is_whole_again_after_a_node_was_killed_and_restarted() {
        EmbeddedRedis node = CLUSTER.nodes().get(0);
        node.command("SET", "bar", "kept");
        node.kill();
        node.restart();
        CLUSTER.awaitOk();
        assertThat(node.command("GET", "bar")).isEqualTo("kept");
    }
}
