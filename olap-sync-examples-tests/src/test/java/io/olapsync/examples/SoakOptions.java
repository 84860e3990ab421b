package io.olapsync.examples;

import java.time.Duration;

/**
 * What the command line of the soak says.
 *
 * @param processes how many processes read events
 * @param events how many events are written
 * @param writing how long that takes, unless the machine is too slow for it
 * @param everyMillis how long the average pause between two faults is
 * @param seed what the changes and the faults are drawn from
 */
record SoakOptions(int processes, int events, Duration writing, long everyMillis, long seed) {

    static final String USAGE =
            "usage: [--processes 4] [--events 100000] [--minutes 5] [--fault-every-seconds 5] [--seed N]";

    static final SoakOptions DEFAULTS =
            new SoakOptions(4, 100_000, Duration.ofMinutes(5), 5_000, System.nanoTime() & 0xffff);

    SoakOptions {
        if (processes < 1 || events < 1 || everyMillis < 1 || writing.isNegative() || writing.isZero()) {
            throw new IllegalArgumentException("at least one of everything, please; " + USAGE);
        }
    }

    static SoakOptions parse(String... arguments) {
        SoakOptions options = DEFAULTS;
        for (int i = 0; i < arguments.length; i += 2) {
            if (i + 1 == arguments.length) {
                throw new IllegalArgumentException(arguments[i] + " needs a value; " + USAGE);
            }
            options = options.with(arguments[i], arguments[i + 1]);
        }
        return options;
    }

    private SoakOptions with(String option, String value) {
        return switch (option) {
            case "--processes" -> new SoakOptions(Integer.parseInt(value), events, writing, everyMillis, seed);
            case "--events" -> new SoakOptions(processes, Integer.parseInt(value), writing, everyMillis, seed);
            case "--minutes" ->
                new SoakOptions(
                        processes,
                        events,
                        Duration.ofMillis((long) (Double.parseDouble(value) * 60_000)),
                        everyMillis,
                        seed);
            case "--fault-every-seconds" ->
                new SoakOptions(processes, events, writing, (long) (Double.parseDouble(value) * 1_000), seed);
            case "--seed" -> new SoakOptions(processes, events, writing, everyMillis, Long.parseLong(value));
            default -> throw new IllegalArgumentException("unknown option " + option + "; " + USAGE);
        };
    }
}
