package io.olapsync.jdbc.internal;

import io.olapsync.jdbc.VacuumPolicy;
import io.olapsync.spi.CancelSignal;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What follows the commit of a refresh. A view that has just been populated gets its statistics at once, because those that read it
 * need them for their plans; nobody can have cached it. Dead rows can wait. Nothing here fails the refresh.
 */
record TidyingUp(Cleaning cleaning, VacuumPolicy vacuum, CancelSignal cancel) {

    private static final Logger log = LoggerFactory.getLogger(TidyingUp.class);

    void after(List<Refreshed> done, WorkConnection work, Watch watch) {
        for (Refreshed refreshed : done) {
            cleaning.afterwards(refreshed);
            if (!refreshed.firstTime() || !vacuum.enabled() || cancel.isCancelled()) {
                continue;
            }
            try {
                work.connection().setAutoCommit(false);
                work.limit(vacuum.timeout().plusSeconds(10));
                try (Statement statement = work.connection().createStatement()) {
                    statement.setQueryTimeout((int) vacuum.timeout().toSeconds());
                    watch.running(statement);
                    statement.execute(Cleaning.analyze(refreshed.view()));
                    work.connection().commit();
                } finally {
                    watch.running(null);
                }
            } catch (SQLException e) {
                log.debug("{} could not be analysed", refreshed.view(), e);
                work.rollback();
                if (SqlErrors.losesConnection(e)) {
                    work.doubt();
                    return;
                }
            }
        }
    }
}
