package io.olapsync.examples.star;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/** Rows in the text format of {@code COPY}, in UTF-8, whatever the locale. */
final class CopyText {

    private static final int CHUNK = 1 << 16;

    private final OutputStream out;
    private final StringBuilder buffer = new StringBuilder(CHUNK + 1024);
    private boolean first = true;
    private long rows;

    CopyText(OutputStream out) {
        this.out = out;
    }

    CopyText number(long value) {
        separate();
        buffer.append(value);
        return this;
    }

    CopyText numberOrNull(@Nullable Long value) {
        return value == null ? nothing() : number(value);
    }

    CopyText text(@Nullable String value) {
        if (value == null) {
            return nothing();
        }
        separate();
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '\\' -> buffer.append("\\\\");
                case '\t' -> buffer.append("\\t");
                case '\n' -> buffer.append("\\n");
                case '\r' -> buffer.append("\\r");
                default -> buffer.append(c);
            }
        }
        return this;
    }

    /** An amount given in hundredths; not negative. */
    CopyText amount(long hundredths) {
        number(hundredths / 100);
        buffer.append('.');
        return twoDigits(hundredths % 100);
    }

    CopyText date(@Nullable LocalDate date) {
        if (date == null) {
            return nothing();
        }
        separate();
        return isoDate(date);
    }

    /** The moment so many seconds into the day, in UTC. */
    CopyText moment(@Nullable LocalDate date, int secondOfDay) {
        if (date == null) {
            return nothing();
        }
        separate();
        isoDate(date);
        buffer.append(' ');
        twoDigits(secondOfDay / 3600);
        buffer.append(':');
        twoDigits(secondOfDay / 60 % 60);
        buffer.append(':');
        twoDigits(secondOfDay % 60);
        buffer.append("+00");
        return this;
    }

    void endRow() throws IOException {
        buffer.append('\n');
        first = true;
        rows++;
        if (buffer.length() >= CHUNK) {
            flush();
        }
    }

    void flush() throws IOException {
        out.write(buffer.toString().getBytes(StandardCharsets.UTF_8));
        buffer.setLength(0);
    }

    long rows() {
        return rows;
    }

    private CopyText nothing() {
        separate();
        buffer.append("\\N");
        return this;
    }

    private CopyText isoDate(LocalDate date) {
        buffer.append(date.getYear()).append('-');
        twoDigits(date.getMonthValue());
        buffer.append('-');
        return twoDigits(date.getDayOfMonth());
    }

    private CopyText twoDigits(long value) {
        buffer.append((char) ('0' + value / 10)).append((char) ('0' + value % 10));
        return this;
    }

    private void separate() {
        if (!first) {
            buffer.append('\t');
        }
        first = false;
    }
}
