package io.olapsync.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EmbeddedRedisTest {

    private static final EmbeddedRedis REDIS = EmbeddedRedis.start();

    @AfterAll
    static void stop() {
        REDIS.close();
        assertThat(REDIS.isRunning()).isFalse();
    }

    @BeforeEach
    void run() {
        if (!REDIS.isRunning()) {
            REDIS.restart();
        }
    }

    @Test
    void answers_commands_in_every_type_of_reply() {
        assertThat(REDIS.command("SET", "이름", "값\r\n")).isEqualTo("OK");
        assertThat(REDIS.command("GET", "이름")).isEqualTo("값\r\n");
        assertThat(REDIS.command("GET", "absent")).isNull();
        assertThat(REDIS.command("INCR", "counter-" + REDIS.newPrefix())).isEqualTo(1L);
        assertThat(REDIS.command("MGET", "이름", "absent")).isEqualTo(java.util.Arrays.asList("값\r\n", null));
        assertThatThrownBy(() -> REDIS.command("NOSUCH")).isInstanceOf(RedisErrorException.class);
    }

    @Test
    void what_was_acknowledged_survives_a_kill() {
        int port = REDIS.port();
        REDIS.command("SET", "kept", "yes");
        REDIS.kill();
        assertThat(REDIS.isRunning()).isFalse();
        assertThatThrownBy(() -> REDIS.command("PING")).isInstanceOf(UncheckedIOException.class);
        REDIS.restart();
        assertThat(REDIS.port()).isEqualTo(port);
        assertThat(REDIS.command("GET", "kept")).isEqualTo("yes");
    }

    @Test
    void what_was_acknowledged_survives_a_stop() {
        REDIS.command("SET", "stopped", "yes");
        REDIS.stop();
        assertThat(REDIS.isRunning()).isFalse();
        REDIS.restart();
        assertThat(REDIS.command("GET", "stopped")).isEqualTo("yes");
    }

    @Test
    void listens_on_loopback_only_and_is_durable() {
        assertThat(REDIS.command("CONFIG", "GET", "bind")).isEqualTo(List.of("bind", "127.0.0.1"));
        assertThat(REDIS.command("CONFIG", "GET", "appendfsync")).isEqualTo(List.of("appendfsync", "always"));
        assertThat(REDIS.command("CONFIG", "GET", "appendonly")).isEqualTo(List.of("appendonly", "yes"));
    }

    @Test
    void a_taken_port_is_named() {
        assertThatThrownBy(() -> EmbeddedRedis.builder().port(REDIS.port()).start())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("Port " + REDIS.port() + " is in use");
    }

    @Test
    void a_bad_setting_shows_the_end_of_the_log() {
        assertThatThrownBy(() -> EmbeddedRedis.builder()
                        .setting("appendfsync", "perhaps")
                        .start())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("appendfsync");
    }
}
