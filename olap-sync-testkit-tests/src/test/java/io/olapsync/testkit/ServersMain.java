package io.olapsync.testkit;

import java.util.concurrent.CountDownLatch;

/** Starts both servers, says where they are, and waits to be stopped. */
final class ServersMain {

    private ServersMain() {}

    public static void main(String[] args) throws InterruptedException {
        EmbeddedPostgres postgres = EmbeddedPostgres.start();
        EmbeddedRedis redis = EmbeddedRedis.start();
        long one;
        try (TestDatabase database = postgres.newDatabase()) {
            one = database.queryForLong("SELECT 1");
        }
        System.out.println("READY " + postgres.port() + " " + redis.port() + " " + postgres.privileges() + " " + one);
        new CountDownLatch(1).await();
    }
}
