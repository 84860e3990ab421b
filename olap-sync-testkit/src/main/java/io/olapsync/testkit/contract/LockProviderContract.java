package io.olapsync.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.spi.LockProvider;
import io.olapsync.spi.LockUnavailableException;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.ViewName;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link LockProvider} promises, and every {@link RefreshLock} it hands out. */
@Timeout(60)
public abstract class LockProviderContract {

    private static final ViewName A = Names.view("a");
    private static final ViewName B = Names.view("b");
    private static final ViewName C = Names.view("c");
    private static final int RIVALS = 8;

    /** The provider under test, always the same. */
    protected abstract LockProvider locks();

    /** A provider as another process would have it, on the same store, which {@link #loseStore} leaves alone. */
    protected abstract LockProvider otherProcess();

    /** The store takes back what {@link #locks()} has locked: its session is ended, its lease runs out. */
    protected abstract void takeLocksBack();

    /** {@link #locks()} does not reach the store any more, until the test ends. */
    protected abstract void loseStore();

    @Test
    void free_views_are_locked() throws Exception {
        try (RefreshLock lock = acquire(locks(), A, B)) {
            assertThat(lock.isHeld()).isTrue();
            assertThat(lock.isHeld()).as("asked again").isTrue();
        }
    }

    @Test
    void locked_view_is_refused_to_everybody_without_waiting() throws Exception {
        try (RefreshLock lock = acquire(locks(), A)) {
            assertThat(otherProcess().tryAcquire(Set.of(A)))
                    .as("another process")
                    .isEmpty();
            assertThat(locks().tryAcquire(Set.of(A))).as("the same thread").isEmpty();
            assertThat(Threads.result(Threads.start(() -> locks().tryAcquire(Set.of(A)))))
                    .as("another thread")
                    .isEmpty();
            assertThat(lock.isHeld()).as("the others changed nothing").isTrue();
        }
    }

    @Test
    void views_are_locked_all_or_none() throws Exception {
        try (RefreshLock b = acquire(otherProcess(), B)) {
            assertThat(locks().tryAcquire(Set.of(A, B, C))).isEmpty();
            try (RefreshLock others = acquire(otherProcess(), A, C)) {
                assertThat(others.isHeld()).as("what was free has stayed free").isTrue();
            }
            assertThat(b.isHeld()).isTrue();
        }
        try (RefreshLock all = acquire(locks(), A, B, C)) {
            assertThat(all.isHeld()).isTrue();
        }
    }

    @Test
    void lock_on_several_views_excludes_each_of_them_and_is_excluded_by_each() throws Exception {
        try (RefreshLock several = acquire(locks(), A, B)) {
            assertThat(several.isHeld()).isTrue();
            assertFreeIs(false, otherProcess(), A);
            assertFreeIs(false, otherProcess(), B);
            assertFreeIs(false, otherProcess(), B, C);
            assertFreeIs(true, otherProcess(), C);
        }
        try (RefreshLock one = acquire(locks(), B)) {
            assertThat(one.isHeld()).isTrue();
            assertFreeIs(false, otherProcess(), A, B);
            assertFreeIs(true, otherProcess(), A, C);
        }
    }

    @Test
    void other_views_are_not_excluded_however_alike_their_names() throws Exception {
        List<RefreshLock> held = new ArrayList<>();
        try {
            for (ViewName view : Names.AWKWARD) {
                held.add(acquire(held.size() % 2 == 0 ? locks() : otherProcess(), view));
            }
            assertThat(held).allMatch(RefreshLock::isHeld);
        } finally {
            held.forEach(RefreshLock::close);
        }
        for (ViewName view : Names.AWKWARD) {
            assertFreeIs(true, locks(), view);
        }
    }

    @Test
    void lock_does_not_depend_on_the_set_it_was_asked_for_with() throws Exception {
        Set<ViewName> views = new HashSet<>(Set.of(A, B));
        try (RefreshLock lock = locks().tryAcquire(views).orElseThrow()) {
            views.clear();
            assertThat(lock.isHeld()).isTrue();
            assertFreeIs(false, otherProcess(), A);
        }
        assertFreeIs(true, otherProcess(), A, B);
    }

    @Test
    void closed_lock_is_not_held_and_its_views_are_free_at_once() throws Exception {
        for (Set<ViewName> views : List.of(Set.of(A), Set.of(A, B))) {
            RefreshLock lock = locks().tryAcquire(views).orElseThrow();
            lock.close();
            assertThat(lock.isHeld()).isFalse();
            assertFreeIs(true, otherProcess(), A, B);
        }
    }

    @Test
    void closing_again_never_frees_what_another_has_locked_since() throws Exception {
        for (Set<ViewName> views : List.of(Set.of(A), Set.of(A, B))) {
            RefreshLock first = locks().tryAcquire(views).orElseThrow();
            first.close();
            try (RefreshLock second = locks().tryAcquire(views).orElseThrow()) {
                first.close();
                assertThat(first.isHeld()).isFalse();
                assertThat(second.isHeld()).isTrue();
                assertFreeIs(false, otherProcess(), A);
            }
        }
    }

    @Test
    void any_thread_may_close() throws Exception {
        RefreshLock lock = acquire(locks(), A, B);
        Threads.together(2, () -> {
            lock.close();
            return true;
        });
        assertThat(lock.isHeld()).isFalse();
        assertFreeIs(true, otherProcess(), A, B);
    }

    @Test
    void lock_unwraps_to_nothing_it_does_not_have() throws Exception {
        final class Unknown {}
        try (RefreshLock lock = acquire(locks(), A)) {
            assertThat(lock.unwrap(Unknown.class)).isEmpty();
            assertThat(lock.isHeld()).isTrue();
        }
    }

    @Test
    void lock_that_the_store_took_back_says_so_and_leaves_its_successor_alone() throws Exception {
        for (Set<ViewName> views : List.of(Set.of(A), Set.of(A, B))) {
            RefreshLock lost = locks().tryAcquire(views).orElseThrow();
            takeLocksBack();
            try (RefreshLock successor = otherProcess().tryAcquire(views).orElseThrow()) {
                assertThat(lost.isHeld()).isFalse();
                assertThatCode(lost::close).doesNotThrowAnyException();
                assertThatCode(lost::close).doesNotThrowAnyException();
                assertThat(successor.isHeld()).isTrue();
                assertFreeIs(false, locks(), A);
            }
        }
    }

    @Test
    void store_that_cannot_be_asked_is_not_the_same_as_a_lock_that_somebody_holds() {
        loseStore();
        assertThatThrownBy(() -> locks().tryAcquire(Set.of(A)))
                .isInstanceOf(LockUnavailableException.class)
                .message()
                .isNotBlank();
        assertThatThrownBy(() -> locks().tryAcquire(Set.of(A, B))).isInstanceOf(LockUnavailableException.class);
    }

    @Test
    void lock_whose_store_cannot_be_asked_is_not_known_to_be_held() throws Exception {
        RefreshLock one = acquire(locks(), A);
        RefreshLock several = acquire(locks(), B, C);
        loseStore();
        for (RefreshLock lock : List.of(one, several)) {
            assertThat(lock.isHeld()).isFalse();
            assertThatCode(lock::close).doesNotThrowAnyException();
            assertThat(lock.isHeld()).isFalse();
        }
    }

    @Test
    void of_many_rivals_for_one_view_exactly_one_gets_it() throws Exception {
        for (int round = 0; round < 10; round++) {
            List<RefreshLock> winners = race(Set.of(A));
            assertThat(winners).as("round %d", round).hasSize(1);
            winners.forEach(RefreshLock::close);
        }
    }

    @Test
    void of_many_rivals_for_overlapping_views_at_most_one_gets_them() throws Exception {
        for (int round = 0; round < 10; round++) {
            List<RefreshLock> winners = race(Set.of(A, B), Set.of(B, C), Set.of(B));
            assertThat(winners).as("round %d", round).hasSizeLessThanOrEqualTo(1);
            winners.forEach(RefreshLock::close);
            assertFreeIs(true, otherProcess(), A, B, C);
        }
    }

    /** All of them try at once, in two processes; the locks they got, still held. */
    @SafeVarargs
    private List<RefreshLock> race(Set<ViewName>... wanted) throws Exception {
        List<Callable<Optional<RefreshLock>>> rivals = new ArrayList<>();
        for (int i = 0; i < RIVALS; i++) {
            LockProvider provider = i % 2 == 0 ? locks() : otherProcess();
            Set<ViewName> views = wanted[i % wanted.length];
            rivals.add(() -> provider.tryAcquire(views));
        }
        return Threads.together(rivals).stream().flatMap(Optional::stream).toList();
    }

    private static RefreshLock acquire(LockProvider provider, ViewName... views) throws LockUnavailableException {
        return provider.tryAcquire(Set.of(views))
                .orElseThrow(() -> new AssertionError("refused, and nobody holds one of " + List.of(views)));
    }

    private static void assertFreeIs(boolean expected, LockProvider provider, ViewName... views)
            throws LockUnavailableException {
        Optional<RefreshLock> lock = provider.tryAcquire(Set.of(views));
        lock.ifPresent(RefreshLock::close);
        assertThat(lock.isPresent()).as("%s can be locked", List.of(views)).isEqualTo(expected);
    }
}
