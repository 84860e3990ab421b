package io.olapsync.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The soak in short: one process, PostgreSQL and Redis are killed once each. The long one is in docs/soak.md. */
class EventSoakTest {

    @Test
    void nothing_is_lost_and_nothing_is_done_too_often_while_processes_and_servers_are_killed() throws Exception {
        SoakOptions options = new SoakOptions(4, 2_000, Duration.ofSeconds(5), 1_250, System.nanoTime() & 0xffff);

        assertThat(EventSoak.run(options)).as(options::toString).isEmpty();
    }
}
