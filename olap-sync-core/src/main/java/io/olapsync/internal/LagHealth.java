package io.olapsync.internal;

import io.olapsync.SyncHealth;
import io.olapsync.spi.IncidentKey;
import io.olapsync.spi.IncidentKey.Topic;
import io.olapsync.spi.IncidentSource.Judgement;
import io.olapsync.spi.Ticks;
import io.olapsync.spi.ViewControl;
import io.olapsync.spi.ViewName;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

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
        if (current.filter(shown -> ticks.now().isBefore(tooOld(aim, shown))).isPresent()) {
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
        boolean tooLong = since.compareTo(aim.lease()) > 0
                || current.filter(shown -> tooOld(aim, shown).plus(aim.lease()).isBefore(ticks.now()))
                        .isPresent(); // taken up again and again, and no younger for that
        return tooLong
                ? Optional.of(
                        age + "; " + claim.get().claim().process() + " began to refresh it " + Texts.of(since) + " ago")
                : Optional.empty();
    }

    private static Instant tooOld(Lags.Aim aim, Instant shown) {
        return shown.plus(aim.lag()).plus(aim.lag().dividedBy(10));
    }

    /**
     * Whether the target lag is held, by what all processes share; empty where that is not certain, and where it, or what it
     * reads, is paused, which is meant.
     *
     * @param beneath the view and all that it reads
     */
    Optional<Judgement> judge(Lags.Aim aim, Set<ViewName> beneath, Set<IncidentKey> explanations) {
        boolean isHeldBack = beneath.stream()
                .map(view -> controls.getOrDefault(view, ViewControl.none(view)))
                .anyMatch(control -> control.isPaused() || control.isSuspended());
        if (isHeldBack) {
            return Optional.empty();
        }
        String subject = aim.view().toString();
        Optional<String> problem = problem(aim);
        if (problem.isPresent()) {
            String remedy = aim.isHoldable()
                    ? "see what keeps its refresh: locks, slow queries, a process that is stuck"
                    : "give it a longer target lag, at least "
                            + Texts.of(aim.expected().plus(aim.work())) + ", or make its refresh cheaper";
            return Optional.of(Judgement.wrong(
                            Topic.TARGET_LAG,
                            subject,
                            "at most " + Texts.of(aim.lag()) + " was asked for; " + problem.get(),
                            remedy)
                    .explainedBy(explanations));
        }
        return aim.isHeldEasily() ? Optional.of(Judgement.well(Topic.TARGET_LAG, subject)) : Optional.empty();
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
