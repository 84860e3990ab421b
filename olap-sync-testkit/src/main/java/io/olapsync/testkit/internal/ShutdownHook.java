package io.olapsync.testkit.internal;

/** Work to be done when the JVM ends in an orderly way, unless it was called off before. */
public final class ShutdownHook {

    private final Thread thread;

    private ShutdownHook(Thread thread) {
        this.thread = thread;
    }

    /** Registers the work; where the JVM is already ending, nothing is registered. */
    public static ShutdownHook of(String name, Runnable work) {
        ShutdownHook hook = new ShutdownHook(new Thread(work, name));
        try {
            Runtime.getRuntime().addShutdownHook(hook.thread);
        } catch (IllegalStateException ending) {
            // too late to stop in order: the watchdog of the process remains
        }
        return hook;
    }

    /** Calls the work off. */
    public void cancel() {
        try {
            Runtime.getRuntime().removeShutdownHook(thread);
        } catch (IllegalStateException ending) {
            // the hook runs already, and does what the caller is about to do
        }
    }
}
