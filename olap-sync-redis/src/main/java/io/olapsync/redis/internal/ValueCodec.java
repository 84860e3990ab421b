package io.olapsync.redis.internal;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/** A result as JSON text and back. Null is the empty text, which no JSON document is. */
public final class ValueCodec {

    private final JavaType type;
    private final ObjectReader reader;
    private final ObjectWriter writer;

    public ValueCodec(JsonMapper mapper, JavaType type) {
        this.type = type;
        this.reader = mapper.readerFor(type);
        this.writer = mapper.writerFor(type);
    }

    String write(@Nullable Object value) {
        return value == null ? "" : writer.writeValueAsString(value);
    }

    /** @param text UTF-8, in an array */
    @Nullable
    Object read(ByteBuffer text) {
        return text.hasRemaining()
                ? reader.readValue(text.array(), text.arrayOffset() + text.position(), text.remaining())
                : null;
    }

    JavaType type() {
        return type;
    }
}
