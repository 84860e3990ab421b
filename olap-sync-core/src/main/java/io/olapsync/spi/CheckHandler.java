package io.olapsync.spi;

/** The code behind one type of {@link CheckSpec}. Thread-safe; blocks until the answer is known. */
@FunctionalInterface
public interface CheckHandler {

    /**
     * Checks something before any view is refreshed.
     *
     * @param check what to check
     * @param cancel tells the handler to stop
     * @throws RefreshException if the check did not pass ({@code PERMANENT}) or could not be made
     */
    void check(CheckSpec check, CancelSignal cancel) throws RefreshException;
}
