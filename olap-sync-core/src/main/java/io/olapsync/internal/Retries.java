package io.olapsync.internal;

import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * When a failed attempt is made again. Two rhythms, one within the other: contention is over soon and is tried again after
 * short, growing, random pauses; what stays contended, and whatever is transient, waits for the long interval. Nothing
 * else is retried. Waiting is an entry in the scheduler: it holds no thread, no connection and no lock.
 */
final class Retries {

    private static final double GROWTH = 1.5;
    private static final double RANDOMNESS = 0.5;

    private final ScheduledExecutorService scheduler;
    private final RetryConfig contention;
    private final RetryConfig interval;

    Retries(Settings settings, ScheduledExecutorService scheduler) {
        this.scheduler = scheduler;
        this.contention = RetryConfig.custom()
                .maxAttempts(settings.contention().retries() + 1)
                .intervalFunction(IntervalFunction.ofExponentialRandomBackoff(
                        settings.contention().firstPause(),
                        GROWTH,
                        RANDOMNESS,
                        settings.contention().longestPause()))
                .retryOnException(failure -> isOf(failure, Kind.CONTENDED))
                .build();
        this.interval = RetryConfig.custom()
                .maxAttempts(settings.retry().retries() + 1)
                .waitDuration(settings.retry().interval())
                .retryOnException(failure -> isOf(failure, Kind.CONTENDED) || isOf(failure, Kind.TRANSIENT))
                .build();
    }

    /**
     * Makes attempts until one succeeds or the rules end it.
     *
     * @param attempt starts one attempt; its stage fails with the plain exception, not a wrapped one
     * @param onRetry is told the failure and the pause before each further attempt
     * @param ended is told how the last one ended: what came of it, or the plain exception
     */
    <T> void run(
            String step,
            Supplier<CompletionStage<T>> attempt,
            BiConsumer<RefreshException, Duration> onRetry,
            BiConsumer<@Nullable T, @Nullable Throwable> ended) {
        CompletionStage<T> first = attempt.get();
        first.whenComplete((value, failure) -> {
            if (failure == null) {
                ended.accept(value, null);
            } else {
                runOn(step, first, attempt, onRetry).whenComplete(ended);
            }
        });
    }

    /** The rules cost more than all else that a step is to the engine, so they are asked only once an attempt has failed. */
    private <T> CompletionStage<T> runOn(
            String step,
            CompletionStage<T> first,
            Supplier<CompletionStage<T>> attempt,
            BiConsumer<RefreshException, Duration> onRetry) {
        AtomicReference<@Nullable CompletionStage<T>> made = new AtomicReference<>(first);
        Supplier<CompletionStage<T>> fromFirst = () -> Objects.requireNonNullElseGet(made.getAndSet(null), attempt);
        Supplier<CompletionStage<T>> untilUncontended = decorate(step, contention, fromFirst, onRetry);
        return decorate(step, interval, untilUncontended, onRetry).get();
    }

    private <T> Supplier<CompletionStage<T>> decorate(
            String step,
            RetryConfig config,
            Supplier<CompletionStage<T>> attempt,
            BiConsumer<RefreshException, Duration> onRetry) {
        Retry retry = Retry.of(step, config);
        retry.getEventPublisher().onRetry(event -> {
            if (event.getLastThrowable() instanceof RefreshException failure) {
                onRetry.accept(failure, event.getWaitInterval());
            }
        });
        return Retry.decorateCompletionStage(retry, scheduler, attempt);
    }

    private static boolean isOf(Throwable failure, Kind kind) {
        return failure instanceof RefreshException refresh && refresh.kind() == kind;
    }
}
