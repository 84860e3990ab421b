/**
 * One contract test for each interface of the SPI that an adapter implements.
 *
 * <p>An adapter's test extends the contract and hands in what is under test by the abstract methods; every promise of the
 * interface is then a test of its own. The fixture belongs to one test: make it in a field or in {@code @BeforeEach}, on a
 * real server, and let it end in {@code @AfterEach}. No contract sleeps; what must happen at one moment is brought about by
 * the fixture.
 */
@NullMarked
package io.olapsync.testkit.contract;

import org.jspecify.annotations.NullMarked;
