package io.olapsync.redis.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamEntryTest {

    @ParameterizedTest
    @ValueSource(strings = {"0-0", "1763853542000-12", "18446744073709551615-18446744073709551615"})
    void the_id_of_an_entry_is_known_as_one(String id) {
        assertThat(StreamEntry.isId(id)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-",
                "1",
                "1-",
                "-1",
                "1-2-3",
                "1-*",
                "a-1",
                "1-a",
                " 1-1",
                "1-1 ",
                "１-1",
                "123456789012345678901-1"
            })
    void what_redis_would_refuse_is_not_taken_for_one(String id) {
        assertThat(StreamEntry.isId(id)).isFalse();
    }
}
