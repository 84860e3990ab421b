package io.olapsync.internal;

import io.olapsync.spi.CacheInvalidator;
import io.olapsync.spi.CacheUnavailableException;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Waits for the host's invalidator only so long. One that hangs would keep every run of the engine from its end, and each
 * repetition would cost one more thread; so while a call has not come back, no other is made.
 */
final class BoundedInvalidator implements CacheInvalidator {

    /** Long enough for a walk over all keys. */
    static final Duration LIMIT = Duration.ofMinutes(2);

    private final CacheInvalidator cache;
    private final Duration limit;
    private final Set<CompletableFuture<?>> overdue = ConcurrentHashMap.newKeySet();

    /** Not the engine's workers: where there is but one, it would wait for itself. */
    private final ThreadFactory threads = OwnThreads.threads("olap-sync-cache-");

    BoundedInvalidator(CacheInvalidator cache, Duration limit) {
        this.cache = cache;
        this.limit = limit;
    }

    @Override
    public void invalidate(Set<ViewName> views) throws CacheUnavailableException {
        overdue.removeIf(CompletableFuture::isDone);
        if (!overdue.isEmpty()) {
            throw unavailable("has not come back from an earlier call", new IllegalStateException("still under way"));
        }
        CompletableFuture<Void> call = new CompletableFuture<>();
        Thread thread = threads.newThread(() -> make(views, call));
        thread.start();
        try {
            call.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            overdue.add(call);
            thread.interrupt();
            throw unavailable("did not come back within " + limit, e);
        } catch (InterruptedException e) {
            overdue.add(call);
            thread.interrupt();
            Thread.currentThread().interrupt();
            throw unavailable("was interrupted", e);
        } catch (ExecutionException e) {
            throw failure(e.getCause() == null ? e : e.getCause());
        }
    }

    private void make(Set<ViewName> views, CompletableFuture<Void> call) {
        try {
            cache.invalidate(views);
            call.complete(null);
        } catch (Throwable e) { // else whoever waits would wait for the limit
            call.completeExceptionally(e);
        }
    }

    private static CacheUnavailableException failure(Throwable cause) {
        return cause instanceof CacheUnavailableException known
                ? known
                : new CacheUnavailableException("the cache invalidator failed unexpectedly: " + cause, cause);
    }

    private CacheUnavailableException unavailable(String what, Exception cause) {
        return new CacheUnavailableException(
                "the cache invalidator " + cache.getClass().getName() + " " + what, cause);
    }
}
