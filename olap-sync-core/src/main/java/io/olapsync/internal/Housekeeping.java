package io.olapsync.internal;

import io.olapsync.spi.CacheUnavailableException;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RunId;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tidies up after processes that died: their runs become abandoned, and the invalidations that they left between a commit
 * and the cache are done. Every engine does it every half minute for as long as it lives, so that readers do not wait for
 * the next run, and beside each run that begins when nobody has looked for some seconds.
 */
final class Housekeeping {

    private static final Logger log = LoggerFactory.getLogger(Housekeeping.class);
    private static final Duration EVERY = Duration.ofSeconds(30);

    /** Runs that follow each other closer than this find nothing that the one before did not. */
    private static final Duration FRESH = Duration.ofSeconds(10);

    private final EngineParts parts;
    private final List<ViewName> views;
    private final AtomicReference<@Nullable Long> lookedNanos = new AtomicReference<>();
    private volatile boolean stopped;

    Housekeeping(EngineParts parts) {
        this.parts = parts;
        this.views = parts.plan().views().stream().map(view -> view.name()).toList();
    }

    /** Begins to look, for the first time in half a minute. */
    void start() {
        try {
            parts.scheduler().schedule(this::handOver, EVERY.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("No housekeeping: the scheduler was shut down", e);
        }
    }

    void stop() {
        stopped = true;
    }

    /** Looks on a worker, unless it has just been done: no run depends on it. */
    void lookBeside() {
        Duration silence = parts.settings().log().silence();
        Duration fresh = silence.compareTo(FRESH) < 0 ? silence : FRESH;
        Long last = lookedNanos.get();
        if (last == null || parts.clock().nanoTime() - last >= fresh.toNanos()) {
            parts.dispatcher().submitBeside(this::look, refused -> {});
        }
    }

    /** Looks once, on this thread. Nobody depends on it, so nothing here fails anybody. */
    void look() {
        Settings settings = parts.settings();
        lookedNanos.set(parts.clock().nanoTime());
        try {
            List<RunId> abandoned = parts.adapters()
                    .history()
                    .sweep(settings.log().silence(), settings.log().keep());
            if (!abandoned.isEmpty()) {
                log.warn("Runs whose process has died were marked as abandoned: {}", abandoned);
            }
        } catch (RefreshException | RuntimeException e) {
            log.debug("The history could not be tidied up", e);
        }
        if (parts.invalidations().willRepeat()) {
            return;
        }
        try {
            parts.invalidations().perform(views);
        } catch (CacheUnavailableException | RefreshException | RuntimeException e) {
            log.debug("Cache invalidations that somebody left behind are still pending", e);
        }
    }

    private void handOver() {
        if (stopped) {
            return;
        }
        parts.dispatcher()
                .submitBeside(
                        () -> {
                            try {
                                look();
                            } finally {
                                start();
                            }
                        },
                        refused -> start());
    }
}
