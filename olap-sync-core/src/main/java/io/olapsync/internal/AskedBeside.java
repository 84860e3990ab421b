package io.olapsync.internal;

import io.olapsync.spi.RefreshException;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * A question that another worker may have taken up by the time the answer is needed. Where none has, because all are busy
 * or there is but one, who needs the answer asks; so nobody waits for a worker.
 */
final class AskedBeside<T> {

    private final FutureTask<T> question;

    /** @param question asked once at the most; what it throws is thrown by {@link #answer} */
    AskedBeside(Callable<T> question) {
        this.question = new FutureTask<>(question);
    }

    /** Offers it to the workers. */
    void begin(Dispatcher dispatcher) {
        dispatcher.submitBeside(question, refused -> {});
    }

    /** The answer; blocks until it is there. */
    T answer() throws RefreshException {
        question.run(); // does nothing where somebody else has begun
        try {
            return question.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RefreshException(RefreshException.Kind.CANCELLED, "interrupted while asking the database", e);
        } catch (ExecutionException e) {
            throw rethrown(Objects.requireNonNullElse(e.getCause(), e));
        }
    }

    private static RefreshException rethrown(Throwable cause) {
        if (cause instanceof RefreshException known) {
            return known;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        throw cause instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(cause);
    }
}
