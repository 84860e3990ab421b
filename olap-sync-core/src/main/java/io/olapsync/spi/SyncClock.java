package io.olapsync.spi;

import java.time.Instant;

/** The engine's source of time: the wall clock stamps, the monotonic clock measures. Thread-safe. */
public interface SyncClock {

    /** The wall clock. */
    Instant now();

    /** Nanoseconds of a clock that never steps; only differences mean anything. */
    long nanoTime();

    /** The clock of the machine. */
    static SyncClock system() {
        return new SyncClock() {
            @Override
            public Instant now() {
                return Instant.now();
            }

            @Override
            public long nanoTime() {
                return System.nanoTime();
            }
        };
    }
}
