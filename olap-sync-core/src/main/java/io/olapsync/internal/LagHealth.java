package io.olapsync.internal;

import io.olapsync.SyncHealth;
import io.olapsync.spi.Ticks;
import io.olapsync.spi.ViewControl;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** Says of target lags whether they are held, by what all processes have done. */
record LagHealth(Lags lags, Ticks ticks, Map<ViewName, ViewControl> controls) {

    /** The name under which a refresh of a view is claimed; no schedule may be called so. */
    static String claimName(ViewName view) {
        return "target lag " + view;
    }

    Optional<Ticks.Claimed> lastClaim(ViewName view) {
        return ticks.last(claimName(view));
    }

    /** Why the view is, or will be, older than it shall be; empty where it is not. */
    Optional<String> problem(Lags.Aim aim) {
        ViewControl control = controls.getOrDefault(aim.view(), ViewControl.none(aim.view()));
        if (control.isPaused()) {
            return Optional.of("it is paused: " + control.pauseReason());
        }
        if (control.isSuspended()) {
            return Optional.of("it is suspended after " + control.failures() + " failures in a row");
        }
        if (!aim.isHoldable()) {
            return Optional.of("its refresh, and those of what it reads, take " + Texts.of(aim.work())
                    + ": it will be up to " + Texts.of(aim.expected()) + " old");
        }
        Optional<Instant> current = lags.current(aim.view());
        Instant limit = current.map(shown -> shown.plus(aim.lag())).orElse(Instant.MIN);
        if (ticks.now().isBefore(limit.plus(aim.lag().dividedBy(10)))) {
            return Optional.empty();
        }
        Instant due = lags.due(aim, Instant.MIN);
        Optional<Ticks.Claimed> claim =
                lastClaim(aim.view()).filter(claimed -> !claimed.claim().tick().isBefore(due));
        String age = current.map(shown -> "what it shows is " + Texts.of(Duration.between(shown, ticks.now())) + " old")
                .orElse("it, or what it reads, was never refreshed");
        if (claim.isEmpty()) {
            return Optional.of(age + ", and no process has begun to refresh it");
        }
        Duration since = Duration.between(claim.get().claim().tick(), ticks.now());
        return since.compareTo(aim.lease()) > 0
                ? Optional.of(
                        age + "; " + claim.get().claim().process() + " began to refresh it " + Texts.of(since) + " ago")
                : Optional.empty();
    }

    SyncHealth.Schedule entry(Lags.Aim aim, Optional<String> looking) {
        return new SyncHealth.Schedule(
                claimName(aim.view()),
                "at most " + Texts.of(aim.lag()) + " old",
                lastClaim(aim.view()).map(claimed -> claimed.claim().tick()),
                Optional.of(lags.due(aim, ticks.now())),
                looking.or(() -> problem(aim)));
    }
}
