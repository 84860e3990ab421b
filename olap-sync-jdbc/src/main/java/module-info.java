/** The PostgreSQL adapters. */
module io.olapsync.jdbc {
    requires transitive io.olapsync.core;
    requires transitive java.sql;
    requires transitive org.jspecify;
    requires org.slf4j;

    exports io.olapsync.jdbc;
}
