package io.olapsync.examples.cli;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Passes UTF-8 on to a terminal without what that would obey: names and errors come from a database, and may hold any character.
 * Control characters, line and paragraph separators and direction marks are written out as escapes that JSON knows, too.
 */
final class VisibleText extends FilterOutputStream {

    private static final boolean RETURNS = System.lineSeparator().indexOf('\r') >= 0;

    private final byte[] held = new byte[2]; // the beginning of a character that may have to be written out
    private int count;

    private VisibleText(OutputStream terminal) {
        super(terminal);
    }

    /** The same stream, in UTF-8; each line goes out at once. */
    static PrintStream on(OutputStream terminal) {
        return new PrintStream(new VisibleText(terminal), true, StandardCharsets.UTF_8);
    }

    @Override
    public void write(int b) throws IOException {
        int c = b & 0xff;
        if (count > 0 && (c & 0xc0) != 0x80) {
            release(); // no character of UTF-8
        }
        if (count == 0) {
            first(c);
        } else if (count == 1) {
            second(c);
        } else {
            third(c);
        }
    }

    private void first(int c) throws IOException {
        if (c == 0xc2 || c == 0xd8 || c == 0xe2) {
            hold(c);
        } else if ((c < 0x20 && c != '\n' && c != '\t' && !(c == '\r' && RETURNS)) || c == 0x7f) {
            escape(c);
        } else {
            out.write(c);
        }
    }

    private void second(int c) throws IOException {
        boolean isControl = (held[0] & 0xff) == 0xc2 && c <= 0x9f;
        if (isControl) {
            count = 0;
            escape(c);
        } else if ((held[0] & 0xff) == 0xd8 && c == 0x9c) {
            count = 0;
            escape(0x061c);
        } else if ((held[0] & 0xff) == 0xe2 && (c == 0x80 || c == 0x81)) {
            hold(c);
        } else {
            release();
            out.write(c);
        }
    }

    private void third(int c) throws IOException {
        int character = 0x2000 | ((held[1] & 0x3f) << 6) | (c & 0x3f);
        boolean turns = (character >= 0x2028 && character <= 0x202e)
                || (character >= 0x2066 && character <= 0x2069)
                || character == 0x200e
                || character == 0x200f;
        if (turns) {
            count = 0;
            escape(character);
        } else {
            release();
            out.write(c);
        }
    }

    private void hold(int c) {
        held[count++] = (byte) c;
    }

    private void release() throws IOException {
        out.write(held, 0, count);
        count = 0;
    }

    private void escape(int character) throws IOException {
        out.write(String.format(Locale.ROOT, "\\u%04x", character).getBytes(StandardCharsets.US_ASCII));
    }

    /** @throws IOException where nobody reads it any more, which the stream beneath keeps to itself */
    @Override
    public void flush() throws IOException {
        super.flush();
        if (out instanceof PrintStream stream && stream.checkError()) {
            throw new IOException("the output cannot be written");
        }
    }

    @Override
    public void close() throws IOException {
        release();
        super.close();
    }
}
