package io.olapsync.jdbc;

import io.olapsync.jdbc.internal.SourceFiles;
import io.olapsync.jdbc.internal.Transactions;
import io.olapsync.jdbc.internal.delta.Verifying;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * Compares delta tables and materialized views with their definitions, row by row.
 *
 * <p>Each view is compared in one snapshot, so that whatever is written meanwhile is in both or in neither, in a transaction that
 * only reads: no reader, writer or refresh waits for it. It computes the whole definition, as much work as a refresh, and holds
 * back the removal of dead rows as long as any query of that length does. A statement that changes the definition of one of the
 * relations waits for its end, and those that come after wait for that: see to a timeout, or compare a sample.
 *
 * <p>Nothing is mended here. {@code OlapSync.refresh(RefreshOptions.DEFAULTS.repairing(), view)} writes just the rows that
 * differ, under the lock of the view and with all that follows a refresh; so does every full sync.
 *
 * <p>Numbers are the same where their value is; everything else where every byte is. Rows that occur several times count as
 * often as they do. The role needs to read what the definition reads.
 *
 * <p>Immutable and thread-safe; blocks the calling thread.
 */
public final class PostgresVerifier {

    private static final int MOST_EXAMPLES = 1_000;
    private static final int MOST_KEYS = 100_000;
    private static final int TRIES = 3;

    private final DataSource dataSource;
    private final Duration timeout;
    private final int examples;
    private final int keys;

    private PostgresVerifier(DataSource dataSource, Duration timeout, int examples, int keys) {
        this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
        this.timeout = timeout;
        this.examples = examples;
        this.keys = keys;
    }

    /** Of the views of this database. Touches no server yet. */
    public static PostgresVerifier of(DataSource dataSource) {
        return new PostgresVerifier(dataSource, Duration.ofMinutes(30), 3, 0);
    }

    /** The same with another limit than 30 min for one view, from 1 ms to 20 days. */
    public PostgresVerifier withTimeout(Duration longest) {
        if (longest.compareTo(Duration.ofMillis(1)) < 0 || longest.compareTo(Duration.ofDays(20)) > 0) {
            throw new IllegalArgumentException("a timeout must be between 1 ms and 20 days, not " + longest);
        }
        return new PostgresVerifier(dataSource, longest, examples, keys);
    }

    /** The same with another number of examples of each kind than 3, from 0 to 1,000. */
    public PostgresVerifier withExamples(int ofEachKind) {
        if (ofEachKind < 0 || ofEachKind > MOST_EXAMPLES) {
            throw new IllegalArgumentException(
                    "the examples of each kind must be between 0 and " + MOST_EXAMPLES + ", not " + ofEachKind);
        }
        return new PostgresVerifier(dataSource, timeout, ofEachKind, keys);
    }

    /**
     * The same, but of a delta table only as many of its keys, from 1 to 100,000, taken by chance from the table and from those
     * of its sources that hold keys. Only these are computed. Materialized views are compared as a whole.
     */
    public PostgresVerifier withSample(int ofKeys) {
        if (ofKeys < 1 || ofKeys > MOST_KEYS) {
            throw new IllegalArgumentException("a sample must be of 1 to " + MOST_KEYS + " keys, not " + ofKeys);
        }
        return new PostgresVerifier(dataSource, timeout, examples, ofKeys);
    }

    /**
     * Compares one view.
     *
     * @return what differs; with a {@link Verification#problem} where it cannot be compared
     * @throws RefreshException if the database cannot be reached
     */
    public Verification verify(ViewName view) throws RefreshException {
        try {
            for (int tries = 0; tries < TRIES; tries++) {
                Optional<Verification> found =
                        Transactions.snapshot(dataSource, "verifying " + view, timeout, on -> compared(on, view));
                if (found.isPresent()) {
                    return found.get();
                }
            }
            return Verifying.problem(view, "each time a table that it reads was truncated or rewritten meanwhile");
        } catch (RefreshException e) {
            if (e.sqlState().isEmpty() || e.sqlState().get().startsWith("08")) {
                throw e;
            }
            return Verifying.problem(view, String.valueOf(e.getMessage()));
        }
    }

    /** Empty where what it read had no longer what its snapshot should have seen. */
    private Optional<Verification> compared(Connection connection, ViewName view) throws SQLException {
        SourceFiles files = SourceFiles.of(connection, view);
        Verification found = Verifying.of(connection, examples, keys).verify(view);
        return files.haveChanged() ? Optional.empty() : Optional.of(found);
    }

    /** Compares these one after the other, each in a snapshot of its own; one that cannot be compared stops no other. */
    public List<Verification> verify(Collection<ViewName> views) throws RefreshException {
        List<Verification> all = new ArrayList<>();
        for (ViewName view : views) {
            all.add(verify(view));
        }
        return all;
    }
}
