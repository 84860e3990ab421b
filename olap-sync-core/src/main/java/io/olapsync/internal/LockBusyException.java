package io.olapsync.internal;

import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import java.util.Collection;

/** Somebody else holds the lock of a view: the attempt has not begun. */
final class LockBusyException extends RefreshException {

    private static final long serialVersionUID = 1L;

    LockBusyException(Collection<ViewName> views) {
        super(Kind.CONTENDED, "another sync is refreshing " + (views.size() == 1 ? "" : "one of ") + views, null);
    }
}
