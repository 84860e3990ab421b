package io.olapsync.redis;

/** Messages are lost because the stream is trimmed, and its group stays. */
class RedisStreamTrimmedContractTest extends RedisStreamContract {

    RedisStreamTrimmedContractTest() {
        super(probe -> probe.redis.xtrim(probe.key, 0));
    }
}
