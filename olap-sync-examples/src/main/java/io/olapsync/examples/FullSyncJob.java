package io.olapsync.examples;

import io.olapsync.InvalidPlanException;
import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.SyncRejectedException;
import io.olapsync.SyncReport;
import io.olapsync.SyncRequest;
import io.olapsync.jdbc.PostgresPlugin;
import io.olapsync.redis.RedisPlugin;
import io.olapsync.report.HealthJson;
import io.olapsync.report.PlanDiagram;
import io.olapsync.report.PlanJson;
import io.olapsync.report.ReportText;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * The main job: full syncs and what keeps the views fresh between them, from end to end.
 *
 * <p>Without arguments it starts a PostgreSQL and a Redis of its own, fills the example's star, syncs it, changes some
 * rows, syncs again, and shows a cached query before and after; then it writes a burst of business events and shows the
 * views catching up, and a call that is deferred; last it syncs the same changes by materialized views and by delta tables. With a plan it runs a full sync of that, on the user's own servers. The
 * last line of its output is the health document. Exit code 0: all well; 1: the sync failed; 2: bad arguments.
 */
public final class FullSyncJob {

    private static final int FAILED = 1;
    private static final int BAD_ARGUMENTS = 2;

    private final JobOptions options;
    private final PrintStream out;

    private FullSyncJob(JobOptions options, PrintStream out) {
        this.options = options;
        this.out = out;
    }

    /** See the class. Ends the JVM with the exit code where that is not 0. */
    public static void main(String[] arguments) {
        int code = run(System.out, System.err, arguments);
        System.out.flush();
        if (code != 0) {
            System.exit(code);
        }
    }

    static int run(PrintStream out, PrintStream err, String... arguments) {
        JobOptions options;
        SyncPlan plan;
        try {
            options = JobOptions.parse(arguments);
            plan = options.plan().isPresent() ? PlanJson.read(options.plan().get()) : PlanJson.parse(visionOlap());
        } catch (IllegalArgumentException | UncheckedIOException | IOException e) {
            err.println(oneLine(e));
            return BAD_ARGUMENTS;
        }
        try (JobServers servers = JobServers.open(options, out)) {
            return new FullSyncJob(options, out).run(servers, plan) ? 0 : FAILED;
        } catch (SyncRejectedException e) {
            err.println(e.getMessage());
            return FAILED;
        } catch (Exception e) {
            err.println("failed: " + oneLine(e));
            return FAILED;
        }
    }

    private boolean run(JobServers servers, SyncPlan plan) throws Exception {
        out.println();
        out.print(PlanDiagram.text(plan));
        OlapSync.Builder builder = OlapSync.builder(plan)
                .install(PostgresPlugin.of(servers.dataSource()))
                .retry(3, Duration.ofSeconds(5))
                .listener(new Progress(out));
        return options.plan().isPresent() ? ownPlan(servers, builder) : star(servers, plan, builder);
    }

    private boolean ownPlan(JobServers servers, OlapSync.Builder builder) {
        try (OlapSync sync = builder.install(RedisPlugin.of(servers.redis())).build()) {
            boolean succeeded = sync("full sync", sync).succeeded();
            out.println();
            out.println("== events: left out. They would be changes of your tables, and the job makes none there");
            return ended(sync, succeeded);
        }
    }

    private boolean star(JobServers servers, SyncPlan plan, OlapSync.Builder builder) throws Exception {
        StarDemo demo = new StarDemo(servers, options.stakeholders(), out);
        EventDemo events = EventDemo.prepare(servers, out);
        demo.prepare(plan);
        try (OlapSync sync = events.configure(builder).build()) {
            boolean succeeded = sync("first full sync", sync).succeeded()
                    && demo.changes(() -> sync("second full sync", sync))
                    && events.run(sync)
                    && new DeltaDemo(servers, out).run();
            return ended(sync, succeeded);
        }
    }

    private boolean ended(OlapSync sync, boolean succeeded) {
        String health = HealthJson.write(sync.health());
        out.println();
        out.println(health);
        return succeeded;
    }

    private SyncReport sync(String title, OlapSync sync) {
        out.println();
        out.println("== " + title);
        SyncRequest request = SyncRequest.full().withTrigger("main job");
        SyncReport report =
                sync.run(options.publication().map(request::withPublication).orElse(request));
        out.println();
        out.print(ReportText.of(report));
        return report;
    }

    private static String visionOlap() throws IOException {
        try (InputStream in = FullSyncJob.class.getResourceAsStream("vision-olap.json")) {
            if (in == null) {
                throw new IOException("missing from the jar: vision-olap.json");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static String oneLine(Exception e) {
        String message = e instanceof InvalidPlanException plan
                ? String.join("; ", plan.problems())
                : String.valueOf(e.getMessage());
        return message.lines().map(String::strip).reduce((a, b) -> a + " " + b).orElse(message);
    }
}
