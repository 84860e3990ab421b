package io.olapsync.examples.cli;

import io.olapsync.OlapSync;

/** Closes an engine when the process is told to end: what runs is cancelled on the server, and the history says so. */
final class EndedByShutdown implements AutoCloseable {

    private final Thread hook;

    EndedByShutdown(OlapSync sync) {
        this.hook = new Thread(sync::close, "olap-sync-shutdown");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            return; // it is under way
        }
    }
}
