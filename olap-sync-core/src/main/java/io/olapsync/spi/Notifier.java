package io.olapsync.spi;

/**
 * Sends messages to people.
 *
 * <p>The engine calls it on threads of its own, one message at a time, never in the way of a refresh; it tries again as the
 * exception says. A message may come twice, where a process dies right after sending it. Thread-safe.
 *
 * <p>Bounded: it returns or throws within a minute. Its secrets (a webhook's URL, a password) are in no exception, no log
 * line and not in its {@code toString}. What an {@link Alert} contains may come from anywhere, such as names of views and
 * texts of errors: it is shown as text, whatever it contains, and cut where it is too long.
 */
public interface Notifier {

    /**
     * Its name, the same in all processes that send to the same people: what was told is remembered by it. Two of one
     * engine need different ones. Without secrets, 1 to 100 characters.
     */
    String name();

    /**
     * Sends a message, and returns when the receiver has taken it.
     *
     * @throws NotificationException if it was not taken
     */
    void send(Alert alert) throws NotificationException;
}
