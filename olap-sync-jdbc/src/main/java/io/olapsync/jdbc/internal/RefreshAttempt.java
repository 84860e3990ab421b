package io.olapsync.jdbc.internal;

import io.olapsync.jdbc.PostgresSettings;
import io.olapsync.jdbc.internal.delta.DeltaWork;
import io.olapsync.spi.CancelSignal;
import io.olapsync.spi.RefreshCondition;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshException.Kind;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.RefreshRequest;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewRefresh;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One call of the executor: from the lock to the commit, and the vacuum after it. Used once, by one thread. */
public final class RefreshAttempt {

    private static final Logger log = LoggerFactory.getLogger(RefreshAttempt.class);
    private static final Duration CONFIRMATION = Duration.ofSeconds(5);
    private static final String READ_COMMITTED = "READ COMMITTED";
    private static final String REPEATABLE_READ = "REPEATABLE READ";

    private final Database database;
    private final PostgresSettings settings;
    private final Watchdog watchdog;
    private final RefreshRequest request;
    private final RefreshLock lock;
    private final String doing;
    private final long startedNanos = System.nanoTime();

    /** The view that is being worked on, for the error message. */
    private @Nullable ViewName at;

    /** The last view that was looked at, to ask the catalog about it after a failure. */
    private @Nullable Prepared prepared;

    private boolean snapshotIsOld;

    /** Whether it is known already that the one view is not as it would be after a refresh. */
    private boolean hasChanged;

    public RefreshAttempt(PostgresSettings settings, Watchdog watchdog, RefreshRequest request, RefreshLock lock) {
        this.database = watchdog.database();
        this.settings = settings;
        this.watchdog = watchdog;
        this.request = request;
        this.lock = lock;
        this.doing =
                "refreshing " + (request.views().size() == 1 ? request.views().get(0) : request.views() + " together");
    }

    public List<ViewRefresh> run() throws RefreshException {
        if (request.cancel().isCancelled()) {
            throw new RefreshException(Kind.CANCELLED, doing + " was cancelled before it began", null);
        }
        AdvisoryLock ours = lock.unwrap(AdvisoryLock.class).orElse(null);
        if (ours != null) {
            if (!ours.views().containsAll(request.views())) {
                throw new IllegalArgumentException(
                        "the lock is on " + ours.views() + ", so it does not cover " + request.views());
            }
            return on(ours.work());
        }
        try (WorkConnection own = database.borrow()) {
            return on(own);
        } catch (SQLException e) {
            throw SqlErrors.translate(e, null, doing, startedNanos);
        }
    }

    private List<ViewRefresh> on(WorkConnection work) throws RefreshException {
        if (!work.enter()) {
            throw lockLost("it was closed, or is in use by another thread");
        }
        try (Watch watch = watchdog.watch(work, doing, request.timeout())) {
            try (CancelSignal.Registration registration =
                    request.cancel().onCancel(() -> watch.stop(StopReason.CANCELLED, "the run was cancelled"))) {
                return request.views().size() > 1 ? group(work, watch) : single(work, watch);
            } catch (SQLException e) {
                throw failed(e, work, watch);
            } catch (RefreshException | RuntimeException e) {
                work.rollback();
                throw e;
            }
        } finally {
            work.leave();
        }
    }

    private List<ViewRefresh> single(WorkConnection work, Watch watch) throws SQLException, RefreshException {
        ViewName view = request.views().get(0);
        at = view;
        if (work.scope() != WorkConnection.Scope.TRANSACTION) {
            begin(READ_COMMITTED, work);
        }
        Prepared before = look(view, work, watch);
        if (!holds(before, work)) {
            work.connection().rollback();
            return List.of();
        }
        Optional<Refreshed> left = leave(before, work);
        Refreshed refreshed;
        if (left.isPresent()) {
            refreshed = left.get();
        } else {
            refreshed = before.isDelta() ? onSnapshot(before, work, watch) : refresh(before, work, watch);
        }
        commit(work, watch);
        tidyingUp().after(List.of(refreshed), work, watch);
        return List.of(refreshed.result());
    }

    /** A delta table that needs nothing is done where it was looked at; empty for all others. */
    private Optional<Refreshed> leave(Prepared before, WorkConnection work) throws SQLException, RefreshException {
        Integer delta = before.delta();
        if (delta == null || request.verifies() || hasChanged) {
            return Optional.empty();
        }
        Optional<DeltaWork.Done> done = DeltaWork.leave(work.connection(), delta, before.snapshot());
        return done.isPresent() ? Optional.of(recorded(before, done.get(), work)) : Optional.empty();
    }

    /** Looks again in a REPEATABLE READ transaction, which begins while the lock is held, and refreshes in it. */
    private Refreshed onSnapshot(Prepared before, WorkConnection work, Watch watch)
            throws SQLException, RefreshException {
        if (work.scope() == WorkConnection.Scope.TRANSACTION && work.keepsAndBegins()) {
            return atOnce(before, work, watch);
        }
        if (work.scope() == WorkConnection.Scope.TRANSACTION) {
            work.keepForSession();
        } else {
            work.connection().rollback();
        }
        begin(REPEATABLE_READ, work);
        return refresh(look(before.view(), work, watch), work, watch);
    }

    /** The same, with all that is asked in that transaction before anything is computed in one round trip. */
    private Refreshed atOnce(Prepared before, WorkConnection work, Watch watch) throws SQLException, RefreshException {
        Backend held = work.backend();
        watch.check();
        limitToTimeout(work);
        var look = ViewSql.look(before.view(), settings.lockTimeout(), left());
        var seen = new DeltaWork.Look(Objects.requireNonNull(before.delta()));
        List<Together.Query<?>> questions = new ArrayList<>(List.of(look));
        questions.addAll(seen.queries());
        Together asked = work.keepAndBegin(questions);
        stays(held, work);
        Prepared now = looked(before.view(), asked.of(look).stream().findFirst(), work);
        if (!Objects.equals(before.delta(), now.delta())) {
            return refresh(now, work, watch);
        }
        return recorded(
                now, DeltaWork.refresh(new Watched(work.connection(), watch), seen, asked, request.verifies()), work);
    }

    /** Whether the condition calls for a refresh of the view, asked in the transaction that has looked at it. */
    private boolean holds(Prepared before, WorkConnection work) throws RefreshException {
        if (request.condition() == RefreshCondition.ALWAYS) {
            return true;
        }
        KnownFacts facts = new KnownFacts(before, work);
        boolean holds = request.condition().holds(facts);
        hasChanged = facts.sawChanges();
        return holds;
    }

    /** Populates one view in a READ COMMITTED transaction of its own, committed. The lock is older than its snapshot. */
    private void populate(ViewName view, WorkConnection work, Watch watch) throws SQLException, RefreshException {
        at = view;
        begin(READ_COMMITTED, work);
        refresh(look(view, work, watch), work, watch);
        commit(work, watch);
    }

    /** Several views in one REPEATABLE READ transaction, begun after the lock was taken. */
    private List<ViewRefresh> group(WorkConnection work, Watch watch) throws SQLException, RefreshException {
        Set<ViewName> first = new HashSet<>();
        List<Prepared> now = lookAtAll(work);
        boolean called = false;
        for (Prepared before : now) {
            at = before.view();
            called |= holds(before, work);
        }
        work.connection().rollback();
        if (!called) {
            return List.of();
        }
        for (Prepared before : now) {
            if (before.populated()) {
                continue;
            }
            ViewName view = before.view();
            populate(view, work, watch);
            watch.working();
            first.add(view);
        }
        begin(REPEATABLE_READ, work);
        snapshotIsOld = true;
        List<Refreshed> done = new ArrayList<>();
        for (ViewName view : request.views()) {
            at = view;
            Refreshed refreshed = refresh(look(view, work, watch), work, watch);
            done.add(first.contains(view) ? refreshed.asFirst() : refreshed);
        }
        at = null;
        commit(work, watch);
        tidyingUp().after(done, work, watch);
        return done.stream().map(Refreshed::result).toList();
    }

    private TidyingUp tidyingUp() {
        return new TidyingUp(watchdog.cleaning(), settings.vacuum(), request.cancel());
    }

    private List<Prepared> lookAtAll(WorkConnection work) throws SQLException, RefreshException {
        begin(READ_COMMITTED, work);
        List<Prepared> views = new ArrayList<>();
        for (ViewName view : request.views()) {
            at = view;
            views.add(prepare(view, work));
        }
        return views;
    }

    private void begin(String isolation, WorkConnection work) throws SQLException, RefreshException {
        Backend before = work.backend();
        work.limit(settings.responseTimeout());
        work.begin(isolation, null);
        stays(before, work);
    }

    /** The lock is the session's: another one has none. */
    private void stays(@Nullable Backend before, WorkConnection work) throws RefreshException {
        Backend now = Objects.requireNonNull(work.backend());
        if (work.scope() == WorkConnection.Scope.SESSION && before != null && !before.isSameProcess(now)) {
            work.keepBackend(before);
            work.doubt();
            throw new RefreshException(
                    Kind.PERMANENT,
                    doing + ": the connection is behind a transaction pooler: the lock was taken on backend "
                            + before.pid() + ", the transaction runs on " + now.pid(),
                    null,
                    null,
                    "give the library a data source that goes to the server directly, or to a session pool",
                    null);
        }
    }

    private Prepared prepare(ViewName view, WorkConnection work) throws SQLException, RefreshException {
        return looked(view, new ViewSql(work.connection()).before(view, settings.lockTimeout(), left()), work);
    }

    private Prepared looked(ViewName view, Optional<Prepared> found, WorkConnection work)
            throws SQLException, RefreshException {
        Prepared now = found.orElseThrow(() -> new SQLException(view + " does not exist", "42P01"));
        prepared = now;
        Backend backend = work.backend();
        if (work.scope() == WorkConnection.Scope.TRANSACTION
                && (backend == null || backend.transactionMicros() != now.transactionMicros())) {
            throw lockLost("its transaction has ended");
        }
        return now;
    }

    private Prepared look(ViewName view, WorkConnection work, Watch watch) throws SQLException, RefreshException {
        watch.check();
        limitToTimeout(work);
        return prepare(view, work);
    }

    /** From here to the commit the watchdog's deadline comes first; this is for where that cannot act. */
    private void limitToTimeout(WorkConnection work) throws SQLException, RefreshException {
        work.limit(left().plus(settings.cancelGrace().multipliedBy(2)).plusSeconds(5));
    }

    private Refreshed refresh(Prepared looked, WorkConnection work, Watch watch) throws SQLException, RefreshException {
        Prepared before = looked.populated() ? looked : populating(looked, work, watch);
        ViewName view = before.view();
        Integer delta = before.delta();
        if (delta != null) {
            DeltaWork.Done done = DeltaWork.refresh(new Watched(work.connection(), watch), delta, request.verifies());
            return recorded(before, done, work);
        }
        if (before.populated() && !before.usableIndex()) {
            throw new SQLException("it has no unique index that CONCURRENTLY can use", "55000");
        }
        String sql = "REFRESH MATERIALIZED VIEW " + (before.populated() ? "CONCURRENTLY " : "") + view.sql();
        new Watched(work.connection(), watch).execute(sql);
        return recorded(before, null, work);
    }

    private Refreshed recorded(Prepared before, DeltaWork.@Nullable Done done, WorkConnection work)
            throws SQLException, RefreshException {
        Refreshed refreshed = new ViewSql(work.connection())
                .after(
                        before,
                        done,
                        request.views().size() == 1,
                        request.run(),
                        request.recordsInvalidations(),
                        left());
        Fuses.check(refreshed, request.fuses().get(before.view()));
        return refreshed;
    }

    /**
     * Makes sure that an unpopulated view stays so until it is populated here. Populating locks readers out, so it must
     * never hit a view that somebody else has populated meanwhile; and it would put an old snapshot over a newer one.
     * LOCK TABLE does not take a materialized view, but ANALYZE does, keeps its lock, and is cheap on an empty one.
     */
    private Prepared populating(Prepared before, WorkConnection work, Watch watch)
            throws SQLException, RefreshException {
        if (!before.readCommitted()) {
            throw new RefreshException(
                    Kind.CONTENDED, before.view() + " was emptied by somebody while it was being refreshed", null);
        }
        new Watched(work.connection(), watch).execute("ANALYZE " + before.view().sql());
        return prepare(before.view(), work);
    }

    private void commit(WorkConnection work, Watch watch) throws SQLException, RefreshException {
        if (work.scope() == WorkConnection.Scope.NO_LOCK && !lock.isHeld()) {
            throw lockLost("its store no longer has it");
        }
        watch.committing();
        work.connection().commit();
        watch.committed();
    }

    private Duration left() throws RefreshException {
        Duration left = request.timeout().minusNanos(System.nanoTime() - startedNanos);
        if (left.toMillis() <= 0) {
            throw new RefreshException(
                    Kind.TIMED_OUT, doing + " reached its timeout of " + request.timeout(), at, null, null, null);
        }
        return left;
    }

    private RefreshException lockLost(String how) {
        return new RefreshException(Kind.CONTENDED, doing + ": the lock is no longer held: " + how, null);
    }

    /** What an error means, once nothing of ours runs on the server any more. */
    private RefreshException failed(SQLException e, WorkConnection work, Watch watch) {
        boolean committing = watch.isCommitting();
        if (SqlErrors.losesConnection(e)) {
            work.doubt();
            confirmEnd(work);
        } else {
            work.rollback();
        }
        if (committing && SqlErrors.losesConnection(e)) {
            return SqlErrors.translate(
                    e, Kind.TRANSIENT, at, doing + ": the outcome is unknown, because the commit", startedNanos);
        }
        if (watch.reason() != null) {
            return watch.stopped(e);
        }
        return SqlErrors.translate(e, kind(e, work), at, doing, startedNanos);
    }

    private void confirmEnd(WorkConnection work) {
        Backend backend = work.backend();
        if (backend != null && !database.ends(backend, CONFIRMATION)) {
            log.warn(
                    "{}: the connection died and it could not be confirmed that backend {} has ended; as long as it has"
                            + " not, it keeps its lock",
                    doing,
                    backend.pid());
        }
    }

    private Kind kind(SQLException e, WorkConnection work) {
        String state = SqlErrors.state(e);
        Duration took = Duration.ofNanos(System.nanoTime() - startedNanos);
        if ("57014".equals(state) && took.compareTo(request.timeout().minusMillis(2)) >= 0) {
            return Kind.TIMED_OUT;
        }
        Prepared before = prepared;
        if (before != null && ("0A000".equals(state) || (snapshotIsOld && "23505".equals(state)))) {
            return Catalog.wasTouchedSince(before, work) ? Kind.CONTENDED : Kind.PERMANENT;
        }
        return SqlErrors.kind(e);
    }
}
