package io.olapsync.redis.internal;

import io.lettuce.core.RedisException;
import io.olapsync.redis.internal.CachedValues.Reading;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers from Redis, or loads once however many ask at the same time.
 *
 * <p>Always in this order: read the versions, load, store under the versions read. Readers share a load only when they
 * have read the same versions; so nobody is handed a load that began before a refresh he could know of.
 */
public final class LoadOnce {

    private static final Logger LOG = LoggerFactory.getLogger(LoadOnce.class);
    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final RedisLink link;
    private final KeyLayout keys;
    private final Limits limits;
    private final CacheCounters counters;
    private final CachedValues values;
    private final Outage outage;
    private final ConcurrentMap<FlightKey, Flight> flights = new ConcurrentHashMap<>();

    public LoadOnce(RedisLink link, KeyLayout keys, Limits limits, CacheCounters counters) {
        this.link = link;
        this.keys = keys;
        this.limits = limits;
        this.counters = counters;
        this.values = new CachedValues(link, limits.command());
        this.outage = new Outage(limits.pause(), System::nanoTime);
    }

    /** The result, from wherever it comes. Throws what the loader throws, and nothing else. */
    public @Nullable Object get(
            KeyLayout.Question question, ValueCodec codec, Supplier<? extends @Nullable Object> loader) {
        Reading reading = ask(question);
        if (reading == null) {
            return alone(loader);
        }
        Found found = decoded(reading, codec);
        if (found != null) {
            counters.hits.increment();
            return found.value();
        }
        counters.misses.increment();
        if (reading.json() != null) {
            counters.unreadable.increment();
            LOG.warn(
                    "the value at {} on {} is not JSON of a {}; it is loaded anew",
                    question.valueKey(),
                    link.address(),
                    codec.type());
        }
        Flight flight = new Flight(Thread.currentThread(), new CompletableFuture<>());
        FlightKey key = new FlightKey(question.valueKey(), reading.header(), codec);
        Flight other = flights.putIfAbsent(key, flight);
        if (other == null) {
            return lead(key, flight, question, loader);
        }
        return other.leader() == Thread.currentThread() ? alone(loader) : join(other, loader);
    }

    private @Nullable Reading ask(KeyLayout.Question question) {
        if (!outage.mayAsk()) {
            return null;
        }
        try {
            Reading reading = values.read(question);
            outage.answered();
            return reading;
        } catch (RuntimeException e) {
            withoutRedis(e);
            return null;
        }
    }

    private void withoutRedis(RuntimeException why) {
        outage.failed(why);
        LOG.debug("the view cache does without Redis at {}", link.address(), why);
    }

    private static @Nullable Found decoded(Reading reading, ValueCodec codec) {
        ByteBuffer json = reading.json();
        if (json == null) {
            return null;
        }
        try {
            return new Found(codec.read(json));
        } catch (RuntimeException e) {
            return null;
        }
    }

    private @Nullable Object alone(Supplier<? extends @Nullable Object> loader) {
        counters.fallbacks.increment();
        counters.loads.increment();
        return loader.get();
    }

    private @Nullable Object join(Flight other, Supplier<? extends @Nullable Object> loader) {
        try {
            Object value = other.result()
                    .get(limits.patience().toNanos(), TimeUnit.NANOSECONDS)
                    .value();
            counters.shared.increment();
            return value;
        } catch (TimeoutException e) {
            return alone(loader);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return alone(loader);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e);
        }
    }

    private @Nullable Object lead(
            FlightKey key, Flight flight, KeyLayout.Question question, Supplier<? extends @Nullable Object> loader) {
        LoadLease lease = new LoadLease(link, limits.lease(), limits.command());
        boolean storing = false;
        try {
            Turn turn = awaitTurn(question, key, lease);
            Found found = turn.found();
            if (found != null) {
                counters.shared.increment();
                flight.result().complete(found);
                return found.value();
            }
            counters.loads.increment();
            Object value = loader.get();
            flight.result().complete(new Found(value));
            storing = true;
            store(question, turn.header(), key.codec(), value)
                    .whenComplete((done, failure) -> land(key, flight, lease));
            return value;
        } catch (RuntimeException | Error e) {
            flight.result().completeExceptionally(e);
            throw e;
        } finally {
            if (!storing) {
                land(key, flight, lease);
            }
        }
    }

    /** Only when the value is stored: whoever misses before that finds the flight, and whoever comes later the value. */
    private void land(FlightKey key, Flight flight, LoadLease lease) {
        flights.remove(key, flight);
        lease.release();
    }

    /** Waits until this process may load, or another one has. Gives up waiting, never fails. */
    private Turn awaitTurn(KeyLayout.Question question, FlightKey key, LoadLease lease) {
        String header = key.header();
        long end = System.nanoTime() + limits.patience().toNanos();
        long pause = FIRST_PAUSE_NANOS;
        try {
            while (true) {
                boolean taken = lease.tryTake(keys.lease(question.valueKey(), header));
                Reading now = values.read(question);
                Found found = decoded(now, key.codec());
                if (found != null || (taken && now.header().equals(header))) {
                    return new Turn(now.header(), found);
                }
                boolean changed = !now.header().equals(header);
                if (changed) {
                    lease.release();
                    header = now.header();
                }
                if (System.nanoTime() - end >= 0 || (!changed && wasInterrupted(pause))) {
                    counters.fallbacks.increment();
                    return new Turn(header, null);
                }
                pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS);
            }
        } catch (RuntimeException e) {
            withoutRedis(e);
            counters.fallbacks.increment();
            return new Turn(header, null);
        }
    }

    private static boolean wasInterrupted(long pauseNanos) {
        try {
            TimeUnit.NANOSECONDS.sleep(pauseNanos);
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private CompletionStage<Long> store(
            KeyLayout.Question question, String header, ValueCodec codec, @Nullable Object value) {
        try {
            String json = codec.write(value);
            double share = ThreadLocalRandom.current().nextDouble(0.9, 1.0);
            Duration ttl = Duration.ofMillis(Math.max(1, (long) (limits.ttl().toMillis() * share)));
            return values.store(question, header, json, ttl)
                    .thenApply(Function.identity())
                    .toCompletableFuture()
                    .orTimeout(limits.command().toNanos(), TimeUnit.NANOSECONDS);
        } catch (RuntimeException e) {
            if (e instanceof RedisException) {
                LOG.debug("{} could not be stored on {}", question.valueKey(), link.address(), e);
            } else {
                LOG.warn(
                        "{} cannot be cached: its result is no JSON value of a {}",
                        question.valueKey(),
                        codec.type(),
                        e);
            }
            return CompletableFuture.completedFuture(0L);
        }
    }

    /**
     * What bounds each wait.
     *
     * @param command for one answer of Redis
     * @param ttl the longest life of a value; it lives nine tenths of it at least
     * @param patience for a load that another reader has under way
     * @param lease after which a load of a dead process is taken over
     * @param pause without asking Redis, after it did not answer in time
     */
    public record Limits(Duration command, Duration ttl, Duration patience, Duration lease, Duration pause) {}

    private record FlightKey(String valueKey, String header, ValueCodec codec) {}

    private record Flight(Thread leader, CompletableFuture<Found> result) {}

    private record Found(@Nullable Object value) {}

    private record Turn(String header, @Nullable Found found) {}
}
