/** A host on Spring Boot: the engine as a bean, configured by properties, seen by the actuator, closed with the context. */
@NullMarked
package io.olapsync.examples.spring;

import org.jspecify.annotations.NullMarked;
