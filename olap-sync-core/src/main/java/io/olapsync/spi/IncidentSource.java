package io.olapsync.spi;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Something that can be wrong without a step or a run having failed, such as a schedule that nobody takes up. Asked every half
 * minute by each engine that has a notifier: what it finds wrong opens an incident, what it finds well ends one.
 *
 * <p>It goes by what all processes share, or they would contradict each other. Thread-safe; called on a thread of the alerts, which
 * it may block for some reads.
 */
@FunctionalInterface
public interface IncidentSource {

    /**
     * What is certain now; an incident of what is not mentioned stays as it is.
     *
     * @throws RefreshException if the store could not be asked; nothing changes then
     */
    List<Judgement> judge() throws RefreshException;

    /**
     * Whether one thing is as it should be.
     *
     * @param topic what can be wrong: {@link IncidentKey.Topic#SCHEDULE} or {@link IncidentKey.Topic#TARGET_LAG}, whose end nobody
     *     but a source can know; all others are ended by what the engine sees of views and runs
     * @param subject with what, as in {@link IncidentKey}; the same in all processes
     * @param trouble what is wrong, for people; empty: it is well
     * @param remedy what mends it, where that is known
     * @param explainedBy while an incident of one of these keys is open, that is told and this is not
     */
    record Judgement(
            IncidentKey.Topic topic,
            String subject,
            Optional<String> trouble,
            Optional<String> remedy,
            Set<IncidentKey> explainedBy) {

        /** @throws IllegalArgumentException if the topic is not one of sources, or the subject is blank */
        public Judgement {
            if (topic != IncidentKey.Topic.SCHEDULE && topic != IncidentKey.Topic.TARGET_LAG) {
                throw new IllegalArgumentException("a source judges SCHEDULE and TARGET_LAG; an incident of " + topic
                        + " would not end by its word");
            }
            if (subject.isBlank()) {
                throw new IllegalArgumentException(
                        "the subject of a judgement must not be blank: its incident is found by it");
            }
            Objects.requireNonNull(trouble, "trouble");
            Objects.requireNonNull(remedy, "remedy");
            explainedBy = Set.copyOf(explainedBy);
        }

        /** It is as it should be. */
        public static Judgement well(IncidentKey.Topic topic, String subject) {
            return new Judgement(topic, subject, Optional.empty(), Optional.empty(), Set.of());
        }

        /** It is not, and this mends it. */
        public static Judgement wrong(IncidentKey.Topic topic, String subject, String trouble, String remedy) {
            return new Judgement(topic, subject, Optional.of(trouble), Optional.of(remedy), Set.of());
        }

        /** The same, unless one of these is known to be wrong. */
        public Judgement explainedBy(Set<IncidentKey> keys) {
            return new Judgement(topic, subject, trouble, remedy, keys);
        }
    }
}
