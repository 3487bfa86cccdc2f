"""Runs inside the containers of ML Jobs, in place of the start script of Snowflake's image; standard library only.

It is started with the image's interpreter as ``python -c PROGRAM addresses entrypoint arguments...``.
"""

PLACE = "/opt/mljob"
# The path is that of the mount itself, which stands for another one in a container without namespaces.
_FIND = f"import os, sys; sys.path.insert(0, os.path.dirname('{PLACE}/ml_runtime'))"
PROGRAM = f"{_FIND}; from ml_runtime.node import main; main()"
