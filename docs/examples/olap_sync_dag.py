"""A full sync every night from Airflow 2.4 or later, by the command line of olap-sync.

One task runs the whole plan: olap-sync knows the order of the views, runs in parallel what can, retries what can succeed, and
keeps everybody else off the views meanwhile. A task for each view would give that up.

The worker needs a Java 17 runtime, olap-sync.jar and the plan. The connection comes from the Airflow connection
`olap_postgres` (host, port, schema as the database, login, password), so no secret stands in this file or in a process list.
"""

from __future__ import annotations

import json
import os
import subprocess
from datetime import datetime, timedelta, timezone

from airflow.decorators import dag, task
from airflow.exceptions import AirflowException, AirflowFailException
from airflow.hooks.base import BaseHook

JAR = "/opt/olap-sync/olap-sync.jar"
PLAN = "/opt/olap-sync/plan.json"
UNREACHABLE = 3


def olap_sync(*arguments: str) -> dict:
    """Calls the command line, and returns what it answers."""
    connection = BaseHook.get_connection("olap_postgres")
    environment = {
        **os.environ,
        "OLAPSYNC_JDBC_URL": f"jdbc:postgresql://{connection.host}:{connection.port or 5432}/{connection.schema}",
        "OLAPSYNC_USER": connection.login or "",
        "OLAPSYNC_PASSWORD": connection.password or "",
    }
    process = subprocess.run(
        ["java", "-jar", JAR, *arguments, "--plan", PLAN, "--json"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        check=False,
    )
    print(process.stdout)
    print(process.stderr)
    if process.returncode == 0:
        return json.loads(process.stdout)
    message = process.stderr.strip() or f"olap-sync ended with code {process.returncode}, see its report above"
    if process.returncode == UNREACHABLE:
        raise AirflowException(message)  # worth another try
    raise AirflowFailException(message)  # olap-sync has retried what can succeed


@dag(
    dag_id="olap_sync",
    schedule="0 3 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
    doc_md=__doc__,
)
def olap_sync_dag():
    @task(execution_timeout=timedelta(hours=6))
    def full_sync() -> dict:
        report = olap_sync("run", "--trigger", "airflow")
        return {"run": report["run"], "as_of": report["as_of"], "makespan_ms": report["makespan_ms"]}

    @task
    def verify() -> None:
        olap_sync("verify")

    full_sync() >> verify()


olap_sync_dag()
