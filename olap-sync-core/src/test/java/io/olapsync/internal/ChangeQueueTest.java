package io.olapsync.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChangeQueueTest {

    private static final List<ViewName> VIEWS = List.of(ViewName.parse("a"), ViewName.parse("b"), ViewName.parse("c"));

    private final Map<ViewName, Long> shown = new HashMap<>();
    private int asked;

    private ChangeQueue queue() {
        return new ChangeQueue(Duration.ofSeconds(10), Duration.ofMinutes(1), 50_000);
    }

    @SuppressWarnings("NullAway") // nobody acknowledges here
    private static ChangeQueue.Change event(long transaction) {
        return ChangeQueue.Change.event(
                new Mark.Transaction(transaction), new ChangeQueue.Delivery(null, Long.toString(transaction)), 0);
    }

    /** Each view shows all transactions up to one. */
    private ChangeQueue.Shown states(BiFunction<ViewName, Long, Object> basis) {
        Map<ViewName, Long> now = Map.copyOf(shown);
        return new ChangeQueue.Shown() {
            @Override
            public boolean covers(ViewName view, Mark mark) {
                asked++;
                return ((Mark.Transaction) mark).id() <= now.getOrDefault(view, 0L);
            }

            @Override
            public Object basis(ViewName view) {
                return basis.apply(view, now.getOrDefault(view, 0L));
            }
        };
    }

    private static List<String> ids(ChangeQueue.Done done) {
        return done.events().stream().map(ChangeQueue.Delivery::id).sorted().toList();
    }

    @Test
    void what_waits_is_asked_for_again_only_where_the_view_shows_something_else() {
        ChangeQueue queue = queue();
        for (int i = 1; i <= 1_000; i++) {
            queue.add(event(i), Set.of(VIEWS.get(0)), i);
        }
        assertThat(ids(queue.settle(states((view, up) -> up)))).isEmpty();
        assertThat(asked).isEqualTo(1_000);

        queue.add(event(1_001), Set.of(VIEWS.get(0)), 1_001);
        assertThat(ids(queue.settle(states((view, up) -> up)))).isEmpty();
        assertThat(asked).as("the new one alone").isEqualTo(1_001);

        shown.put(VIEWS.get(0), 1_001L);
        assertThat(ids(queue.settle(states((view, up) -> up)))).hasSize(1_001);
        assertThat(queue.size()).isZero();
    }

    @Test
    void view_waits_for_what_was_wanted_until_the_last_of_it_is_let_go() {
        ChangeQueue queue = queue();
        ViewName view = VIEWS.get(0);
        queue.add(event(1), Set.of(view), 0);
        queue.add(event(2), Set.of(view), 0);
        List<Mark> wanted = queue.marks(view);
        queue.add(event(3), Set.of(view), 0);
        assertThat(queue.waitsFor(view, wanted)).isTrue();

        shown.put(view, 1L);
        assertThat(ids(queue.settle(states((each, up) -> up)))).containsExactly("1");
        assertThat(queue.waitsFor(view, wanted)).as("2").isTrue();

        shown.put(view, 2L);
        assertThat(ids(queue.settle(states((each, up) -> up)))).containsExactly("2");
        assertThat(queue.waitsFor(view, wanted)).as("3 came later").isFalse();
        assertThat(queue.marks(view)).isNotEmpty();
    }

    /** Beside a queue that is told of another basis each time, and so asks for everything. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void what_is_let_go_is_the_same_as_if_all_were_asked_for(long seed) {
        Random random = new Random(seed);
        ChangeQueue queue = queue();
        ChangeQueue thorough = queue();
        long next = 1;
        for (int step = 0; step < 500; step++) {
            for (int i = random.nextInt(5); i > 0; i--) {
                Set<ViewName> views = Set.copyOf(VIEWS.subList(0, 1 + random.nextInt(VIEWS.size())));
                queue.add(event(next), views, step);
                thorough.add(event(next), views, step);
                next++;
            }
            ViewName view = VIEWS.get(random.nextInt(VIEWS.size()));
            if (random.nextInt(4) == 0) {
                shown.merge(view, next - random.nextInt(10), Math::max);
            }
            if (random.nextInt(10) == 0) {
                long odd = random.nextInt(2);
                assertThat(queue.keptElsewhere(view, mark -> ((Mark.Transaction) mark).id() % 2 == odd))
                        .as("seed %d, step %d", seed, step)
                        .hasSameSizeAs(thorough.keptElsewhere(view, mark -> ((Mark.Transaction) mark).id() % 2 == odd));
            }
            assertThat(ids(queue.settle(states((each, up) -> up))))
                    .as("seed %d, step %d", seed, step)
                    .isEqualTo(ids(thorough.settle(states((each, up) -> new Object()))));
            assertThat(queue.size()).isEqualTo(thorough.size());
        }
    }
}
