/** The command line: a command for each thing that an operator, cron, Kubernetes or Airflow asks for. */
@NullMarked
package io.olapsync.examples.cli;

import org.jspecify.annotations.NullMarked;
