"""Cases: ML Jobs."""

from __future__ import annotations

import contextlib
import io
from typing import Any

from cases import Place, case, fails_saying, same
from ml_session import POOL, session

DEADLINE = 240


def _file(place: Place, program: str, **options: Any) -> Any:
    from snowflake.ml import jobs

    file = place.directory / "job.py"
    file.write_text(program)
    return jobs.submit_file(str(file), POOL, stage_name="ML_PAYLOADS", session=session(), **options)


@case
def file_with_arguments_and_environment(place: Place) -> None:
    """Its arguments, its variables, its log, its status."""
    program = "import os, sys\nprint('got', sys.argv[1:], os.environ['MODE'])\n"
    job = _file(place, program, args=["--rows", "10"], env_vars={"MODE": "test"})
    same(job.wait(DEADLINE), "DONE")
    assert "got ['--rows', '10'] test" in job.get_logs(), job.get_logs()
    same((job.status, job.name in job.id, job.target_instances), ("DONE", True, 1))
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        job.show_logs()
    assert "got" in shown.getvalue()


@case
def directory_with_modules(place: Place) -> None:
    """The entry point imports what lies beside it, and reads files of the payload."""
    from snowflake.ml import jobs

    tree = place.directory / "tree"
    (tree / "parts").mkdir(parents=True)
    (tree / "parts" / "__init__.py").write_text("def double(x): return 2 * x\n")
    (tree / "data.txt").write_text("21")
    (tree / "main.py").write_text(
        "from pathlib import Path\nfrom parts import double\n"
        "__return__ = double(int((Path(__file__).parent / 'data.txt').read_text()))\n"
    )
    job = jobs.submit_directory(str(tree), POOL, entrypoint="main.py", stage_name="ML_PAYLOADS", session=session())
    same(job.result(DEADLINE), 42)


@case
def payload_that_lies_on_a_stage(place: Place) -> None:
    """``submit_from_stage``."""
    from snowflake.ml import jobs

    (place.directory / "main.py").write_text("__return__ = 'from the stage'\n")
    session().sql("create or replace stage READY").collect()
    session().file.put(str(place.directory / "main.py"), "@READY/app", auto_compress=False)
    job = jobs.submit_from_stage("@READY/app", POOL, entrypoint="main.py", stage_name="ML_PAYLOADS", session=session())
    same(job.result(DEADLINE), "from the stage")


@case
def remote_function(_place: Place) -> None:
    """Positional, named and default arguments; numpy and pandas come back."""
    from snowflake.ml.jobs import remote

    @remote(POOL, stage_name="ML_PAYLOADS", session=session())
    def summed(frame: Any, column: str = "A", *, factor: int = 1) -> Any:
        return frame.assign(TOTAL=frame[column] * factor)

    import pandas as pd

    frame = pd.DataFrame({"A": [1, 2], "B": [3, 4]})
    one, other = summed(frame), summed(frame, "B", factor=10)
    same(list(one.result(DEADLINE)["TOTAL"]), [1, 2])
    same(list(other.result(DEADLINE)["TOTAL"]), [30, 40])


@case
def remote_function_with_the_session(_place: Place) -> None:
    """It reads and writes the account's tables from inside."""
    from snowflake.ml.jobs import remote

    session().create_dataframe([(1,), (2,)], schema=["N"]).write.save_as_table("INPUTS", mode="overwrite")

    @remote(POOL, stage_name="ML_PAYLOADS", session=session())
    def written() -> int:
        from snowflake.snowpark import Session

        inside = Session.builder.getOrCreate()
        inside.table("EMULATOR.ML_CASES.INPUTS").write.save_as_table("EMULATOR.ML_CASES.OUTPUTS", mode="overwrite")
        return int(inside.table("EMULATOR.ML_CASES.OUTPUTS").count())

    same(written().result(DEADLINE), 2)
    same(session().table("EMULATOR.ML_CASES.OUTPUTS").count(), 2)


@case
def job_that_fails(place: Place) -> None:
    """Its status, its log, its exception."""
    job = _file(place, "print('before')\nraise ValueError('broken')\n")
    same(job.wait(DEADLINE), "FAILED")
    assert "before" in job.get_logs()
    with fails_saying("broken"):
        job.result(DEADLINE)


@case
def job_cancelled_and_deleted(place: Place) -> None:
    """``cancel`` ends it; ``list_jobs`` and ``get_job`` find it until ``delete_job``."""
    from snowflake.ml import jobs

    job = _file(place, "import time\nprint('running', flush=True)\ntime.sleep(3600)\n")
    assert job.name in list(jobs.list_jobs(session=session())["name"])
    same(jobs.get_job(job.id, session=session()).name, job.name)
    job.cancel()
    assert job.wait(DEADLINE) in {"CANCELLED", "CANCELED"}, job.status
    jobs.delete_job(job.id, session=session())
    assert job.name not in list(jobs.list_jobs(session=session())["name"])


@case
def wait_that_is_too_short(place: Place) -> None:
    """A TimeoutError; the job goes on."""
    job = _file(place, "import time\ntime.sleep(3600)\n")
    with contextlib.suppress(TimeoutError):
        job.wait(1)
        raise AssertionError("no TimeoutError")
    assert job.status in {"PENDING", "RUNNING"}, job.status
    job.cancel()


@case
def two_instances(place: Place) -> None:
    """``target_instances=2``: each has its log."""
    program = "import os\nprint('instance', os.environ['SNOWFLAKE_JOB_INDEX'])\n"
    job = _file(place, program, target_instances=2, min_instances=2)
    same((job.wait(DEADLINE), job.target_instances), ("DONE", 2))
    assert "instance 0" in job.get_logs(instance_id=0), job.get_logs(instance_id=0)
