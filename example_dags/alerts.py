"""A job that tells people how it went: by mail and in chat, through Airflow's own notifiers.

A failed job's card (what happened, where, what to do, the last lines) is in the callback's context; a good one's result
is its XCom. Set up the connections `smtp_default` and `slack_api_default`, and choose below whom to tell.

**Trigger** it with `fail` switched on to see a failure's message.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk import DAG, Param

from airflow_provider_spcs import SpcsJobOperator, failure_facts

MAIL, CHANNEL = "team@example.com", "#ml-jobs"


def card(context: Mapping[str, Any]) -> str:
    """The failure as a few lines of text; `failure_facts` has each thing by name as well."""
    facts = failure_facts(context)
    lines = [facts["headline"], *facts.get("last_lines", [])[-5:], facts.get("mend", "")]
    return "\n".join([*lines, f"Log: {context['ti'].log_url}"])


def mail(context: Any) -> None:
    """Mail the card."""
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    subject = f"{context['ti'].dag_id}.{context['ti'].task_id} failed: {failure_facts(context)['error']}"
    SmtpNotifier(to=MAIL, from_email=MAIL, subject=subject, html_content=f"<pre>{card(context)}</pre>")(context)


def chat(context: Any) -> None:
    """Post the card; needs apache-airflow-providers-slack."""
    from airflow.providers.slack.notifications.slack import SlackNotifier

    SlackNotifier(channel=CHANNEL, text=f"```{card(context)}```")(context)


def chat_success(context: Any) -> None:
    """Post what the job returned."""
    from airflow.providers.slack.notifications.slack import SlackNotifier

    result = context["ti"].xcom_pull(task_ids=context["ti"].task_id)
    SlackNotifier(channel=CHANNEL, text=f"{context['ti'].task_id} is done: {result}")(context)


with DAG(
    "alerts",
    schedule=None,
    doc_md=__doc__,
    tags=["snowflake", "spcs"],
    params={"fail": Param(False, type="boolean", title="Fail", description="Let the job fail, to see the message.")},
):
    SpcsJobOperator(
        task_id="job",
        compute_pool="ML_DEMO_POOL",
        image="/snowflake/images/snowflake_images/st_plat/runtime/x86/runtime_image/snowbooks:2.3.0",
        stage="@ML_DEMO_DB.ML_DEMO_SCHEMA.ML_DEMO_STAGE",
        database="ML_DEMO_DB",
        schema="ML_DEMO_SCHEMA",
        role="SYSADMIN",
        command=["python", "-c"],
        args=["assert '{{ params.fail }}' == 'False', 'asked to fail'; print('all is well')"],
        on_failure_callback=[mail, chat],
        on_success_callback=chat_success,
    )
