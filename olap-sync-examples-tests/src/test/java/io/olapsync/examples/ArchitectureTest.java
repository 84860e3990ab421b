package io.olapsync.examples;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** Who may use whom. This module sees all the others but those that nothing uses: the benchmarks, the metrics, the hosts. */
class ArchitectureTest {
    private static final String ROOT = "io.olapsync";
    private static final String SPI = "io.olapsync.spi";
    private static final String INTERNAL = "io.olapsync.internal..";
    private static final String SCHEDULE = "io.olapsync.schedule..";
    private static final String[] FACETS = {
        "io.olapsync.event", "io.olapsync.schedule", "io.olapsync.notify", "io.olapsync.report"
    };

    private static final DescribedPredicate<JavaClass> OURS = resideInAPackage("io.olapsync..");
    private static final DescribedPredicate<JavaClass> OTHER_MODULES = resideInAnyPackage(
            "io.olapsync.jdbc..", "io.olapsync.redis..", "io.olapsync.testkit..", "io.olapsync.examples..");
    private static final DescribedPredicate<JavaClass> CORE =
            OURS.and(not(OTHER_MODULES)).as("core");
    private static final DescribedPredicate<JavaClass> CORE_PUBLIC =
            CORE.and(not(resideInAPackage(INTERNAL))).as("core's public packages");
    private static final DescribedPredicate<JavaClass> THE_ENTRY = describe(
            "OlapSync",
            type -> type.getName().equals("io.olapsync.OlapSync")
                    || type.getName().startsWith("io.olapsync.OlapSync$"));

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    @Test
    void rules_see_the_classes_they_judge() {
        assertThat(CLASSES.containPackage(SPI)).isTrue();
        assertThat(CLASSES.stream().filter(OTHER_MODULES)).isNotEmpty();
    }

    @Test
    void spi_uses_the_jdk_alone() {
        check(classes()
                .that()
                .resideInAPackage(SPI)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(SPI, "java..", "org.jspecify.annotations"));
    }

    @Test
    void root_uses_the_spi_and_only_the_entry_reaches_the_engine() {
        check(classes()
                .that()
                .resideInAPackage(ROOT)
                .and(not(THE_ENTRY))
                .should()
                .onlyDependOnClassesThat(ours(ROOT, SPI)));
        check(classes().that(THE_ENTRY).should().onlyDependOnClassesThat(ours(ROOT, SPI, INTERNAL, SCHEDULE)));
    }

    @Test
    void event_schedule_notify_and_report_use_root_and_spi() {
        for (String facet : FACETS) {
            check(classes().that().resideInAPackage(facet).should().onlyDependOnClassesThat(ours(facet, ROOT, SPI)));
        }
    }

    @Test
    void core_consists_of_the_known_packages() {
        check(classes()
                .that(CORE)
                .should()
                .resideInAnyPackage(ROOT, SPI, INTERNAL, FACETS[0], FACETS[1], FACETS[2], FACETS[3]));
    }

    @Test
    void core_uses_no_other_module_and_knows_neither_sql_nor_redis() {
        check(noClasses().that(CORE).should().dependOnClassesThat(OTHER_MODULES));
        check(noClasses()
                .that(CORE)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.sql..", "javax.sql..", "org.postgresql..", "com.zaxxer..", "io.lettuce.."));
    }

    @Test
    void adapters_use_only_the_public_packages_of_core() {
        for (String adapter : new String[] {"io.olapsync.jdbc..", "io.olapsync.redis.."}) {
            check(classes()
                    .that()
                    .resideInAPackage(adapter)
                    .should()
                    .onlyDependOnClassesThat(
                            resideInAPackage(adapter).or(CORE_PUBLIC).or(not(OURS))));
        }
    }

    @Test
    void testkit_uses_core_alone() {
        check(classes()
                .that()
                .resideInAPackage("io.olapsync.testkit..")
                .should()
                .onlyDependOnClassesThat(
                        resideInAPackage("io.olapsync.testkit..").or(CORE).or(not(OURS))));
    }

    @Test
    void nobody_reaches_into_the_internal_packages_of_another_module() {
        for (String module : new String[] {"jdbc", "redis"}) {
            check(noClasses()
                    .that()
                    .resideOutsideOfPackage("io.olapsync." + module + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("io.olapsync." + module + ".internal.."));
        }
        check(noClasses()
                .that()
                .resideInAPackage("io.olapsync.examples..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(INTERNAL));
    }

    /** The root and the engine know each other by design; the root is in no slice, so that pair is not a cycle here. */
    @Test
    void packages_form_no_cycles() {
        check(slices().matching("io.olapsync.(*)..").should().beFreeOfCycles());
    }

    @Test
    void public_names_say_what_a_thing_is() {
        check(classes()
                .that()
                .arePublic()
                .and(not(resideInAPackage("io.olapsync..internal..")))
                .should()
                .haveNameNotMatching(".*(Manager|Helper|Util|Utils|Impl)"));
    }

    @Test
    void every_package_is_null_marked() {
        assertThat(CLASSES.stream().map(JavaClass::getPackage).distinct())
                .allSatisfy(each -> assertThat(isNullMarked(each))
                        .as("@NullMarked on %s", each.getName())
                        .isTrue());
    }

    /** The class path of this test is that of the main job, and what tests need. */
    @Test
    void main_job_brings_no_library_that_is_optional() {
        assertThat(ArchitectureTest.class.getClassLoader().getResource("jakarta/mail/Session.class"))
                .isNull();
    }

    private static boolean isNullMarked(JavaPackage each) {
        return each.tryGetPackageInfo().isPresent() && each.isAnnotatedWith(NullMarked.class);
    }

    private static DescribedPredicate<JavaClass> ours(String... packages) {
        return resideInAnyPackage(packages).or(not(OURS));
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(CLASSES);
    }
}
