package io.olapsync.jdbc.internal;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the catalog what an error message would only say in words. */
final class Catalog {

    private static final Logger log = LoggerFactory.getLogger(Catalog.class);

    private Catalog() {}

    /**
     * Whether somebody else refreshed the view, or emptied it, since it was looked at. Decides between a conflict with a
     * refresh by hand, which another attempt gets over, and a fault of the view's own.
     */
    static boolean wasTouchedSince(Prepared before, WorkConnection work) {
        try (PreparedStatement statement = work.connection()
                .prepareStatement("SELECT xmin::pg_catalog.text::bigint FROM pg_catalog.pg_class WHERE oid = ?")) {
            statement.setLong(1, before.oid());
            try (ResultSet row = statement.executeQuery()) {
                return !row.next() || row.getLong(1) != before.catalogXmin();
            }
        } catch (SQLException e) {
            log.debug("cannot ask the catalog about {}", before.view(), e);
            return false;
        } finally {
            work.rollback();
        }
    }
}
