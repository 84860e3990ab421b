package io.olapsync.jdbc.internal;

import io.olapsync.spi.RefreshException.Kind;

/** Why the library itself ended a refresh. */
enum StopReason {
    CANCELLED(Kind.CANCELLED),
    TIMED_OUT(Kind.TIMED_OUT),
    BLOCKS_DDL(Kind.CONTENDED);

    private final Kind kind;

    StopReason(Kind kind) {
        this.kind = kind;
    }

    Kind kind() {
        return kind;
    }
}
