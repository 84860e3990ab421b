package io.olapsync.jdbc.internal;

import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.util.Optional;
import java.util.Set;

/** A lock that lives on the connection that does the work. */
final class AdvisoryLock implements RefreshLock {

    private final WorkConnection work;
    private final Set<ViewName> views;

    AdvisoryLock(WorkConnection work, Set<ViewName> views) {
        this.work = work;
        this.views = views;
    }

    WorkConnection work() {
        return work;
    }

    Set<ViewName> views() {
        return views;
    }

    @Override
    public <T> Optional<T> unwrap(Class<T> type) {
        if (type.isInstance(this)) {
            return Optional.of(type.cast(this));
        }
        return type == Connection.class ? Optional.of(type.cast(work.connection())) : Optional.empty();
    }

    @Override
    public boolean isHeld() {
        return work.holdsKeys();
    }

    @Override
    public void close() {
        work.close();
    }
}
