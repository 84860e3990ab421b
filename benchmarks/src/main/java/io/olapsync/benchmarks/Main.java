package io.olapsync.benchmarks;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Starts the benchmarks: a profile ({@code quick}, {@code full}), the page of earlier results ({@code page}), or, for all
 * other arguments, JMH's own main.
 */
public final class Main {

    private Main() {}

    /** See the class; a wrong option is one line and exit code 2, a question that could not be asked exit code 1. */
    public static void main(String[] args) throws Exception {
        List<String> rest = Arrays.asList(args).subList(Math.min(1, args.length), args.length);
        switch (args.length == 0 ? "" : args[0]) {
            case "quick", "full", "page" -> System.exit(profile(args[0], rest));
            case Asking.ARGUMENT ->
                Asking.ask(rest.get(0), Boolean.parseBoolean(rest.get(1)), rest.get(2), Path.of(rest.get(3)));
            default -> org.openjdk.jmh.Main.main(args);
        }
    }

    private static int profile(String name, List<String> arguments) throws Exception {
        @Nullable ProfileOptions options = orError(() -> ProfileOptions.parse(name, arguments));
        if (options == null) {
            return 2;
        }
        if (name.equals("page")) {
            return Profile.page(options);
        }
        try (@Nullable ProfileServers servers = orError(() -> ProfileServers.open(options))) {
            return servers == null ? 2 : new Profile(options, servers, System.out).run();
        }
    }

    private static <T> @Nullable T orError(Supplier<T> asked) {
        try {
            return asked.get();
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            return null;
        }
    }
}
