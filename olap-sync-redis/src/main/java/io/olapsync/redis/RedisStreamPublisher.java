package io.olapsync.redis;

import io.olapsync.redis.internal.EventFields;
import io.olapsync.redis.internal.RedisLink;
import io.olapsync.redis.internal.Replies;
import io.olapsync.redis.internal.StreamAppender;
import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.EventPublisher;
import io.olapsync.spi.EventsUnavailableException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * Appends change events to a Redis Stream, for a {@link RedisStreamEventSource} to read.
 *
 * <p>Returns when Redis has answered for each of them; what a failover to an asynchronous replica loses after that, the
 * source does not see either. The ids are the stream's, that of the event is not sent. The stream grows without end unless
 * it is {@linkplain Builder#keepAbout trimmed}, here or by an operator. Thread-safe.
 */
public final class RedisStreamPublisher implements EventPublisher {

    private final RedisLink link;
    private final StreamAppender appender;
    private final String stream;
    private final Duration timeout;

    private RedisStreamPublisher(Builder builder) {
        this.link = builder.endpoint.link();
        this.stream = builder.stream;
        this.timeout = builder.timeout;
        this.appender = new StreamAppender(link, timeout, stream, builder.fields, builder.length, builder.replicas);
    }

    /** To this stream, with the defaults. Nothing is sent to Redis yet. */
    public static RedisStreamPublisher of(RedisEndpoint endpoint, String stream) {
        return builder(endpoint, stream).build();
    }

    /** Starts without trimming, and with a limit of 2 s per command. */
    public static Builder builder(RedisEndpoint endpoint, String stream) {
        return new Builder(endpoint, stream);
    }

    @Override
    public void publish(List<ChangeEvent> events) throws EventsUnavailableException {
        try {
            appender.append(events);
        } catch (RuntimeException e) {
            throw new EventsUnavailableException(
                    events.size() + " events could not be sent to stream " + stream + " on Redis at " + link.address()
                            + " (limit " + timeout.toMillis() + " ms per command): " + Replies.reason(e),
                    e);
        }
    }

    /** Closes the connection it opened, if it opened one. Idempotent. */
    @Override
    public void close() {
        link.close();
    }

    @Override
    public String toString() {
        return "RedisStreamPublisher[stream " + stream + ", " + link.address() + "]";
    }

    /** Settings of a publisher. Not thread-safe. */
    public static final class Builder {

        private final RedisEndpoint endpoint;
        private final String stream;
        private EventFields fields = EventFields.DEFAULT;
        private OptionalLong length = OptionalLong.empty();
        private int replicas;
        private Duration timeout = Duration.ofSeconds(2);

        private Builder(RedisEndpoint endpoint, String stream) {
            this.endpoint = Objects.requireNonNull(endpoint, "endpoint");
            this.stream = Settings.named(stream, "stream");
        }

        /** The same as {@link RedisStreamEventSource.Builder#fields}. */
        public Builder fields(String type, String transaction, String payload) {
            this.fields = new EventFields(type, transaction, payload);
            return this;
        }

        /**
         * Trims the stream to about so many entries with each one sent (MAXLEN ~). Off by default: an entry that is trimmed
         * before it was handled is a gap, which costs a refresh of every mapped view.
         */
        public Builder keepAbout(long entries) {
            if (entries < 1) {
                throw new IllegalArgumentException("a stream of " + entries + " entries; 1 or more");
            }
            this.length = OptionalLong.of(entries);
            return this;
        }

        /**
         * So many replicas must have the entries (WAIT), or they count as not sent, and a relay sends them again. Off by
         * default: what a failover to an asynchronous replica loses, the sender then does not hear of. Not for a cluster, nor
         * for a connection of the host, which would be blocked.
         */
        public Builder replicas(int number) {
            if (number < 1) {
                throw new IllegalArgumentException(number + " replicas; 1 or more");
            }
            this.replicas = number;
            return this;
        }

        /** The longest wait for one command, or for a connection. */
        public Builder commandTimeout(Duration limit) {
            this.timeout = Settings.positive(limit, "command timeout");
            return this;
        }

        /**
         * The publisher. Nothing is sent to Redis yet.
         *
         * @throws IllegalArgumentException if a connection of the host would have to wait for replicas
         */
        public RedisStreamPublisher build() {
            if (replicas > 0 && !endpoint.link().isOwn()) {
                throw new IllegalArgumentException("waiting for replicas would block a connection of the host");
            }
            return new RedisStreamPublisher(this);
        }
    }
}
