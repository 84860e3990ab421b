package io.olapsync.benchmarks;

import io.olapsync.SyncPlan;
import io.olapsync.spi.ViewName;
import java.util.Locale;
import java.util.SplittableRandom;

/** How the views of a plan hang together. */
public enum PlanShape {

    /** No view reads another. */
    WIDE,

    /** Layers of equal size, as many as each has views; each view reads three of the layer before, drawn at random. */
    LAYERED;

    private static final long SEED = 1;
    private static final int UPSTREAMS = 3;

    /** A plan of so many views; always the same one. */
    SyncPlan plan(int views) {
        SyncPlan.Builder plan = SyncPlan.named(name().toLowerCase(Locale.ROOT));
        int width = Math.max(UPSTREAMS, (int) Math.sqrt(views));
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < views; i++) {
            int layer = i / width;
            if (this == WIDE || layer == 0) {
                plan.view(name(i));
            } else {
                ViewName[] upstreams = random.ints(0, width)
                        .distinct()
                        .limit(UPSTREAMS)
                        .mapToObj(at -> name((layer - 1) * width + at))
                        .toArray(ViewName[]::new);
                plan.view(name(i), view -> view.after(upstreams));
            }
        }
        return plan.build();
    }

    private static ViewName name(int number) {
        return ViewName.of("public", "view_" + number);
    }
}
