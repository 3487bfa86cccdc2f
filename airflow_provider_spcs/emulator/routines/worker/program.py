"""Answer calls of one function or procedure in Python over stdin and stdout, one frame a message.

Knows nothing of the emulator. A frame is eight bytes of length and the content. A request is a JSON line and an Arrow
stream; a reply is ``k`` and one JSON text a line, or ``e`` and the traceback.
"""

from __future__ import annotations

import io
import json
import os
import struct
import sys
import traceback
from pathlib import Path
from typing import IO, Any

from .modes import MODES
from .vectors import snowflake_module


def main(directory: str) -> None:
    """Answer calls of the code in ``directory`` until the other end closes."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # What the code prints goes to the log and not between the frames.
    sys.path[0] = directory
    sys._xoptions["snowflake_import_directory"] = directory + os.sep  # noqa: SLF001  (where Snowflake says it)
    sys.modules["_snowflake"] = snowflake_module()
    while (request := _read(sys.stdin.buffer)) is not None:
        reply = _answer(request)
        replies.write(struct.pack("!Q", len(reply)) + reply)
        replies.flush()


def _read(stream: IO[bytes]) -> bytes | None:
    size = stream.read(8)
    return stream.read(struct.unpack("!Q", size)[0]) if len(size) == 8 else None


def _answer(request: bytes) -> bytes:
    import pyarrow as pa

    line, _, content = request.partition(b"\n")
    header: dict[str, Any] = json.loads(line)
    try:
        table = pa.ipc.open_stream(io.BytesIO(content)).read_all()
        return b"k" + "\n".join(MODES[header["mode"]](header, table)).encode()
    except BaseException as error:  # noqa: BLE001  (whatever the code raises is the statement's error)
        return b"e" + _traceback(error).encode()


def _traceback(error: BaseException) -> str:
    """The traceback without this program's own frames."""
    here = str(Path(__file__).parent)
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename.startswith(here):
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames)).strip()
