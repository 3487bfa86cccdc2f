"""Where a job's first instance is, as Snowflake tells it."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from instances import HEAD_VARIABLE, OtherInstanceFailedError
from names import quote

if TYPE_CHECKING:
    from snowflake.snowpark import Session

_SECONDS_TO_START = 720


def head_address(session: Session) -> str:
    """The address of instance 0 of this job, once it has one.

    Source: Snowflake's own start script of an ML job asks in this way.
        https://docs.snowflake.com/en/sql-reference/sql/show-service-instances-in-service

    Raises:
        OtherInstanceFailedError: If it has none within twelve minutes.
    """
    service = os.environ.get("SNOWFLAKE_SERVICE_NAME", "")
    deadline = time.monotonic() + _SECONDS_TO_START
    while service:
        rows = session.sql(f"SHOW SERVICE INSTANCES IN SERVICE {quote(service)}").collect()
        for row in rows:
            found = {str(name).lower(): value for name, value in row.as_dict().items()}
            if str(found.get("instance_id")) == "0" and found.get("ip_address"):
                return str(found["ip_address"])
        if time.monotonic() > deadline:
            break
        time.sleep(2)
    raise OtherInstanceFailedError(
        f"instance 0 of {service or 'this job (SNOWFLAKE_SERVICE_NAME is not set)'} has no address. "
        f"The instances meet where it is. Set {HEAD_VARIABLE} to say it."
    )
