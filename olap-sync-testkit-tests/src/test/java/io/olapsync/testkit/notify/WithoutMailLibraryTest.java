package io.olapsync.testkit.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.olapsync.notify.EmailNotifier;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.json.JsonMapper;

/** In a host that has not added Jakarta Mail. */
class WithoutMailLibraryTest {

    private static URLClassLoader host() {
        URL[] classPath = {
            locationOf(EmailNotifier.class),
            locationOf(Logger.class),
            locationOf(JsonMapper.class),
            locationOf(JsonParser.class),
            locationOf(com.fasterxml.jackson.annotation.JsonProperty.class)
        };
        return new URLClassLoader(classPath, ClassLoader.getPlatformClassLoader());
    }

    private static URL locationOf(Class<?> type) {
        return type.getProtectionDomain().getCodeSource().getLocation();
    }

    @Test
    void everything_else_works() throws Exception {
        try (URLClassLoader host = host()) {
            assertThatThrownBy(() -> host.loadClass("jakarta.mail.Session")).isInstanceOf(ClassNotFoundException.class);
            Class<?> slack = host.loadClass("io.olapsync.notify.SlackNotifier");
            Object notifier = slack.getMethod("to", String.class).invoke(null, "https://hooks.slack.com/services/x");
            assertThat(notifier).hasToString("SlackNotifier[slack, hooks.slack.com/…]");
        }
    }

    @Test
    void notifier_by_email_says_what_to_add() throws Exception {
        try (URLClassLoader host = host()) {
            Class<?> email = host.loadClass("io.olapsync.notify.EmailNotifier");
            Object builder = email.getMethod("smtp", String.class).invoke(null, "mail.example.org");
            assertThatThrownBy(() -> builder.getClass().getMethod("build").invoke(builder))
                    .isInstanceOf(InvocationTargetException.class)
                    .cause()
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("org.eclipse.angus:angus-mail");
        }
    }
}
