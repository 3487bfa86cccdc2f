"""What a command of the payload says, and exits with, when it cannot do its work.

::

    0   the work is done
    1   something failed that the command's user cannot mend by changing its input
    2   the input is wrong: one message on stderr says where, what, the rule and the mend
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable

FAILED = 1
WRONG_INPUT = 2

logger = logging.getLogger(__name__)


class InputError(Exception):
    """The input is wrong; nothing has been changed.

    Args:
        where: The argument, table, column or file.
        what: What is wrong, with the value.
        rule: What holds for it.
        mend: What to do.
    """

    def __init__(self, where: str, what: str, rule: str, mend: str) -> None:
        super().__init__(f"{where}: {what}. {rule}. {mend}.")
        self.where = where


def run(command: Callable[[], object]) -> int:
    """Run ``command`` to its end and say how it went, as a process exit status.

    Returns:
        0, or one of this module's statuses after one message on stderr. The traceback of an unexpected failure goes to
        the log before that message, so that a job's last lines end with the reason.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stdout)
    # The connector reports its version and every query at INFO: that drowns the training's own lines.
    for chatty in ("snowflake", "botocore", "urllib3"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        command()
    except InputError as error:
        return _end(str(error), WRONG_INPUT)
    except KeyboardInterrupt:
        return _end("interrupted", 128 + 2)
    except Exception as error:
        logger.info("traceback of the failure", exc_info=True)
        return _end(f"{type(error).__name__}: {error}", FAILED)
    return 0


def leave(status: int) -> None:
    """End this process at once.

    To take XGBoost, pandas and the connector down takes half a second, and XGBoost's threads of a broken group of
    instances crash an ordinary end.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _end(message: str, status: int) -> int:
    sys.stdout.flush()
    sys.stderr.write(f"error: {message}\n")
    return status
