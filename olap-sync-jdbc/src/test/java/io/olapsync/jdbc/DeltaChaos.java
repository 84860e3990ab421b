package io.olapsync.jdbc;

import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.ViewName;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A small shop under random writers: regions, customers, orders (partitioned) and items, and views of every shape that
 * can be kept by keys, each with the declaration that keeps it.
 */
final class DeltaChaos {

    static final List<String> TABLES = List.of(
            "CREATE TABLE regions (region int PRIMARY KEY, label text)",
            "CREATE TABLE customers (customer int PRIMARY KEY, region int REFERENCES regions ON DELETE SET NULL, name text)",
            "CREATE TABLE orders (id int, customer int REFERENCES customers ON DELETE CASCADE, day int, amount numeric(10, 2),"
                    + " PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
            "CREATE TABLE orders_1 PARTITION OF orders FOR VALUES FROM (0) TO (50)",
            "CREATE TABLE orders_2 PARTITION OF orders FOR VALUES FROM (50) TO (100)",
            "CREATE TABLE items (item int PRIMARY KEY, order_id int, day int, kind text, price numeric(10, 2),"
                    + " FOREIGN KEY (order_id, day) REFERENCES orders ON DELETE CASCADE ON UPDATE CASCADE)",
            "CREATE INDEX ON customers (region)",
            "CREATE INDEX ON orders (customer)",
            "CREATE INDEX ON items (order_id, day)");

    static final List<String> ROWS = List.of(
            "INSERT INTO regions SELECT g, 'region ' || g FROM generate_series(1, 6) g",
            "INSERT INTO customers SELECT g, nullif(1 + g % 7, 7), 'name ' || g FROM generate_series(1, 40) g",
            "INSERT INTO orders SELECT g, 1 + g % 40, g % 100, g FROM generate_series(1, 300) g",
            "INSERT INTO items SELECT g, 1 + g % 300, (1 + g % 300) % 100, nullif('kind ' || g % 5, 'kind 4'), g % 50"
                    + " FROM generate_series(1, 600) g");

    private static final String ORDERS_OF_ITEMS =
            "SELECT o.id FROM changed c JOIN public.orders o ON o.id = c.order_id AND o.day = c.day";

    /** A view, the columns of its unique index, and its declaration. */
    record Shape(String definition, String unique, DeltaSpec spec) {}

    static Map<ViewName, Shape> shapes() {
        Map<ViewName, Shape> shapes = new LinkedHashMap<>();
        shape(
                shapes,
                "inner_join",
                "SELECT i.item, i.kind, o.id, o.amount, c.name FROM items i JOIN orders o ON o.id = i.order_id AND o.day = i.day"
                        + " JOIN customers c USING (customer)",
                "item",
                DeltaSpec.key("item")
                        .source("items", "item")
                        .lookup(
                                "orders",
                                "SELECT i.item FROM changed c JOIN public.items i ON i.order_id = c.id AND i.day = c.day",
                                "id",
                                "day")
                        .lookup(
                                "customers",
                                "SELECT i.item FROM changed c JOIN public.orders o ON o.customer = c.customer"
                                        + " JOIN public.items i ON i.order_id = o.id AND i.day = o.day",
                                "customer"));
        shape(
                shapes,
                "left_join",
                "SELECT c.customer, c.name, r.label FROM customers c LEFT JOIN regions r USING (region)",
                "customer",
                DeltaSpec.key("customer")
                        .source("customers", "customer")
                        .lookup(
                                "regions",
                                "SELECT c.customer FROM changed g JOIN public.customers c USING (region)",
                                "region"));
        shape(
                shapes,
                "aggregate",
                "SELECT order_id, count(*) AS items, count(DISTINCT kind) AS kinds, max(price) AS most, avg(price) AS mean,"
                        + " json_agg(kind ORDER BY item) AS listed FROM items GROUP BY order_id",
                "order_id",
                DeltaSpec.key("order_id").source("items", "order_id"));
        shape(
                shapes,
                "windowed",
                "SELECT id, day, customer, amount, rank() OVER (PARTITION BY customer ORDER BY amount DESC, id) AS place,"
                        + " sum(amount) OVER (PARTITION BY customer) AS of_all FROM orders",
                "id, day",
                DeltaSpec.key("customer").source("orders", "customer"));
        shape(
                shapes,
                "having_many",
                "SELECT customer, count(*) AS orders, sum(amount) AS amount FROM orders GROUP BY customer HAVING count(*) > 6",
                "customer",
                DeltaSpec.key("customer").source("orders", "customer"));
        shape(
                shapes,
                "united",
                "SELECT 'order' AS what, id AS number, day FROM orders UNION ALL SELECT 'item', item, day FROM items",
                "what, number, day",
                DeltaSpec.key("number").source("orders", "id").source("items", "item"));
        shape(
                shapes,
                "composite",
                "SELECT region, kind, count(*) AS items, sum(price) AS price FROM items i"
                        + " JOIN orders o ON o.id = i.order_id AND o.day = i.day JOIN customers USING (customer)"
                        + " GROUP BY region, kind",
                "region, kind",
                DeltaSpec.key("region", "kind")
                        .lookup(
                                "items",
                                "SELECT k.region, c.kind FROM changed c JOIN public.orders o ON o.id = c.order_id"
                                        + " AND o.day = c.day JOIN public.customers k ON k.customer = o.customer",
                                "order_id",
                                "day",
                                "kind")
                        .lookup(
                                "orders",
                                "SELECT DISTINCT k.region, i.kind FROM changed c JOIN public.customers k"
                                        + " ON k.customer = c.customer CROSS JOIN (SELECT DISTINCT kind FROM public.items"
                                        + " UNION SELECT kind FROM public.composite) i",
                                "customer")
                        .lookup(
                                "customers",
                                "SELECT DISTINCT c.region, i.kind FROM changed c CROSS JOIN (SELECT DISTINCT kind FROM"
                                        + " public.items UNION SELECT kind FROM public.composite) i",
                                "region"));
        shape(
                shapes,
                "summed",
                "SELECT c.region, o.day, count(*) AS items, sum(i.price) AS price, max(i.price) AS most, min(o.amount) AS least,"
                        + " avg(i.price) AS mean, count(i.price) AS priced, sum(o.customer) FILTER (WHERE i.kind = 'kind 1') AS some"
                        + " FROM items i JOIN orders o ON o.id = i.order_id AND o.day = i.day JOIN customers c USING (customer)"
                        + " GROUP BY c.region, o.day",
                "region, day",
                DeltaSpec.key("day")
                        .source("items", "day")
                        .source("orders", "day")
                        .lookup(
                                "customers",
                                "SELECT o.day FROM changed c JOIN public.orders o USING (customer)",
                                "customer"));
        shape(
                shapes,
                "united_sums",
                "SELECT u.day, sum(u.n) AS total, sum(u.one) AS ones FROM (SELECT day, amount AS n, 1 AS one FROM orders UNION ALL"
                        + " SELECT day, price, 0 FROM items) u GROUP BY u.day",
                "day",
                DeltaSpec.key("day").source("items", "day").source("orders", "day"));
        shape(
                shapes,
                "sums_of_null",
                "SELECT order_id, sum(price) AS price, sum(price) FILTER (WHERE kind = 'kind 1') AS some FROM items"
                        + " GROUP BY order_id",
                "order_id",
                DeltaSpec.key("order_id").source("items", "order_id"));
        shape(
                shapes,
                "nested",
                "WITH per_order AS (SELECT order_id, day, sum(price) AS price FROM items GROUP BY order_id, day)"
                        + " SELECT o.id, o.day, o.amount, p.price FROM orders o"
                        + " LEFT JOIN per_order p ON p.order_id = o.id AND p.day = o.day",
                "id, day",
                DeltaSpec.key("id").source("orders", "id").source("items", "order_id"));
        shape(
                shapes,
                "of_customers",
                "SELECT customer, count(*) AS orders, coalesce(sum(amount), 0) AS amount FROM orders GROUP BY customer",
                "customer",
                DeltaSpec.key("customer").source("orders", "customer"));
        shape(
                shapes,
                "chained",
                "SELECT c.region, sum(o.orders) AS orders, sum(o.amount) AS amount FROM of_customers o"
                        + " JOIN customers c USING (customer) GROUP BY c.region",
                "region",
                DeltaSpec.key("region")
                        .source("customers", "region")
                        .lookup(
                                "of_customers",
                                "SELECT c.region FROM changed o JOIN public.customers c USING (customer)",
                                "customer"));
        return shapes;
    }

    private static void shape(
            Map<ViewName, Shape> shapes, String name, String definition, String unique, DeltaSpec spec) {
        shapes.put(ViewName.parse(name), new Shape(definition, unique, spec));
    }

    private DeltaChaos() {}
}
