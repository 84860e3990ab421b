package io.olapsync.testkit.internal;

/** Another process listens on the port. */
public final class PortTakenException extends Exception {

    private static final long serialVersionUID = 1L;

    /** The port is part of the message. */
    public PortTakenException(int port) {
        super("Port " + port + " is in use by another process");
    }
}
