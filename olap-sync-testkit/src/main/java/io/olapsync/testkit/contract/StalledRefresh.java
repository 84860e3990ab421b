package io.olapsync.testkit.contract;

/** A refresh that gets stuck in its work, once it has begun, until this is closed. */
public interface StalledRefresh extends AutoCloseable {

    /** Waits until it is stuck. */
    void await() throws Exception;

    /** Lets it go on. May be called twice. */
    @Override
    void close();
}
