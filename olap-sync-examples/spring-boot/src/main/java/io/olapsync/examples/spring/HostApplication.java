package io.olapsync.examples.spring;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;

/** The service. Its database, its Redis and its plan are in {@code application.properties}. */
@SpringBootApplication
@EnableConfigurationProperties(SyncProperties.class)
public class HostApplication {

    /** Starts the service; it ends, and lets running refreshes end, on SIGTERM. */
    public static void main(String[] args) {
        SpringApplication.run(HostApplication.class, args);
    }
}
