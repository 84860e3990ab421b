package io.olapsync.redis.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionException;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeysAndVersionsTest {

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "x", "-1", "1.5", "1e3", " 1", "９", "9007199254740991", "12345678901234567"})
    void what_is_not_a_version_counts_as_none(String text) {
        assertThat(ViewVersions.parse(text)).isZero();
    }

    @Test
    void a_version_is_read_exactly() {
        assertThat(ViewVersions.parse("1763853542000001")).isEqualTo(1763853542000001L);
        assertThat(ViewVersions.parse("9007199254740990")).isEqualTo(9007199254740990L);
    }

    @Test
    void a_version_below_one_seen_is_not_current() {
        ViewVersions versions = new ViewVersions();
        assertThat(versions.isCurrent("k", 5)).isTrue();
        assertThat(versions.isCurrent("k", 5)).isTrue();
        assertThat(versions.isCurrent("k", 7)).isTrue();
        assertThat(versions.isCurrent("k", 5)).isFalse();
        assertThat(versions.isCurrent("other", 5)).isTrue();
        assertThat(versions.isCurrent("other", 0)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"mv_*,olap:mv_\\*:x", "a?b,olap:a\\?b:x", "a[b],olap:a\\[b\\]:x", "a\\b,olap:a\\\\b:x", "매출,olap:매출:x"})
    void a_name_in_a_glob_is_escaped(String name, String glob) {
        assertThat(new GlobTemplate("olap:{view}:x").of(ViewName.of("public", name)))
                .isEqualTo(glob);
    }

    @Test
    void the_order_of_views_does_not_matter_and_names_cannot_run_together() {
        KeyLayout keys = new KeyLayout("p:");
        ViewName a = ViewName.of("public", "a");
        ViewName b = ViewName.of("public", "b");
        assertThat(keys.question(List.of(a, b), "k")).isEqualTo(keys.question(List.of(b, a), "k"));
        assertThat(keys.question(List.of(a, b), "k").keys()).containsExactly("p:ver:a", "p:ver:b", "p:val:a,b:k");
        assertThat(keys.question(List.of(ViewName.of("public", "a,b")), "k").valueKey())
                .isEqualTo("p:val:\"a,b\":k");
        assertThat(keys.question(List.of(ViewName.of("public", "a:b")), "k").valueKey())
                .isNotEqualTo(keys.question(List.of(a), "b:k").valueKey());
    }

    @Test
    void a_blank_prefix_is_refused() {
        assertThatThrownBy(() -> new KeyLayout(" ")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void after_a_timeout_one_reader_at_a_time_tries_again() {
        AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 10);
        Outage outage = new Outage(Duration.ofSeconds(1), nanos::get);
        assertThat(outage.mayAsk()).isTrue();
        outage.failed(new RedisConnectionException("refused"));
        assertThat(outage.mayAsk()).as("a refusal costs nothing").isTrue();
        outage.failed(new RedisCommandTimeoutException());
        assertThat(outage.mayAsk()).isFalse();
        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        assertThat(outage.mayAsk()).as("the one that tries").isTrue();
        assertThat(outage.mayAsk()).as("the others meanwhile").isFalse();
        outage.answered();
        assertThat(outage.mayAsk()).isTrue();
    }
}
