package io.olapsync.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.olapsync.spi.CancelSignal;
import io.olapsync.spi.CheckHandler;
import io.olapsync.spi.CheckSpec;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.testkit.fakes.ManualCancel;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link CheckHandler} promises. */
@Timeout(60)
public abstract class CheckHandlerContract {

    /** The handler under test, always the same. */
    protected abstract CheckHandler handler();

    /** A check that passes. */
    protected abstract CheckSpec passing();

    /** Checks that do not pass, by the reason, for the message of a failed test. */
    protected abstract Map<String, CheckSpec> failing();

    /** Checks of the handler's type with arguments that it cannot use, as they may come from a file. */
    protected abstract Map<String, CheckSpec> malformed();

    /** {@link #handler()} does not reach the store any more, until the test ends. */
    protected abstract void loseStore();

    @Test
    void check_passes_in_silence_and_again() throws Exception {
        handler().check(passing(), CancelSignal.never());
        handler().check(passing(), CancelSignal.never());
    }

    @Test
    void check_that_does_not_pass_is_a_permanent_failure_that_says_why() {
        failing().forEach((reason, check) -> assertPermanent(reason, check));
    }

    @Test
    void arguments_that_cannot_be_used_are_a_permanent_failure_too() {
        malformed().forEach((reason, check) -> assertPermanent(reason, check));
    }

    @Test
    void check_that_is_cancelled_says_so() {
        ManualCancel cancel = new ManualCancel();
        cancel.cancel();
        RefreshException failure =
                catchThrowableOfType(RefreshException.class, () -> handler().check(passing(), cancel));
        assertThat(failure).isNotNull();
        assertThat(failure.kind()).isEqualTo(Kind.CANCELLED);
    }

    @Test
    void many_threads_may_check_at_once_and_leave_no_callback_behind() throws Exception {
        ManualCancel cancel = new ManualCancel();
        assertThat(Threads.together(6, () -> {
                    handler().check(passing(), cancel);
                    return true;
                }))
                .containsOnly(true);
        assertThat(cancel.callbacks()).isZero();
    }

    @Test
    void check_that_could_not_be_made_is_not_one_that_did_not_pass() {
        loseStore();
        RefreshException failure =
                catchThrowableOfType(RefreshException.class, () -> handler().check(passing(), CancelSignal.never()));
        assertThat(failure).isNotNull();
        assertThat(failure.kind()).isNotIn(Kind.PERMANENT, Kind.CANCELLED);
    }

    private void assertPermanent(String reason, CheckSpec check) {
        assertThatThrownBy(() -> handler().check(check, CancelSignal.never()))
                .as(reason)
                .isInstanceOfSatisfying(
                        RefreshException.class,
                        failure -> assertThat(failure.kind()).isEqualTo(Kind.PERMANENT))
                .message()
                .isNotBlank();
    }
}
