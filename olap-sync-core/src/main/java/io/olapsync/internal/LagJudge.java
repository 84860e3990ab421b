package io.olapsync.internal;

import io.olapsync.spi.IncidentKey;
import io.olapsync.spi.IncidentKey.Topic;
import io.olapsync.spi.IncidentSource;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Judges, for alerts, whether target lags are held: by the states and claims that all processes share. */
final class LagJudge implements IncidentSource {

    private final EngineParts parts;
    private final LagLoop loop;
    private final Unreadable unreadable;

    LagJudge(EngineParts parts, LagLoop loop) {
        this.parts = parts;
        this.loop = loop;
        this.unreadable = new Unreadable(parts.clock());
    }

    @Override
    public synchronized List<Judgement> judge() throws RefreshException {
        LagHealth read;
        try {
            read = loop.read();
        } catch (RefreshException e) {
            String remedy = unreadable.remedy(e);
            return loop.targets().stream()
                    .map(view -> Judgement.wrong(
                            Topic.TARGET_LAG, view.toString(), "its age cannot be read: " + e.getMessage(), remedy))
                    .toList();
        }
        unreadable.over();
        List<Judgement> all = new ArrayList<>();
        for (Lags.Aim aim : read.lags().aims()) {
            if (loop.isStarted() || read.lastClaim(aim.view()).isPresent()) { // else nobody was ever asked to hold it
                Set<ViewName> beneath = Demand.beneath(parts.plan(), Set.of(aim.view()));
                read.judge(aim, beneath, explanations(beneath)).ifPresent(all::add);
            }
        }
        return all;
    }

    /** What else, once it is told, says why a target lag is not held. */
    private Set<IncidentKey> explanations(Set<ViewName> beneath) {
        String plan = parts.plan().name();
        Set<IncidentKey> keys = new HashSet<>();
        beneath.forEach(view -> keys.add(new IncidentKey(plan, Topic.REFRESH, view.toString())));
        parts.plan().checks().forEach(check -> keys.add(new IncidentKey(plan, Topic.CHECK, check.name())));
        keys.add(new IncidentKey(plan, Topic.RUN, SyncKind.INCREMENTAL.name().toLowerCase(Locale.ROOT)));
        return keys;
    }
}
