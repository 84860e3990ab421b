package io.olapsync.spi;

import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which transactions of a store are visible: all below {@code oldest}, none from {@code next} on, and those between that
 * had ended when it was taken. Unlike a time, it is exact for a transaction that began early and committed late.
 *
 * <p>Its text is that of PostgreSQL's {@code pg_snapshot} ({@code oldest:next:open,open,…}, see <a
 * href="https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT">Transaction ID and Snapshot
 * Information Functions</a>); a store of another kind numbers its transactions and writes the same.
 */
public final class Snapshot {

    private static final Pattern TEXT = Pattern.compile("(\\d{1,19}):(\\d{1,19}):((?:\\d{1,19}(?:,\\d{1,19})*)?)");

    private final long oldest;
    private final long next;
    private final long[] open;

    private Snapshot(long oldest, long next, long[] open) {
        this.oldest = oldest;
        this.next = next;
        this.open = open;
    }

    /**
     * Reads the text of a snapshot.
     *
     * @throws IllegalArgumentException if it is not one
     */
    public static Snapshot parse(String text) {
        Matcher parts = TEXT.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("not the text of a snapshot, which is 'oldest:next:open,…': " + text);
        }
        long[] open = parts.group(3).isEmpty()
                ? new long[0]
                : Arrays.stream(parts.group(3).split(","))
                        .mapToLong(Long::parseLong)
                        .sorted()
                        .toArray();
        return new Snapshot(Long.parseLong(parts.group(1)), Long.parseLong(parts.group(2)), open);
    }

    /** Whether what this transaction committed is visible. */
    public boolean covers(long transaction) {
        return transaction < oldest || (transaction < next && Arrays.binarySearch(open, transaction) < 0);
    }

    /** Whether nothing was known of this transaction: it had not ended, and neither had any later one. */
    public boolean isBefore(long transaction) {
        return transaction >= next;
    }

    /** Whether everything that the other shows is visible here, too. */
    public boolean covers(Snapshot other) {
        if (next < other.next && other.openBetween(next, other.next) < other.next - next) {
            return false; // one that began after this was taken had ended for the other
        }
        for (long transaction : open) {
            if (other.covers(transaction)) {
                return false;
            }
        }
        return true;
    }

    private long openBetween(long from, long to) {
        return Arrays.stream(open)
                .filter(transaction -> transaction >= from && transaction < to)
                .count();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Snapshot that
                && oldest == that.oldest
                && next == that.next
                && Arrays.equals(open, that.open);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(next * 31 + oldest) + Arrays.hashCode(open);
    }

    /** The text that {@link #parse} reads. */
    @Override
    public String toString() {
        StringBuilder text =
                new StringBuilder().append(oldest).append(':').append(next).append(':');
        for (int i = 0; i < open.length; i++) {
            text.append(i == 0 ? "" : ",").append(open[i]);
        }
        return text.toString();
    }
}
