package io.olapsync.jdbc;

import io.olapsync.jdbc.internal.ControlRows;
import io.olapsync.jdbc.internal.FirstLooks;
import io.olapsync.jdbc.internal.OrderRows;
import io.olapsync.jdbc.internal.StateRows;
import io.olapsync.jdbc.internal.UnchangedViews;
import io.olapsync.spi.PendingInvalidation;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshOrder;
import io.olapsync.spi.Snapshot;
import io.olapsync.spi.ViewConfirmation;
import io.olapsync.spi.ViewControl;
import io.olapsync.spi.ViewName;
import io.olapsync.spi.ViewState;
import io.olapsync.spi.ViewStates;
import io.olapsync.spi.ViewsSeen;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import javax.sql.DataSource;

/**
 * The state of views in the tables of the schema {@code olap_sync}: what they show, the invalidations still to be done,
 * the refreshes that were asked for, and what holds views back. Times and durations are by the server's clock.
 */
public final class PostgresViewStates implements ViewStates {

    private final PostgresSchema schema;
    private final StateRows rows;
    private final OrderRows orders;
    private final ControlRows controls;
    private final UnchangedViews unchanged;
    private final FirstLooks looks;

    /** The states in this database, with the default settings; the tables are created where they are absent. */
    public PostgresViewStates(DataSource dataSource) {
        this(dataSource, PostgresSettings.defaults(), PostgresSchema.of(dataSource));
    }

    /** The states in this database; the data source stays the caller's. Touches no server yet. */
    public PostgresViewStates(DataSource dataSource, PostgresSettings settings, PostgresSchema schema) {
        this.schema = Objects.requireNonNull(schema, "schema");
        this.rows = new StateRows(dataSource, settings);
        this.orders = new OrderRows(dataSource, settings);
        this.controls = new ControlRows(dataSource, settings);
        this.unchanged = new UnchangedViews(dataSource, settings);
        this.looks = new FirstLooks(dataSource, settings, unchanged);
    }

    @Override
    public Map<ViewName, ViewState> read(Collection<ViewName> views) throws RefreshException {
        schema.ensure();
        return rows.read(views);
    }

    @Override
    public List<PendingInvalidation> pendingInvalidations(Collection<ViewName> views) throws RefreshException {
        schema.ensure();
        return rows.pendingInvalidations(views);
    }

    @Override
    public void invalidated(Collection<PendingInvalidation> done) throws RefreshException {
        schema.ensure();
        rows.invalidated(done);
    }

    @Override
    public void confirmed(Collection<ViewConfirmation> unchanged) throws RefreshException {
        schema.ensure();
        rows.confirmed(unchanged);
    }

    @Override
    public Set<ViewName> unchanged(Map<ViewName, Set<ViewName>> ancestors) throws RefreshException {
        schema.ensure();
        return unchanged.among(ancestors);
    }

    @Override
    public Snapshot now() throws RefreshException {
        schema.ensure();
        return rows.now();
    }

    @Override
    public ViewsSeen look(Collection<ViewName> views, Map<ViewName, Set<ViewName>> ancestors) throws RefreshException {
        schema.ensure();
        return looks.of(views, ancestors);
    }

    @Override
    public void order(Collection<ViewName> views, Duration delay, String reason) throws RefreshException {
        schema.ensure();
        orders.add(views, delay, reason);
    }

    @Override
    public List<RefreshOrder> orders(Collection<ViewName> views) throws RefreshException {
        schema.ensure();
        return orders.open(views);
    }

    @Override
    public void fulfilled(Collection<RefreshOrder> done) throws RefreshException {
        schema.ensure();
        orders.remove(done);
    }

    @Override
    public Map<ViewName, ViewControl> controls(Collection<ViewName> views) throws RefreshException {
        schema.ensure();
        return controls.read(views);
    }

    @Override
    public Set<ViewName> failed(Collection<ViewName> views, int suspendAfter) throws RefreshException {
        schema.ensure();
        return controls.countFailure(views, suspendAfter);
    }

    @Override
    public void pause(Collection<ViewName> views, String reason) throws RefreshException {
        schema.ensure();
        controls.pause(views, reason);
    }

    @Override
    public void resume(Collection<ViewName> views) throws RefreshException {
        schema.ensure();
        controls.resume(views);
    }

    @Override
    public void eventsArriving(Collection<ViewName> views) throws RefreshException {
        schema.ensure();
        controls.eventsArriving(views);
    }
}
