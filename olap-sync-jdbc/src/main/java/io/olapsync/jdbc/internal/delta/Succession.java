package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Names;
import io.olapsync.spi.ViewName;
import java.util.ArrayList;
import java.util.List;

/**
 * How a relation of the other kind takes the place of one: built beside it under a name of its own, with everything that
 * the old one carries, and then put in its place by renaming, which is the one moment that locks readers out.
 */
final class Succession {

    private final Relation old;
    private final String word;
    private final ViewName built;
    private final ViewName away;

    /** @param id a number for the names that are used on the way */
    Succession(Relation old, String word, int id) {
        this.old = old;
        this.word = word;
        this.built = ViewName.of(old.name().schema(), "olap_sync_new_" + id);
        this.away = away(old.name(), id);
    }

    /** What the session has set must not show in what is created: so everything begins. */
    static List<String> settings() {
        return List.of(
                "SET LOCAL search_path = pg_catalog, pg_temp",
                "SET LOCAL default_tablespace = ''",
                "SET LOCAL default_table_access_method = heap");
    }

    /** The name of what is succeeded, once it has made room. */
    static ViewName away(ViewName old, int id) {
        return ViewName.of(old.schema(), "olap_sync_old_" + id);
    }

    /** The successor, before it has its name. */
    ViewName built() {
        return built;
    }

    /** Creates it with the rows of a query, and gives it what can be given before it has its name. */
    List<String> building(String query) {
        List<String> sql = new ArrayList<>();
        sql.add(old.creation(word, built) + query);
        for (Relation.Attribute column : old.columns()) {
            for (String setting : column.settings()) {
                sql.add("ALTER " + word + " " + built.sql() + " ALTER COLUMN "
                        + column.column().sql() + " " + setting);
            }
            if (!column.comment().isEmpty()) {
                sql.add("COMMENT ON COLUMN " + built.sql() + "."
                        + column.column().sql() + " IS " + Texts.literal(column.comment()));
            }
        }
        if (!old.comment().isEmpty()) {
            sql.add("COMMENT ON " + word + " " + built.sql() + " IS " + Texts.literal(old.comment()));
        }
        for (int i = 0; i < old.indexes().size(); i++) {
            Relation.Index index = old.indexes().get(i);
            sql.add(index.ddl()
                    .replace(
                            index.prefix(),
                            index.prefix().startsWith("CREATE UNIQUE")
                                    ? "CREATE UNIQUE INDEX " + Names.quote(temporary(i)) + " ON " + built.sql() + " "
                                    : "CREATE INDEX " + Names.quote(temporary(i)) + " ON " + built.sql() + " "));
        }
        grants(sql);
        if (word.equals("TABLE")) {
            // Without one, a host that publishes all of its tables could not have it written.
            sql.add("ALTER TABLE " + built.sql() + " REPLICA IDENTITY FULL");
        }
        if (!old.ownedByThisRole()) {
            sql.add("ALTER " + word + " " + built.sql() + " OWNER TO " + Names.quote(old.owner()));
        }
        return sql;
    }

    private void grants(List<String> sql) {
        for (String grantee : old.defaults()) {
            sql.add("REVOKE ALL ON TABLE " + built.sql() + " FROM " + grantee);
        }
        for (Relation.Grant grant : old.grants()) {
            sql.add("GRANT " + grant.privilege()
                    + (grant.column().isEmpty() ? "" : " (" + Names.quote(grant.column()) + ")") + " ON TABLE "
                    + built.sql() + " TO " + grant.grantee() + (grant.grantable() ? " WITH GRANT OPTION" : ""));
        }
    }

    private String temporary(int index) {
        return built.name() + "_" + (index + 1);
    }

    /** Takes the place. From here on readers wait, until the commit. */
    List<String> taking() {
        return List.of(
                "ALTER " + old.word() + " " + old.name().sql() + " RENAME TO " + Names.quote(away.name()),
                "ALTER " + word + " " + built.sql() + " RENAME TO "
                        + Names.quote(old.name().name()));
    }

    /** Drops the old one, which nothing may depend on any more, and takes over the names that only one can have. */
    List<String> ending() {
        List<String> sql = new ArrayList<>();
        sql.add("DROP " + old.word() + " " + away.sql());
        String schema = Names.quote(old.name().schema()) + ".";
        for (int i = 0; i < old.indexes().size(); i++) {
            Relation.Index index = old.indexes().get(i);
            String name = schema + Names.quote(index.name());
            sql.add("ALTER INDEX " + schema + Names.quote(temporary(i)) + " RENAME TO " + Names.quote(index.name()));
            index.settings().forEach(setting -> sql.add("ALTER INDEX " + name + " " + setting));
            if (!index.comment().isEmpty()) {
                sql.add("COMMENT ON INDEX " + name + " IS " + Texts.literal(index.comment()));
            }
            if (index.clustered()) {
                sql.add("ALTER " + word + " " + old.name().sql() + " CLUSTER ON " + Names.quote(index.name()));
            }
        }
        for (Relation.Statistics statistics : old.statistics()) {
            sql.add(statistics.sql());
            if (!statistics.comment().isEmpty()) {
                sql.add("COMMENT ON STATISTICS " + statistics.name() + " IS " + Texts.literal(statistics.comment()));
            }
            if (statistics.target() >= 0) {
                sql.add("ALTER STATISTICS " + statistics.name() + " SET STATISTICS " + statistics.target());
            }
            if (!statistics.owner().isEmpty()) {
                sql.add("ALTER STATISTICS " + statistics.name() + " OWNER TO " + Names.quote(statistics.owner()));
            }
        }
        return sql;
    }
}
