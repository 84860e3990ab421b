package io.olapsync.redis.internal;

import io.lettuce.core.RedisException;
import io.olapsync.redis.internal.EventFields.UnfitEntryException;
import io.olapsync.spi.ChangeEvent;
import io.olapsync.spi.EventSource.Batch;
import io.olapsync.spi.EventSource.SetAside;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns a stream into batches: first what others have left behind, page by page, then what is new. One thread polls;
 * others may acknowledge, keep and record gaps.
 */
public final class StreamReader {

    private static final Logger LOG = LoggerFactory.getLogger(StreamReader.class);
    private static final String START = "-";
    private static final String LAST = "+";
    private static final String NOWHERE = "0-0";
    private static final int PAGES_PER_LOOK = 10;
    private static final int SMALLEST_PAGE = 100;
    private static final int LARGEST_PAGE = 1_000;
    private static final int BACKLOG = 100;
    private static final int AHEAD = 2;
    private static final Duration REAP_EVERY = Duration.ofMinutes(1);

    /**
     * How a stream is read.
     *
     * @param deadLetters the stream for what is set aside
     * @param maxDeliveries after how many deliveries an entry is set aside
     * @param patience after what time an entry is taken over
     * @param lookEvery how often to look for what may be taken over, for gaps, and for dead consumers; zero: with each poll
     * @param consumerPrefix how the names of our consumers begin
     * @param reapAfter after what time a consumer without pending entries is removed
     */
    public record Settings(
            EventFields fields,
            String deadLetters,
            int maxDeliveries,
            Duration patience,
            Duration lookEvery,
            String consumerPrefix,
            Duration reapAfter) {}

    private final EventStream stream;
    private final Arrival arrival;
    private final Settings settings;
    private final Gaps gaps;
    private String cursor = START;
    private String position = NOWHERE;

    /** The last entry that this round through what is pending looks at. */
    private String end = LAST;

    /** What a read brought beyond what was asked for, since more had been asked for when it was sent. */
    private List<StreamEntry> left = List.of();

    private boolean backlog;
    private long nextTakeOver = System.nanoTime();
    private long nextLook = nextTakeOver;
    private long nextReap = nextTakeOver;

    public StreamReader(EventStream stream, Arrival arrival, String consumer, Settings settings) {
        this.stream = stream;
        this.arrival = arrival;
        this.settings = settings;
        this.gaps = new Gaps(consumer);
    }

    /**
     * The next batch; empty when the wait is over or the source is closed.
     *
     * @throws RedisException if Redis does not answer, or not with what was asked for
     */
    public Batch poll(int most, Duration wait) throws InterruptedException {
        long deadline = System.nanoTime() + wait.toNanos();
        while (true) {
            lookAround();
            Batch batch = takeOver(most);
            if (batch.events().isEmpty() && batch.setAside().isEmpty()) {
                batch = read(most);
            }
            Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
            if (!batch.equals(Batch.EMPTY) || left.toMillis() == 0 || arrival.isClosed()) {
                return batch;
            }
            arrival.await(position, left);
        }
    }

    private void lookAround() {
        long now = System.nanoTime();
        if (now - nextLook < 0) {
            return;
        }
        boolean reap = now - nextReap >= 0;
        gaps.are(stream.lookAround(settings.consumerPrefix() + "-", reap ? settings.reapAfter() : null));
        nextLook = now + settings.lookEvery().toNanos();
        if (reap) {
            nextReap = now + REAP_EVERY.toNanos();
        }
    }

    /**
     * A page of what is pending, and after the last one a pause. What was read after a round had begun cannot have waited for
     * too long by then, so a round ends there, and not behind whatever is read meanwhile.
     */
    private Batch takeOver(int most) {
        long now = System.nanoTime();
        if ((cursor.equals(START) || backlog) && now - nextTakeOver < 0) {
            return Batch.EMPTY;
        }
        if (cursor.equals(START) || end.equals(LAST)) { // also of the first round, once it is known
            end = position.equals(NOWHERE) ? LAST : position;
        }
        int scan = Math.max(SMALLEST_PAGE, Math.min(LARGEST_PAGE, most));
        EventStream.Page page = stream.takeOver(settings.patience(), cursor, end, scan, most, gaps.nextName());
        cursor = page.position().isEmpty() ? START : page.position();
        nextTakeOver = now + pause(page).toNanos();
        page.gap().ifPresent(gaps::found);
        return batch(page.entries(), gaps.tell());
    }

    /** In a backlog pages in which nothing was to be taken over wait for each other: the reading waits for each of them. */
    private Duration pause(EventStream.Page page) {
        if (cursor.equals(START)) {
            return settings.lookEvery();
        }
        return page.isEmpty() ? settings.lookEvery().dividedBy(PAGES_PER_LOOK) : Duration.ZERO;
    }

    /**
     * A full page is a backlog: the server reads the next one while this is taken apart, handed over and acknowledged, and
     * one more while it sends that.
     */
    private Batch read(int most) {
        if (left.isEmpty()) {
            readAhead(most, AHEAD);
            EventStream.Page page = stream.read(most, gaps.nextName());
            position = page.position();
            page.gap().ifPresent(gaps::found);
            left = page.entries();
            backlog = left.size() >= most && most >= BACKLOG;
        }
        List<StreamEntry> entries = left.subList(0, Math.min(most, left.size()));
        left = left.subList(entries.size(), left.size());
        boolean gap = gaps.tell();
        readAhead(most, 1);
        return batch(entries, gap);
    }

    private void readAhead(int most, int pages) {
        for (int reading = stream.readingAhead(); backlog && reading < pages; reading++) {
            stream.readAhead(most, gaps.reserve());
        }
    }

    private Batch batch(List<StreamEntry> entries, boolean gap) {
        List<ChangeEvent> events = new ArrayList<>(entries.size());
        List<SetAside> aside = new ArrayList<>();
        for (StreamEntry entry : entries) {
            try {
                if (entry.deliveries() > settings.maxDeliveries()) {
                    throw new UnfitEntryException("delivered " + settings.maxDeliveries() + " times without an end");
                }
                events.add(settings.fields().read(entry));
            } catch (UnfitEntryException e) {
                setAside(entry, e.reason(), aside);
            }
        }
        return new Batch(events, gap, aside);
    }

    /** Where that fails, the entry stays pending, and its turn comes again; the others of the batch go on. */
    private void setAside(StreamEntry entry, String reason, List<SetAside> aside) {
        try {
            stream.setAside(settings.deadLetters(), entry, reason);
            aside.add(new SetAside(entry.id(), reason));
        } catch (RedisException e) {
            LOG.warn(
                    "entry {} ({}) could not be set aside to {}, and will be tried again after {}",
                    entry.id(),
                    reason,
                    settings.deadLetters(),
                    settings.patience(),
                    e);
        }
    }

    /** The gaps that the last batch told of are recorded elsewhere. */
    public void gapRecorded() {
        Set<String> told = gaps.told();
        stream.forget(told);
        gaps.recorded(told);
    }

    public void acknowledge(Collection<String> ids) {
        stream.acknowledge(ids);
    }

    public void keep(Collection<String> ids) {
        stream.keep(ids);
    }

    public Duration patience() {
        return settings.patience();
    }
}
