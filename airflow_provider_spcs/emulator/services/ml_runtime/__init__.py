"""Runs inside the containers of ML Jobs, in place of the start script of Snowflake's image; standard library only.

It is started with the image's interpreter as ``python -c PROGRAM addresses entrypoint arguments...``.
"""

PLACE = "/opt/mljob"
PROGRAM = f"import sys; sys.path.insert(0, {PLACE!r}); from ml_runtime.node import main; main()"
