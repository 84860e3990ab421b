package io.olapsync.benchmarks.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What one way of doing something was measured to take, turn by turn.
 *
 * @param way its name, as a table's heading
 * @param values one for each turn, in the order of the turns; at least one
 */
public record Samples(String way, List<Double> values) {

    /** Copies the values. */
    public Samples {
        if (way.isBlank() || values.isEmpty()) {
            throw new IllegalArgumentException("nothing was measured of '" + way + "'");
        }
        values = List.copyOf(values);
    }

    /** Of plain numbers. */
    public static Samples of(String way, double... values) {
        return new Samples(way, Arrays.stream(values).boxed().toList());
    }

    /** The middle one, or the mean of the two in the middle. */
    public double median() {
        return percentile(50);
    }

    /**
     * Interpolated between the two nearest.
     *
     * @param percent 0, the least, to 100, the most
     */
    public double percentile(double percent) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        double at = (sorted.length - 1) * percent / 100;
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
    }

    /**
     * This less the other, turn by turn, so that whatever hit both in one turn is taken out.
     *
     * @throws IllegalArgumentException where the other has another number of turns
     */
    public Samples minus(Samples other) {
        if (other.values.size() != values.size()) {
            throw new IllegalArgumentException(way + " and " + other.way + " had different numbers of turns");
        }
        List<Double> differences = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            differences.add(values.get(i) - other.values.get(i));
        }
        return new Samples(way + " less " + other.way, differences);
    }

    /** Each value times the factor, under another name. */
    public Samples times(double factor, String name) {
        return new Samples(name, values.stream().map(value -> value * factor).toList());
    }
}
