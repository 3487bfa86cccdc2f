"""Cases: ``snow stage``."""

from __future__ import annotations

from cases import Place, case, same
from snow import read, snow


def _names(place: Place, stage: str) -> list[str]:
    return sorted(row["name"] for row in read(place, "stage", "list-files", stage))


@case
def stage_create_list_describe_drop(place: Place) -> None:
    """A stage's life."""
    snow(place, "stage", "create", "life")
    assert "LIFE" in [row["name"] for row in read(place, "stage", "list")]
    assert read(place, "stage", "describe", "life")
    snow(place, "stage", "drop", "life")
    assert "LIFE" not in [row["name"] for row in read(place, "stage", "list")]


@case
def stage_copy_up_and_down(place: Place) -> None:
    """One file there and back."""
    (place.directory / "a.txt").write_text("content")
    snow(place, "stage", "create", "copies")
    up = read(place, "stage", "copy", str(place.directory / "a.txt"), "@copies/dir")
    same(up[0]["status"], "UPLOADED")
    same(_names(place, "@copies"), ["copies/dir/a.txt"])
    out = place.directory / "out"
    snow(place, "stage", "copy", "@copies/dir/a.txt", str(out))
    same((out / "a.txt").read_text(), "content")


@case
def stage_copy_recursive(place: Place) -> None:
    """A tree there and back keeps its folders."""
    tree = place.directory / "tree"
    for name in ("top.sql", "one/a.sql", "one/two/b.sql"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(name)
    snow(place, "stage", "create", "trees")
    snow(place, "stage", "copy", str(tree) + "/", "@trees", "--recursive")
    same(_names(place, "@trees"), ["trees/one/a.sql", "trees/one/two/b.sql", "trees/top.sql"])
    out = place.directory / "out"
    snow(place, "stage", "copy", "@trees", str(out), "--recursive")
    same(sorted(str(path.relative_to(out)) for path in out.rglob("*.sql")), ["one/a.sql", "one/two/b.sql", "top.sql"])


@case
def stage_copy_between_stages(place: Place) -> None:
    """COPY FILES."""
    (place.directory / "a.txt").write_text("content")
    for stage in ("from_here", "to_there"):
        snow(place, "stage", "create", stage)
    snow(place, "stage", "copy", str(place.directory / "a.txt"), "@from_here")
    snow(place, "stage", "copy", "@from_here", "@to_there/x")
    same(_names(place, "@to_there"), ["to_there/x/a.txt"])


@case
def stage_list_files_by_pattern(place: Place) -> None:
    """``--pattern``."""
    for name in ("a.txt", "b.csv"):
        (place.directory / name).write_text(name)
    snow(place, "stage", "create", "patterned")
    snow(place, "stage", "copy", str(place.directory / "*.*"), "@patterned", "--overwrite")
    found = read(place, "stage", "list-files", "@patterned", "--pattern", ".*[.]csv")
    same([row["name"] for row in found], ["patterned/b.csv"])


@case
def stage_remove(place: Place) -> None:
    """One file of two."""
    for name in ("a.txt", "b.txt"):
        (place.directory / name).write_text(name)
        snow(place, "stage", "create", "removed")
        snow(place, "stage", "copy", str(place.directory / name), "@removed")
    snow(place, "stage", "remove", "removed", "a.txt")
    same(_names(place, "@removed"), ["removed/b.txt"])


@case
def stage_execute(place: Place) -> None:
    """SQL files on a stage are run (EXECUTE IMMEDIATE FROM)."""
    (place.directory / "make.sql").write_text(
        "create or replace table executed (a int);\ninsert into executed values (1);\n"
    )
    snow(place, "stage", "create", "scripts")
    snow(place, "stage", "copy", str(place.directory / "make.sql"), "@scripts", "--overwrite")
    snow(place, "stage", "execute", "@scripts")
    same(read(place, "sql", "-q", "select a from executed"), [{"A": 1}])
