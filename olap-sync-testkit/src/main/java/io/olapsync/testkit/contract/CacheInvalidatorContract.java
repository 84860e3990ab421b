package io.olapsync.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.spi.CacheInvalidator;
import io.olapsync.spi.CacheUnavailableException;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link CacheInvalidator} promises to readers of the cache it invalidates. */
@Timeout(60)
public abstract class CacheInvalidatorContract {

    private static final ViewName A = Names.view("a");
    private static final ViewName B = Names.view("b");
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** The invalidator under test, always the same. */
    protected abstract CacheInvalidator invalidator();

    /**
     * Reads through the cache as a reader does: what is cached under this key, else what the loader gives, which is then
     * cached. On a way that {@link #loseCache} leaves alone.
     */
    protected abstract String read(ViewName view, String key, Supplier<String> loader);

    /** {@link #invalidator()} does not reach the cache any more. */
    protected abstract void loseCache();

    /** {@link #invalidator()} can reach the cache again. */
    protected abstract void restoreCache();

    /**
     * Whether a reader that loaded before the invalidation, and stores its result only after it, leaves nothing that is
     * served: true, because otherwise a reader <em>is</em> served older data. An adapter that is documented not to promise
     * it says false, and then the contract shows that the limit is still there.
     */
    protected boolean defeatsSlowReaders() {
        return true;
    }

    @Test
    void cached_result_is_served_until_it_is_invalidated() throws Exception {
        assertThat(read(A, "k", () -> "old")).isEqualTo("old");
        assertThat(read(A, "k", () -> "new")).as("the fixture caches").isEqualTo("old");
        invalidator().invalidate(Set.of(A));
        assertThat(read(A, "k", () -> "new")).isEqualTo("new");
        assertThat(read(A, "k", () -> "newer")).as("cached again").isEqualTo("new");
    }

    @Test
    void everything_cached_from_all_of_the_views_goes_and_nothing_else() throws Exception {
        ViewName other = Names.view("c");
        for (ViewName view : List.of(A, B, other)) {
            for (int i = 0; i < 50; i++) {
                read(view, "k" + i, () -> "old");
            }
        }
        invalidator().invalidate(Set.of(A, B));
        for (int i = 0; i < 50; i++) {
            assertThat(read(A, "k" + i, () -> "new")).isEqualTo("new");
            assertThat(read(B, "k" + i, () -> "new")).isEqualTo("new");
            assertThat(read(other, "k" + i, () -> "new")).isEqualTo("old");
        }
    }

    @Test
    void view_of_which_nothing_is_cached_may_be_invalidated() throws Exception {
        invalidator().invalidate(Set.of(A));
        assertThat(read(A, "k", () -> "new")).isEqualTo("new");
    }

    @Test
    void invalidating_twice_does_no_harm() throws Exception {
        read(A, "k", () -> "old");
        invalidator().invalidate(Set.of(A));
        invalidator().invalidate(Set.of(A));
        assertThat(read(A, "k", () -> "new")).isEqualTo("new");
        assertThat(read(A, "k", () -> "newer")).isEqualTo("new");
    }

    @Test
    void reader_that_loaded_before_and_stores_after_is_not_served_from() throws Exception {
        read(A, "k", () -> {
            invalidate(A); // the commit and the invalidation fall between the loading and the storing
            return "old";
        });
        assertThat(read(A, "k", () -> "new")).isEqualTo(defeatsSlowReaders() ? "new" : "old");
        invalidator().invalidate(Set.of(A));
        assertThat(read(A, "k", () -> "newer")).isEqualTo("newer");
    }

    @Test
    void many_threads_may_invalidate_at_once() throws Exception {
        for (int round = 0; round < 5; round++) {
            read(A, "k", () -> "old");
            read(B, "k", () -> "old");
            Threads.together(8, () -> {
                invalidator().invalidate(Set.of(A, B));
                return true;
            });
            assertThat(read(A, "k", () -> "new")).isEqualTo("new");
            assertThat(read(B, "k", () -> "new")).isEqualTo("new");
            invalidator().invalidate(Set.of(A, B));
        }
    }

    @Test
    void names_are_taken_as_they_are() throws Exception {
        for (ViewName invalidated : Names.AWKWARD) {
            Names.AWKWARD.forEach(view -> read(view, "k", () -> "old"));
            invalidator().invalidate(Set.of(invalidated));
            for (ViewName view : Names.AWKWARD) {
                assertThat(read(view, "k", () -> "new"))
                        .as("%s after invalidating %s", view.sql(), invalidated.sql())
                        .isEqualTo(view.equals(invalidated) ? "new" : "old");
            }
            invalidator().invalidate(Set.copyOf(Names.AWKWARD));
        }
    }

    @Test
    void cache_that_cannot_be_reached_is_a_failure_and_is_done_when_it_is_back() throws Exception {
        read(A, "k", () -> "old");
        read(B, "k", () -> "old");
        loseCache();
        assertThatThrownBy(() -> invalidator().invalidate(Set.of(A, B)))
                .isInstanceOf(CacheUnavailableException.class)
                .message()
                .isNotBlank();
        restoreCache();
        invalidateAsTheEngineDoes(Set.of(A, B));
        assertThat(read(A, "k", () -> "new")).isEqualTo("new");
        assertThat(read(B, "k", () -> "new")).isEqualTo("new");
    }

    /** Again until it succeeds; connections need a moment to come back. */
    private void invalidateAsTheEngineDoes(Set<ViewName> views) throws CacheUnavailableException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                invalidator().invalidate(views);
                return;
            } catch (CacheUnavailableException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
            }
        }
    }

    private void invalidate(ViewName view) {
        try {
            invalidator().invalidate(Set.of(view));
        } catch (CacheUnavailableException e) {
            throw new AssertionError(e);
        }
    }
}
