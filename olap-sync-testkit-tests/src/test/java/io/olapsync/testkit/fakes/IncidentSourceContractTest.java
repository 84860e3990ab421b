package io.olapsync.testkit.fakes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.spi.IncidentKey.Topic;
import io.olapsync.spi.IncidentSource;
import io.olapsync.spi.IncidentSource.Judgement;
import io.olapsync.spi.RefreshException;
import io.olapsync.testkit.contract.IncidentSourceContract;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A host's own scheduler as a source: what it shares says of each of its jobs whether it is late. */
class IncidentSourceContractTest extends IncidentSourceContract {

    private final Map<String, Boolean> late = new ConcurrentHashMap<>(Map.of("weekly", false));
    private final AtomicBoolean away = new AtomicBoolean();

    private final IncidentSource jobs = () -> {
        if (away.get()) {
            throw new RefreshException(RefreshException.Kind.TRANSIENT, "away", null);
        }
        return late.entrySet().stream()
                .map(job -> job.getValue()
                        ? Judgement.wrong(Topic.SCHEDULE, job.getKey(), "it is late", "see the scheduler")
                        : Judgement.well(Topic.SCHEDULE, job.getKey()))
                .toList();
    };

    private IncidentSource source = jobs;

    @Override
    protected IncidentSource source() {
        return source;
    }

    @Override
    protected IncidentSource another() {
        return source;
    }

    @Override
    protected void goWrong() {
        late.put("weekly", true);
    }

    @Override
    protected void mend() {
        late.put("weekly", false);
    }

    @Override
    protected void loseStore() {
        away.set(true);
    }

    @Override
    protected void reachStore() {
        away.set(false);
    }

    private void bent(UnaryOperator<Judgement> other) {
        source = () -> jobs.judge().stream().map(other).toList();
    }

    private void isFound(String test) {
        assertThatThrownBy(() -> {
                    var method = IncidentSourceContract.class.getDeclaredMethod(test);
                    method.setAccessible(true);
                    method.invoke(this);
                })
                .cause()
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void source_that_only_tells_what_is_wrong_is_found() {
        source = () -> jobs.judge().stream()
                .filter(judgement -> judgement.trouble().isPresent())
                .toList();
        isFound("what_is_mended_is_told_to_be_well_by_whoever_looks");
    }

    @Test
    void source_that_names_the_same_trouble_otherwise_each_time_is_found() {
        int[] looks = {0};
        bent(judgement -> new Judgement(
                judgement.topic(), judgement.subject() + looks[0]++, judgement.trouble(), Optional.empty(), Set.of()));
        isFound("it_is_the_same_trouble_at_each_look_and_in_each_process");
    }

    @Test
    void source_that_takes_silence_for_health_is_found() {
        source = () -> away.get() ? List.of(Judgement.well(Topic.SCHEDULE, "weekly")) : jobs.judge();
        isFound("who_cannot_ask_does_not_say_that_it_is_well");
    }

    @Test
    void source_that_judges_one_thing_twice_is_found() {
        source = () -> List.of(jobs.judge().get(0), jobs.judge().get(0));
        isFound("nothing_is_judged_twice_in_one_look");
    }

    @ParameterizedTest
    @EnumSource(
            value = Topic.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"SCHEDULE", "TARGET_LAG"})
    void what_the_engine_itself_ends_is_not_for_sources(Topic topic) {
        assertThatThrownBy(() -> Judgement.wrong(topic, "x", "y", "z"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(topic.name());
        assertThatThrownBy(() -> Judgement.well(Topic.SCHEDULE, " ")).hasMessageContaining("blank");
        assertThat(Judgement.well(Topic.TARGET_LAG, "x").trouble()).isEmpty();
    }
}
