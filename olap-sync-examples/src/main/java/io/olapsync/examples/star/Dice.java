package io.olapsync.examples.star;

/**
 * SplitMix64, written out so that a seed means the same rows on every JDK, machine and locale.
 *
 * <p>The numbers of one row depend on the seed, the table and the row's case alone, so tables can be generated apart.
 */
final class Dice {

    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private long state;

    Dice(long seed) {
        this.state = seed;
    }

    /** Dice for one case of one table; equal arguments give equal throws. */
    static Dice of(long seed, String table, long caseId) {
        return new Dice(mix(mix(seed ^ table.hashCode()) + caseId * GOLDEN));
    }

    long next() {
        state += GOLDEN;
        return mix(state);
    }

    /** Evenly from 0 to {@code bound - 1}. */
    int below(int bound) {
        return (int) (((next() >>> 33) * bound) >>> 31);
    }

    /** From 0 to {@code bound - 1}, the small ones far more often: the lower half holds 8 in 10. */
    int skewedBelow(int bound) {
        return (int) ((long) below(bound) * (below(bound) + 1) / bound);
    }

    boolean chance(int percent) {
        return below(100) < percent;
    }

    <T> T pick(T[] values) {
        return values[below(values.length)];
    }

    <T> T pickSkewed(T[] values) {
        return values[skewedBelow(values.length)];
    }

    /** An amount in hundredths, from 1.00 to about 100 million won, most of them small. */
    long amount() {
        long amount = 100L + below(99_900);
        for (int power = skewedBelow(6); power > 0; power--) {
            amount *= 10;
        }
        return amount;
    }

    private static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
