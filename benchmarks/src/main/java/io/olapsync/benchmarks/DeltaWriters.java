package io.olapsync.benchmarks;

import io.olapsync.benchmarks.report.Answer;
import io.olapsync.benchmarks.report.Comparison;
import io.olapsync.benchmarks.report.Samples;
import io.olapsync.benchmarks.report.Verdict;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** What the capture of changes costs those who write the source: in turns with its triggers, without any, and with such as one would write oneself. */
final class DeltaWriters {

    private static final int CLIENTS = 4;
    private static final double KEPT = 0.9;
    private static final double LONGER = 1.3;
    private static final int ROWS = 10_000;

    private final DeltaStar star;
    private final int turns;
    private final double seconds;
    private final String update;
    private final String updateMany;
    private final String insert;
    private final long rows;

    DeltaWriters(DeltaStar star, Effort effort) throws SQLException {
        this.star = star;
        this.turns = effort.turns(2, 8);
        this.seconds = effort.quick() ? 0.15 : 1;
        boolean entries = star.shape().source().equals("cash_flow_entries");
        String id = entries ? "entry_id" : "stakeholder_id";
        String set = entries ? "amount = amount + 1" : "claim_amount = claim_amount + 1";
        this.update = "UPDATE public." + star.shape().source() + " SET " + set + " WHERE " + id + " = ?";
        this.updateMany = "UPDATE public." + star.shape().source() + " SET " + set + " WHERE " + id
                + " BETWEEN ?1 AND ?1 + " + (ROWS - 1);
        this.insert = entries
                ? "INSERT INTO public.cash_flow_entries (case_id, booked_on, direction, category, amount)"
                        + " VALUES (1 + ? % 1000, '2025-03-03', 'in', 'other', 1)"
                : "INSERT INTO public.stakeholders (case_id, stakeholder_type, name, status, claim_amount)"
                        + " VALUES (1 + ? % 1000, 'bank', 'a bank', 'registered', 1)";
        this.rows =
                star.number("SELECT max(" + id + ") FROM public." + star.shape().source());
    }

    void measure(Answer answer) throws Exception {
        answer.add(single("insert of one row", insert));
        answer.add(single("update of one row", update));
        answer.add(many());
    }

    private Comparison single(String title, String sql) throws Exception {
        Map<Captured, List<Double>> perSecond = new EnumMap<>(Captured.class);
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        try {
            perSecond(clients, sql);
            for (int i = 0; i < turns; i++) {
                for (Captured captured : inTurn(i)) {
                    star.capture(captured);
                    perSecond
                            .computeIfAbsent(captured, none -> new ArrayList<>())
                            .add(perSecond(clients, sql));
                }
            }
        } finally {
            clients.shutdownNow();
        }
        star.capture(Captured.BY_LIBRARY);
        Comparison compared = compared(title + ", " + CLIENTS + " clients", "a second", perSecond);
        return compared.with(Verdict.atLeast("of what it was", compared.ratio(), KEPT));
    }

    /** In each turn another one begins. */
    private static List<Captured> inTurn(int turn) {
        List<Captured> ways = new ArrayList<>(List.of(Captured.values()));
        Collections.rotate(ways, turn);
        return ways;
    }

    private static Comparison compared(String what, String unit, Map<Captured, List<Double>> values) {
        List<Samples> ways = new ArrayList<>();
        values.forEach((captured, taken) -> ways.add(new Samples(captured.way(), taken)));
        return Comparison.of(what, unit, ways);
    }

    private double perSecond(ExecutorService clients, String sql) throws Exception {
        long end = System.nanoTime() + (long) (seconds * 1e9);
        List<Callable<Long>> tasks = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            SplittableRandom random = new SplittableRandom(System.nanoTime() + i);
            tasks.add(() -> {
                long done = 0;
                try (Connection connection = star.pool().getConnection();
                        PreparedStatement statement = connection.prepareStatement(sql)) {
                    for (; System.nanoTime() < end; done++) {
                        statement.setLong(1, random.nextLong(1, rows + 1));
                        statement.executeUpdate();
                    }
                }
                return done;
            });
        }
        long all = 0;
        for (Future<Long> task : clients.invokeAll(tasks)) {
            all += task.get();
        }
        return all / seconds;
    }

    private Comparison many() throws SQLException {
        Map<Captured, List<Double>> times = new EnumMap<>(Captured.class);
        try (Connection connection = star.pool().getConnection();
                PreparedStatement statement = connection.prepareStatement(updateMany.replace("?1", "?"))) {
            SplittableRandom random = new SplittableRandom(1);
            for (int i = 0; i < 2 * turns; i++) {
                for (Captured captured : inTurn(i)) {
                    star.capture(captured);
                    long from = random.nextLong(1, Math.max(2, rows - ROWS));
                    statement.setLong(1, from);
                    statement.setLong(2, from);
                    long start = System.nanoTime();
                    statement.executeUpdate();
                    times.computeIfAbsent(captured, none -> new ArrayList<>()).add((System.nanoTime() - start) / 1e6);
                }
            }
        }
        star.capture(Captured.BY_LIBRARY);
        Comparison compared = compared("update of " + ROWS + " rows", "ms", times);
        return compared.with(Verdict.atMost("times its time", compared.ratio(), LONGER));
    }
}
