package io.olapsync.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.olapsync.spi.IncidentKey;
import io.olapsync.spi.IncidentSource;
import io.olapsync.spi.IncidentSource.Judgement;
import io.olapsync.spi.RefreshException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link IncidentSource} promises. Nothing is wrong when a test begins. */
@Timeout(60)
public abstract class IncidentSourceContract {

    /** The source under test, always the same. */
    protected abstract IncidentSource source();

    /** The source as another process has it, which has seen nothing before. */
    protected abstract IncidentSource another();

    /** From now on something is wrong that it looks after. */
    protected abstract void goWrong();

    /** From now on it is well again. */
    protected abstract void mend();

    /** From now on no source reaches what it goes by, until {@link #reachStore()}. */
    protected abstract void loseStore();

    /** Sources reach it again. */
    protected abstract void reachStore();

    @Test
    void what_is_well_is_not_told_to_be_wrong() throws Exception {
        assertThat(wrong(source())).isEmpty();
        assertThat(wrong(another())).isEmpty();
    }

    @Test
    void what_is_wrong_is_told_in_words_for_people() throws Exception {
        goWrong();
        assertThat(source().judge().stream()
                        .filter(judgement -> judgement.trouble().isPresent()))
                .isNotEmpty()
                .allSatisfy(judgement -> {
                    assertThat(judgement.trouble().orElseThrow()).isNotBlank();
                    assertThat(judgement.remedy())
                            .satisfies(remedy ->
                                    remedy.ifPresent(text -> assertThat(text).isNotBlank()));
                });
    }

    @Test
    void it_is_the_same_trouble_at_each_look_and_in_each_process() throws Exception {
        goWrong();
        Set<IncidentKey> first = wrong(source());
        assertThat(first).isNotEmpty();
        assertThat(wrong(source())).isEqualTo(first);
        assertThat(wrong(another()))
                .as("two that judge otherwise contradict each other")
                .isEqualTo(first);
    }

    @Test
    void what_is_mended_is_told_to_be_well_by_whoever_looks() throws Exception {
        goWrong();
        Set<IncidentKey> trouble = wrong(source());
        mend();
        assertThat(well(source())).as("what is not mentioned stays as it is").containsAll(trouble);
        assertThat(well(another())).as("its process may be gone").containsAll(trouble);
        assertThat(wrong(source())).isEmpty();
    }

    @Test
    void nothing_is_judged_twice_in_one_look() throws Exception {
        goWrong();
        assertThat(source().judge().stream().map(IncidentSourceContract::key)).doesNotHaveDuplicates();
        mend();
        assertThat(source().judge().stream().map(IncidentSourceContract::key)).doesNotHaveDuplicates();
    }

    @Test
    void who_cannot_ask_does_not_say_that_it_is_well() throws Exception {
        goWrong();
        Set<IncidentKey> trouble = wrong(source());
        loseStore();
        Set<IncidentKey> well = new HashSet<>();
        Throwable failure = catchThrowable(() -> well.addAll(well(source())));
        if (failure != null) {
            assertThat(failure).isInstanceOf(RefreshException.class);
        }
        assertThat(well).doesNotContainAnyElementsOf(trouble);
        reachStore();
        assertThat(wrong(source())).isEqualTo(trouble);
    }

    @Test
    void many_threads_may_ask_at_once() throws Exception {
        goWrong();
        Set<IncidentKey> trouble = wrong(source());
        assertThat(Threads.together(6, () -> wrong(source()).equals(trouble))).containsOnly(true);
    }

    private static Set<IncidentKey> wrong(IncidentSource source) throws RefreshException {
        return keys(source.judge(), true);
    }

    private static Set<IncidentKey> well(IncidentSource source) throws RefreshException {
        return keys(source.judge(), false);
    }

    private static Set<IncidentKey> keys(List<Judgement> judgements, boolean wrong) {
        return judgements.stream()
                .filter(judgement -> judgement.trouble().isPresent() == wrong)
                .map(IncidentSourceContract::key)
                .collect(Collectors.toSet());
    }

    /** As the engine makes it: what is cut to the same is the same. */
    private static IncidentKey key(Judgement judgement) {
        return new IncidentKey("plan", judgement.topic(), judgement.subject());
    }
}
