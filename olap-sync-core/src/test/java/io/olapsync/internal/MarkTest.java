package io.olapsync.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.Snapshot;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MarkTest {

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void marks_taken_together_are_covered_exactly_where_each_of_them_is(long seed) {
        Random random = new Random(seed);
        int covered = 0;
        for (int i = 0; i < 2_000; i++) {
            List<Mark> marks = Stream.<Mark>generate(
                            () -> random.nextInt(4) > 0 ? transaction(random) : new Mark.Moment(snapshot(random)))
                    .limit(random.nextInt(6))
                    .toList();
            Snapshot shown = snapshot(random);
            boolean each = marks.stream().allMatch(mark -> mark.isCoveredBy(shown));
            assertThat(Mark.together(marks).stream().allMatch(mark -> mark.isCoveredBy(shown)))
                    .as("seed %d, %s by %s", seed, marks, shown)
                    .isEqualTo(each);
            covered += each ? 1 : 0;
        }
        assertThat(covered).isBetween(200, 1_800);
    }

    @Test
    void any_number_of_transactions_is_one_mark_that_includes_each() {
        List<Mark> many = LongStream.of(7, 3, 9, 3)
                .mapToObj(id -> (Mark) new Mark.Transaction(id))
                .toList();
        List<Mark> together = Mark.together(many);
        assertThat(together).hasSize(1);
        assertThat(many).allMatch(together.get(0)::includes);
        assertThat(together.get(0).includes(new Mark.Transaction(8))).isFalse();
        assertThat(together.get(0).includes(new Mark.Beneath())).isFalse();
    }

    @Test
    void what_is_no_transaction_stays_as_it_is_and_once() {
        Mark moment = new Mark.Moment(Snapshot.parse("5:9:6"));
        Mark same = new Mark.Moment(Snapshot.parse("5:9:6"));
        assertThat(Mark.together(List.of(moment, new Mark.Beneath(), same)))
                .containsExactly(moment, new Mark.Beneath());
    }

    private static Mark transaction(Random random) {
        return new Mark.Transaction(1 + random.nextInt(20));
    }

    private static Snapshot snapshot(Random random) {
        int oldest = 1 + random.nextInt(20);
        int next = oldest + random.nextInt(8);
        String open = LongStream.range(oldest, next)
                .filter(id -> random.nextInt(3) == 0)
                .mapToObj(Long::toString)
                .collect(Collectors.joining(","));
        return Snapshot.parse(oldest + ":" + next + ":" + open);
    }
}
