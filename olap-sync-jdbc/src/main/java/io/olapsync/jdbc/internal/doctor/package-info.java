/** The rules of the doctor, a class for each part of the database that they look at; not for hosts. */
@NullMarked
package io.olapsync.jdbc.internal.doctor;

import org.jspecify.annotations.NullMarked;
