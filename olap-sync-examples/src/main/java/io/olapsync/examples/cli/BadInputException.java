package io.olapsync.examples.cli;

/** What the user gave cannot be used; the message is one line that says why, without secrets. */
final class BadInputException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    BadInputException(String message) {
        super(message);
    }

    BadInputException(String message, Throwable cause) {
        super(message, cause);
    }
}
