package io.olapsync.internal;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs tasks one at a time and in order, on whichever thread brings them. Nobody waits: who finds it busy leaves the task
 * to the thread that is at work. State touched only by its tasks needs no lock, and tasks that submit tasks do not nest,
 * so neither a long chain of steps nor an executor that runs on the calling thread can exhaust the stack.
 */
final class SerialExecutor implements Executor {

    private static final Logger log = LoggerFactory.getLogger(SerialExecutor.class);

    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final Supplier<LogContext> context;
    private final Consumer<Throwable> onFailure;

    SerialExecutor() {
        this(LogContext::none, failure -> {});
    }

    /**
     * @param context what log lines say while a task runs, which may have been brought by a thread at work for something else
     * @param onFailure is told, in turn, what a task threw; must not throw itself
     */
    SerialExecutor(Supplier<LogContext> context, Consumer<Throwable> onFailure) {
        this.context = context;
        this.onFailure = onFailure;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        if (waiting.getAndIncrement() != 0) {
            return;
        }
        do {
            runNext();
        } while (waiting.decrementAndGet() != 0);
    }

    private void runNext() {
        Runnable task = tasks.remove();
        try (LogContext ours = context.get()) {
            task.run();
        } catch (Throwable e) { // the next task must run, whatever this one threw
            log.error("A task of the engine failed unexpectedly; please report this", e);
            onFailure.accept(e);
        }
    }
}
