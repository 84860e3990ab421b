package io.olapsync.jdbc.internal;

/**
 * The server process behind a connection, recognisable when its pid has been given to another one since.
 *
 * @param pid its process id
 * @param startedMicros when it started, in microseconds since the epoch, by the database's clock
 * @param transactionMicros when our transaction on it started, likewise; 0 where the session itself is ours
 */
record Backend(int pid, long startedMicros, long transactionMicros) {

    /** The same process, all of whose work is ours, whichever transaction it is in. */
    Backend ofSession() {
        return new Backend(pid, startedMicros, 0);
    }

    boolean isSameProcess(Backend other) {
        return pid == other.pid && startedMicros == other.startedMicros;
    }
}
