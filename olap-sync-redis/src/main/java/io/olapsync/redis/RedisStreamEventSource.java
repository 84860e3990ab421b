package io.olapsync.redis;

import io.olapsync.redis.internal.Arrival;
import io.olapsync.redis.internal.EventFields;
import io.olapsync.redis.internal.EventStream;
import io.olapsync.redis.internal.RedisLink;
import io.olapsync.redis.internal.Replies;
import io.olapsync.redis.internal.StreamReader;
import io.olapsync.spi.EventSource;
import io.olapsync.spi.EventsUnavailableException;
import java.time.Duration;
import java.util.Collection;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Change events from a Redis Stream, shared among all processes that read with the same group.
 *
 * <p>An entry has a field with the type and, where the sender knows them, fields with the transaction id and a payload;
 * others are ignored. It is pending with the process it was delivered to until that one acknowledges it. Entries that were
 * not {@linkplain #keep kept} for the {@linkplain Builder#patience patience} are taken over by whoever polls next,
 * in the order of the stream and in pages. What cannot be understood, or was delivered too often, goes to the dead-letter
 * stream with the reason, and is acknowledged; a crash between the two leaves it in both.
 *
 * <h2>Gaps</h2>
 * A batch has a gap when the stream or the group was not there (also the very first time: whether the stream had
 * existed before, nobody can tell), when entries were trimmed or deleted before they were delivered, or while they were
 * pending and their consumer had gone. The stream is mended in the step that finds it (the group begins at the start of the
 * stream), and the gap is noted in the group, as an empty consumer {@code olapsync:gap:…}, until {@link #gapRecorded()}.
 * Entries keep coming meanwhile. What was trimmed while its consumer still has it is no gap: that one will end it.
 * After an undelivered entry was deleted by XDEL, a second gap may be told of that is none.
 *
 * <p>Needs Redis 7. Holds the batch it returns, and in a backlog two more, which are read ahead; they are kept with the
 * others. Waiting for messages blocks a
 * connection of its own, in slices, and reading makes a transaction on it; a connection of the host is neither blocked, but
 * asked every 50 ms, nor put into a transaction: there, and in a cluster, a script reads, which is slower. Every command
 * has a limit. One thread polls, any may call the rest.
 */
public final class RedisStreamEventSource implements EventSource {

    private final RedisLink link;
    private final Arrival arrival;
    private final StreamReader reader;
    private final String stream;
    private final String group;
    private final String consumer;
    private final Duration timeout;

    private RedisStreamEventSource(Builder builder) {
        this.stream = builder.stream;
        this.group = builder.group;
        this.timeout = builder.timeout;
        this.consumer = builder.consumerPrefix + "-" + ProcessHandle.current().pid() + "-"
                + UUID.randomUUID().toString().substring(0, 13);
        this.link = builder.endpoint.link();
        RedisLink reading = builder.endpoint.link().withoutReconnect();
        this.arrival = new Arrival(reading, timeout, builder.block, stream);
        String deadLetters = builder.deadLetters == null ? stream + ":dead" : builder.deadLetters;
        this.reader = new StreamReader(
                new EventStream(link, reading, timeout, stream, group, consumer),
                arrival,
                consumer,
                new StreamReader.Settings(
                        builder.fields,
                        deadLetters,
                        builder.maxDeliveries,
                        builder.patience,
                        builder.lookEvery,
                        builder.consumerPrefix,
                        builder.reapAfter));
    }

    /** This stream with the defaults. Nothing is sent to Redis yet. */
    public static RedisStreamEventSource of(RedisEndpoint endpoint, String stream) {
        return builder(endpoint, stream).build();
    }

    /** Starts with the group {@code olapsync}, 5 deliveries, a patience of 2 minutes, and a limit of 2 s per command. */
    public static Builder builder(RedisEndpoint endpoint, String stream) {
        return new Builder(endpoint, stream);
    }

    @Override
    public String name() {
        return "stream " + stream + ", group " + group + ", on Redis at " + link.address();
    }

    /** What this instance is called in the group, for XPENDING and XINFO CONSUMERS. */
    public String consumer() {
        return consumer;
    }

    @Override
    public Batch poll(int most, Duration wait) throws EventsUnavailableException {
        if (most < 1 || wait.isNegative()) {
            throw new IllegalArgumentException("at least 1 message and no negative wait, not " + most + ", " + wait);
        }
        if (arrival.isClosed()) {
            throw new EventsUnavailableException(name() + " has been closed", null);
        }
        try {
            return reader.poll(most, wait);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable("read", e);
        } catch (RuntimeException e) {
            throw unavailable("read", e);
        }
    }

    @Override
    public void gapRecorded() throws EventsUnavailableException {
        attempt("told that a gap is recorded", reader::gapRecorded);
    }

    @Override
    public void acknowledge(Collection<String> ids) throws EventsUnavailableException {
        attempt("acknowledged", () -> reader.acknowledge(ids));
    }

    @Override
    public void keep(Collection<String> ids) throws EventsUnavailableException {
        attempt("kept", () -> reader.keep(ids));
    }

    private void attempt(String what, Runnable work) throws EventsUnavailableException {
        try {
            work.run();
        } catch (RuntimeException e) {
            throw unavailable(what, e);
        }
    }

    private EventsUnavailableException unavailable(String what, Exception cause) {
        return new EventsUnavailableException(
                name() + " could not be " + what + " (limit " + timeout.toMillis() + " ms per command): "
                        + Replies.reason(cause),
                cause);
    }

    @Override
    public Duration patience() {
        return reader.patience();
    }

    /** Closes the connections it opened, and so ends a poll that waits. Pending entries stay pending. Idempotent. */
    @Override
    public void close() {
        arrival.close();
        link.close();
    }

    @Override
    public String toString() {
        return "RedisStreamEventSource[" + name() + "]";
    }

    /** Settings of a source. Not thread-safe. */
    public static final class Builder {

        private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9._-]{1,100}");

        private final RedisEndpoint endpoint;
        private final String stream;
        private String group = "olapsync";
        private @Nullable String deadLetters;
        private EventFields fields = EventFields.DEFAULT;
        private int maxDeliveries = 5;
        private Duration patience = Duration.ofMinutes(2);
        private Duration timeout = Duration.ofSeconds(2);
        private Duration block = Duration.ofMillis(500);
        private Duration lookEvery = Duration.ofSeconds(1);
        private Duration reapAfter = Duration.ofHours(1);
        private String consumerPrefix = "olapsync";

        private Builder(RedisEndpoint endpoint, String stream) {
            this.endpoint = Objects.requireNonNull(endpoint, "endpoint");
            this.stream = Settings.named(stream, "stream");
        }

        /** The consumer group; all processes with the same one share the messages. */
        public Builder group(String name) {
            this.group = Settings.named(name, "consumer group");
            return this;
        }

        /** The stream for what is set aside; by default the stream's name with {@code :dead}. Nothing trims it. */
        public Builder deadLetters(String name) {
            this.deadLetters = Settings.named(name, "dead-letter stream");
            return this;
        }

        /** The fields of an entry; by default {@code type}, {@code xid}, {@code payload}. */
        public Builder fields(String type, String transaction, String payload) {
            this.fields = new EventFields(type, transaction, payload);
            return this;
        }

        /** After how many deliveries an entry is set aside instead of delivered once more. */
        public Builder maxDeliveries(int deliveries) {
            if (deliveries < 1) {
                throw new IllegalArgumentException("a maximum of " + deliveries + " deliveries; 1 or more");
            }
            this.maxDeliveries = deliveries;
            return this;
        }

        /** How long an entry may go without being kept before another takes it over. */
        public Builder patience(Duration time) {
            Settings.positive(time, "patience");
            if (time.toMillis() < 1) {
                throw new IllegalArgumentException("a patience of " + time + " is less than a millisecond");
            }
            this.patience = time;
            return this;
        }

        /** The longest wait for one command, or for a connection. */
        public Builder commandTimeout(Duration limit) {
            this.timeout = Settings.positive(limit, "command timeout");
            return this;
        }

        /**
         * The longest that one command waits for messages, 500 ms by default; shorter than the command timeout of the
         * client, or the client gives it up.
         */
        public Builder block(Duration slice) {
            this.block = Settings.positive(slice, "time to block");
            return this;
        }

        /** How the names of this host's consumers begin; letters, digits, dots, dashes. Process and instance follow. */
        public Builder consumerPrefix(String prefix) {
            if (!PREFIX.matcher(prefix).matches()) {
                throw new IllegalArgumentException(
                        "'" + prefix + "' cannot begin a consumer's name: 1 to 100 letters, digits, dots, dashes");
            }
            this.consumerPrefix = prefix;
            return this;
        }

        /** After what time a consumer of this prefix that was not seen and has nothing pending is removed; 1 h by default. */
        public Builder removeConsumersAfter(Duration idle) {
            this.reapAfter = Settings.positive(idle, "time until a consumer is removed");
            return this;
        }

        /** How often to look for entries to take over, and for gaps that others found; for tests. */
        Builder lookEvery(Duration pause) {
            this.lookEvery = pause;
            return this;
        }

        /** The source. Nothing is sent to Redis yet. */
        public RedisStreamEventSource build() {
            return new RedisStreamEventSource(this);
        }
    }
}
