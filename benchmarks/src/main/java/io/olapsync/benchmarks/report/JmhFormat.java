package io.olapsync.benchmarks.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Results in the format of JMH's own {@code -rf json}, for whatever reads that: an entry for each way of each comparison,
 * single shots, each turn a value.
 */
final class JmhFormat {

    private static final double[] PERCENTILES = {0, 50, 90, 95, 99, 99.9, 99.99, 99.999, 99.9999, 100};

    private JmhFormat() {}

    static List<Map<String, Object>> of(Results results) {
        List<Map<String, Object>> entries = new ArrayList<>();
        for (Answered answer : results.answers()) {
            for (Comparison comparison : answer.comparisons()) {
                for (Samples way : comparison.ways()) {
                    entries.add(entry(answer.question(), comparison, way));
                }
            }
        }
        return entries;
    }

    private static Map<String, Object> entry(String question, Comparison comparison, Samples way) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("benchmark", "io.olapsync.benchmarks." + word(question) + "." + word(way.way()));
        entry.put("mode", "ss");
        entry.put("threads", 1);
        entry.put("forks", 1);
        entry.put("warmupIterations", 0);
        entry.put("measurementIterations", way.values().size());
        entry.put("params", Map.of("work", comparison.what()));
        entry.put("primaryMetric", metric(comparison.unit(), way));
        entry.put("secondaryMetrics", Map.of());
        return entry;
    }

    private static Map<String, Object> metric(String unit, Samples way) {
        double mean =
                way.values().stream().mapToDouble(Double::doubleValue).average().orElseThrow();
        Map<String, Double> percentiles = new LinkedHashMap<>();
        for (double percent : PERCENTILES) {
            percentiles.put(String.valueOf(percent), way.percentile(percent));
        }
        Map<String, Object> metric = new LinkedHashMap<>();
        metric.put("score", mean);
        metric.put("scoreError", "NaN");
        metric.put("scoreConfidence", List.of(way.percentile(25), way.percentile(75)));
        metric.put("scorePercentiles", percentiles);
        metric.put("scoreUnit", unit.equals("ms") ? "ms/op" : unit);
        metric.put("rawData", List.of(way.values()));
        return metric;
    }

    private static String word(String text) {
        return text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "_");
    }
}
