"""Links from a task: to its job in Snowsight or on the emulator's page, and to the report that the job wrote."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from airflow.providers.common.compat.sdk import BaseOperatorLink, XCom, conf

if TYPE_CHECKING:
    from airflow_provider_spcs.naming import JobName

log = logging.getLogger(__name__)

#: Keys of the XComs that a task pushes for people and for the views in Airflow's UI.
JOB_NAME_KEY, JOB_URL_KEY, DOOR_KEY, REPORT_KEY = "job_name", "job_url", "job_door", "report"
_SNOWSIGHT = "https://app.snowflake.com/{account_path}/#/compute/history/queries/{query_id}/detail"
_SNOWSIGHT_LIST = "https://app.snowflake.com/{account_path}/#/compute/history/queries"
_LOOPBACK = ("localhost", "127.", "[::1]", "::1")
PREFIX = "/spcs"
"""Where this package's views are mounted in Airflow's API server."""


class SpcsJobLink(BaseOperatorLink):
    """Opens the job where a person can look at it."""

    name = "Snowflake job"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """The job's page; empty when the task has no job yet. Never raises: one bad link would remove all links."""
        try:
            url = getattr(operator, "job_url", None)
            # Airflow logs an XCom that is not there as an error, so only a task that has a job asks for it.
            if not url and getattr(operator, "job_name", None):
                url = XCom.get_value(ti_key=ti_key, key=JOB_URL_KEY)
        except Exception:
            log.debug("The job's link is not to be had.", exc_info=True)
            return ""
        return str(url or "")


class SpcsReportLink(BaseOperatorLink):
    """Opens the report that the job left on its stage."""

    name = "Report"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """The report's page; empty while there is none. Never raises."""
        try:
            if not getattr(operator, "report", None):
                return ""
            return view_url("report", ti_key)
        except Exception:
            log.debug("The report's link is not to be had.", exc_info=True)
            return ""


def views_root() -> str:
    """Where a browser finds this package's views: behind a proxy, Airflow may live below a path."""
    return urlsplit(str(conf.get("api", "base_url", fallback="") or "")).path.rstrip("/") + PREFIX


def view_url(page: str, ti_key: Any, **more: Any) -> str:
    """Where one of this package's views shows something of a task instance, from the root of Airflow's own address.

    Links are stored, and outlive a change of the host, its name or its port.

    Args:
        page: The view's name.
        ti_key: The task instance.
        **more: Further arguments of the view.
    """
    key = {name: getattr(ti_key, name) for name in ("dag_id", "run_id", "task_id")}
    return f"{views_root()}/{page}?" + urlencode({**key, "map_index": getattr(ti_key, "map_index", -1), **more})


def job_url(connection: Any, name: JobName, query_id: str = "") -> str:
    """Where a job is shown.

    The pattern is the connection's extra ``job_url``, else Airflow's option ``[spcs] job_url``; it may use
    ``{account}``, ``{account_path}``, ``{database}``, ``{schema}``, ``{job}`` and ``{query_id}``. Without one, a
    connection to a loopback host links to the emulator's page, any other to the submitting statement in Snowsight's
    query history.

    Args:
        connection: Airflow connection, with ``host`` and ``extra_dejson``.
        name: Job.
        query_id: The submitting statement; empty when the job was adopted.

    Returns:
        An ``http`` or ``https`` URL, or an empty text when none can be made. Never raises.
    """
    try:
        url = _job_url(connection, name, query_id)
    except Exception:
        log.debug("No link could be made for %s.", name, exc_info=True)
        return ""
    return url if url.startswith(("https://", "http://")) else ""


def _job_url(connection: Any, name: JobName, query_id: str) -> str:
    extra = connection.extra_dejson
    host = str(extra.get("host") or connection.host or "")
    pattern = str(extra.get("job_url") or conf.get("spcs", "job_url", fallback="") or "")
    if not pattern and host.startswith(_LOOPBACK):
        protocol, port = extra.get("protocol") or "https", extra.get("port") or connection.port
        return f"{protocol}://{host}:{port}/jobs/{quote(str(name))}"
    account = str(extra.get("account") or connection.host or "")
    pattern = pattern or (_SNOWSIGHT if query_id else _SNOWSIGHT_LIST)
    if not account and "{account" in pattern:
        return ""
    return pattern.format(
        account=account,
        account_path=_account_path(account),
        database=name.database,
        schema=name.schema,
        job=name.name,
        query_id=query_id,
    )


def _account_path(account: str) -> str:
    """``ORG-ACCOUNT`` as ``org/account``; ``locator.region`` as ``region/locator``."""
    locator, _, region = account.partition(".")
    if region:
        return f"{region}/{locator}".lower()
    organization, _, rest = account.partition("-")
    return f"{organization}/{rest}".lower() if rest else account.lower()
