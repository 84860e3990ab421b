package io.olapsync.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.SyncPlan;
import io.olapsync.spi.Finding;
import io.olapsync.spi.ViewName;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LastLookTest {

    private static final ViewName A = ViewName.parse("public.a");
    private static final ViewName B = ViewName.parse("public.b");

    @Test
    void edges_are_compared_anew_where_they_have_changed_also_in_the_sets_that_were_given() {
        SyncPlan plan = SyncPlan.named("two")
                .view("a")
                .view("b", view -> view.after("a"))
                .build();
        LastLook look = new LastLook();
        Map<ViewName, Set<ViewName>> real = new LinkedHashMap<>();
        real.put(A, new LinkedHashSet<>());
        real.put(B, new LinkedHashSet<>(Set.of(A)));

        assertThat(look.differences(plan, real)).isEmpty();
        assertThat(look.differences(plan, real)).isEmpty();
        real.put(A, new LinkedHashSet<>(Set.of(B)));
        real.put(B, new LinkedHashSet<>());
        assertThat(look.differences(plan, real)).extracting(Finding::code).containsExactly("edge-contradicted");
        Set.copyOf(real.keySet()).forEach(view -> real.get(view).clear());
        assertThat(look.differences(plan, real)).extracting(Finding::code).containsExactly("edge-unconfirmed");
    }
}
