package io.olapsync.spi;

/** Tells an attempt that its result is no longer wanted. Thread-safe. */
public interface CancelSignal {

    /** Whether the attempt should stop. */
    boolean isCancelled();

    /**
     * Calls back once when the signal is given, on the thread that gives it, or at once where it has been given already.
     * The callback must not block for long.
     *
     * @return takes the callback back; after it has returned, the callback neither runs nor is running
     */
    Registration onCancel(Runnable callback);

    /** A callback that can be taken back. */
    interface Registration extends AutoCloseable {
        @Override
        void close();
    }

    /** A signal that is never given. */
    static CancelSignal never() {
        return new CancelSignal() {
            @Override
            public boolean isCancelled() {
                return false;
            }

            @Override
            public Registration onCancel(Runnable callback) {
                return () -> {};
            }
        };
    }
}
