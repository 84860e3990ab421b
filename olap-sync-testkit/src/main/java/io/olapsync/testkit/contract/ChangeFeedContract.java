package io.olapsync.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.spi.ChangeFeed;
import io.olapsync.spi.ChangeFeed.Row;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.Snapshot;
import io.olapsync.spi.ViewName;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link ChangeFeed} promises. */
@Timeout(60)
public abstract class ChangeFeedContract {

    /** The feed under test, always the same. */
    protected abstract ChangeFeed feed();

    /** What a refresh that began now would show. */
    protected abstract Snapshot now() throws RefreshException;

    /** A table of which a delta table is fed with the column {@code id}, a whole number; always the same. */
    protected abstract ViewName fedTable();

    /** How many rows of the fed table the next refresh would look at; empty: it would look at all. */
    protected abstract Optional<Long> pending();

    /** {@link #feed()} does not reach the store any more, until the test ends. */
    protected abstract void loseStore();

    private Row row(String id) {
        return new Row(fedTable(), Map.of("id", Optional.of(id)));
    }

    @Test
    void what_is_recorded_is_seen_by_what_begins_afterwards_and_by_nothing_before() throws Exception {
        Snapshot before = now();
        long transaction = feed().record(List.of(row("7"), row("8")));

        assertThat(before.covers(transaction)).isFalse();
        assertThat(now().covers(transaction)).isTrue();
        assertThat(pending()).contains(2L);
    }

    @Test
    void recorded_twice_it_is_there_still() throws Exception {
        long first = feed().record(List.of(row("7")));
        long second = feed().record(List.of(row("7")));

        assertThat(second).isGreaterThan(first);
        assertThat(pending()).hasValueSatisfying(count -> assertThat(count).isPositive());
    }

    @Test
    void null_is_a_value() throws Exception {
        feed().record(List.of(new Row(fedTable(), Map.of("id", Optional.empty()))));

        assertThat(pending()).contains(1L);
    }

    @Test
    void value_that_cannot_be_one_stands_for_any_row_and_takes_no_other_with_it() throws Exception {
        long transaction = feed().record(List.of(row("7"), row("no number")));

        assertThat(now().covers(transaction)).isTrue();
        assertThat(pending()).isEmpty();
    }

    @Test
    void row_without_its_column_and_any_row_call_for_all() throws Exception {
        feed().record(List.of(new Row(fedTable(), Map.of("other", Optional.of("1")))));
        assertThat(pending()).isEmpty();
        feed().record(List.of(Row.any(fedTable())));
        assertThat(pending()).isEmpty();
    }

    @Test
    void what_nobody_is_fed_with_is_taken_and_harms_nothing() throws Exception {
        long transaction =
                feed().record(List.of(new Row(ViewName.parse("nobody.reads"), Map.of("x", Optional.of("1")))));

        assertThat(now().covers(transaction)).isTrue();
        assertThat(pending()).contains(0L);
    }

    @Test
    void nothing_is_recorded_by_a_transaction_that_comes_after_all_before() throws Exception {
        long first = feed().record(List.of(row("7")));
        long second = feed().record(List.of());

        assertThat(second).isGreaterThan(first);
        assertThat(now().covers(second)).isTrue();
        assertThat(pending()).contains(1L);
    }

    @Test
    void store_that_cannot_be_reached_is_a_failure() {
        loseStore();

        assertThatThrownBy(() -> feed().record(List.of(row("7")))).isInstanceOf(RefreshException.class);
    }
}
