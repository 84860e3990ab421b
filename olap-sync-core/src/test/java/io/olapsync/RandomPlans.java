package io.olapsync;

import io.olapsync.spi.CheckSpec;
import io.olapsync.spi.DeltaSource;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.Fuse;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/** Plans by seed, with names of every sort, and the edges they were made of. */
public final class RandomPlans {

    private final Random random;
    private final Map<ViewName, Set<ViewName>> edges = new LinkedHashMap<>();
    private final List<ViewName> declared;
    private final SyncPlan plan;

    /** A plan of 1 to 200 views. */
    public RandomPlans(long seed) {
        random = new Random(seed);
        List<ViewName> names = names(1 + random.nextInt(200));
        double density = random.nextDouble() * 4 / names.size();
        for (int i = 0; i < names.size(); i++) {
            Set<ViewName> upstreams = new LinkedHashSet<>();
            for (int j = 0; j < i; j++) {
                if (random.nextDouble() < density) {
                    upstreams.add(names.get(j));
                }
            }
            edges.put(names.get(i), upstreams);
        }
        declared = new ArrayList<>(names);
        Collections.shuffle(declared, random);
        plan = build();
    }

    /** The plan. */
    public SyncPlan plan() {
        return plan;
    }

    /** For each view the upstreams it was given. */
    public Map<ViewName, Set<ViewName>> edges() {
        return edges;
    }

    /** The views in the order in which they were declared. */
    public List<ViewName> declared() {
        return declared;
    }

    private SyncPlan build() {
        SyncPlan.Builder builder = SyncPlan.named("계획 \"" + random.nextInt() + "\"")
                .publication(random.nextBoolean() ? Publication.EACH : Publication.TOGETHER);
        for (int i = random.nextInt(3); i > 0; i--) {
            builder.check("check " + i, CheckSpec.of("type." + i, "a\"b", "매출"));
        }
        for (ViewName name : declared) {
            builder.view(name, options -> {
                options.after(edges.get(name).toArray(ViewName[]::new));
                decorate(options);
                if (random.nextInt(5) == 0) {
                    options.delta(delta(edges.get(name)));
                }
            });
        }
        if (random.nextBoolean()) {
            builder.onEvent("사건 created", declared.get(0).toString()).invalidationStep("clear \"caches\"");
        }
        return builder.build();
    }

    private void decorate(SyncPlan.ViewOptions options) {
        if (random.nextInt(3) == 0) {
            options.tags("nightly", "tag " + random.nextInt(3), "태그\"" + random.nextInt(3));
        }
        if (random.nextInt(4) == 0) {
            options.deadline(Duration.ofMillis(1 + random.nextInt(100_000_000)));
        }
        if (random.nextInt(4) == 0) {
            options.fuse(new Fuse(random.nextDouble() + Double.MIN_NORMAL, random.nextBoolean()));
        }
    }

    private DeltaSpec delta(Set<ViewName> upstreams) {
        DeltaSpec delta = DeltaSpec.key("id", "Schlüssel \"2\"")
                .source("\"source \"\"1\"\"\"", "주문", "id")
                .lookup("source2", "SELECT a,\n b -- \"\\\" FROM changed", "x");
        for (ViewName upstream : upstreams) {
            delta = delta.with(new DeltaSource(upstream, List.of(), Optional.empty()));
        }
        return random.nextBoolean() ? delta : delta.aging("\"due on\" > now() - interval '1 day'");
    }

    private List<ViewName> names(int count) {
        String[] kinds = {
            "mv_%d", "My View %d", "매출_%d", "a\"%d\"", "+%d+", "tag:%d", "x.%d", "<b>%d</b>", "%d,*", "\\%d\n"
        };
        List<ViewName> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String schema = random.nextInt(3) == 0 ? "olap " + random.nextInt(2) : "public";
            names.add(ViewName.of(schema, String.format(kinds[random.nextInt(kinds.length)], i)));
        }
        return names;
    }
}
