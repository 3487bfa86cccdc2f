"""Cases: PUT, GET, LIST, REMOVE, COPY."""

from __future__ import annotations

import gzip
import io
import os

from cases import Place, SkippedError, case, same
from connecting import MAJOR, cursor, fails


@case
def put_list_get_remove(place: Place) -> None:
    """One file there and back, compressed on its way."""
    file = place.directory / "one.csv"
    file.write_text("1,a\n2,b\n")
    with cursor(place) as opened:
        opened.execute("create or replace stage one")
        put = opened.execute(f"put file://{file} @one/dir").fetchall()
        same((put[0][:2], put[0][6]), (("one.csv", "one.csv.gz"), "UPLOADED"))
        same([row[0] for row in opened.execute("list @one").fetchall()], ["one/dir/one.csv.gz"])
        out = place.directory / "out"
        out.mkdir()
        got = opened.execute(f"get @one/dir file://{out}").fetchall()
        same((got[0][0], got[0][2]), ("one.csv.gz", "DOWNLOADED"))
        same(gzip.decompress((out / "one.csv.gz").read_bytes()), file.read_bytes())
        same(len(opened.execute("remove @one/dir").fetchall()), 1)
        same(opened.execute("list @one").fetchall(), [])


@case
def put_a_glob_without_compression(place: Place) -> None:
    """``*`` and ``?`` match local files; names stay."""
    for name in ("a1.csv", "a2.csv", "b1.txt"):
        (place.directory / name).write_text(name)
    with cursor(place) as opened:
        opened.execute("create or replace stage globs")
        put = opened.execute(
            f"put file://{place.directory}/a?.csv @globs auto_compress = false parallel = 2"
        ).fetchall()
        same(sorted(row[1] for row in put), ["a1.csv", "a2.csv"])
        same({row[4] for row in put} | {row[5] for row in put}, {"NONE"})


@case
def put_again_skips_unless_overwritten(place: Place) -> None:
    """SKIPPED without OVERWRITE; the new content with it.

    Before 5.x the client looks for the file in its own working directory when the stage is a directory.
    """
    if MAJOR < 5:
        raise SkippedError("the client overwrites always when it copies into the stage's directory")
    file = place.directory / "x.txt"
    with cursor(place) as opened:
        opened.execute("create or replace stage again")
        found = []
        for content, overwrite in (("1", False), ("22", False), ("333", True)):
            file.write_text(content)
            row = opened.execute(f"put file://{file} @again auto_compress=false overwrite={overwrite}").fetchall()[0]
            found.append(row[6])
        same(found, ["UPLOADED", "SKIPPED", "UPLOADED"])
        same(opened.execute("list @again").fetchall()[0][1], 3)


@case
def put_of_compressed_files(place: Place) -> None:
    """A gzip file is recognised and not compressed again."""
    file = place.directory / "z.csv.gz"
    file.write_bytes(gzip.compress(b"1,2\n"))
    with cursor(place) as opened:
        opened.execute("create or replace stage zipped")
        row = opened.execute(f"put file://{file} @zipped").fetchall()[0]
        same((row[1], row[4], row[5]), ("z.csv.gz", "GZIP", "GZIP"))
        same(opened.execute("select $1, $2 from @zipped").fetchall(), [("1", "2")])


@case
def put_from_a_stream(place: Place) -> None:
    """``file_stream`` with a made-up local name."""
    with cursor(place) as opened:
        opened.execute("create or replace stage streams")
        opened.execute(
            "put file:///tmp/nothing.bin @streams/s auto_compress=false", file_stream=io.BytesIO(b"bytes" * 1000)
        )
        same(opened.execute("list @streams").fetchall()[0][:2], ("streams/s/nothing.bin", 5000))


@case
def get_of_many_files_by_pattern(place: Place) -> None:
    """Folders are flattened; only what matches comes."""
    for name in ("p1.csv", "p2.csv", "q.txt"):
        (place.directory / name).write_text(name)
    out = place.directory / "out"
    out.mkdir()
    with cursor(place) as opened:
        opened.execute("create or replace stage patterns")
        opened.execute(f"put file://{place.directory}/p*.csv @patterns/deep/er auto_compress=false")
        opened.execute(f"put file://{place.directory}/q.txt @patterns/deep auto_compress=false")
        opened.execute(f"get @patterns file://{out} pattern = '.*[.]csv'")
        same(sorted(os.listdir(out)), ["p1.csv", "p2.csv"])  # noqa: PTH208 names are compared


@case
def files_with_odd_names(place: Place) -> None:
    """Spaces, accents, percent and plus signs."""
    file = place.directory / "odd é %41+name.txt"
    file.write_text("odd")
    out = place.directory / "out"
    out.mkdir()
    with cursor(place) as opened:
        opened.execute("create or replace stage odd")
        opened.execute(f"put 'file://{file}' '@odd/a b/' auto_compress=false")
        same(opened.execute("list @odd").fetchall()[0][0], "odd/a b/odd é %41+name.txt")
        opened.execute(f"get '@odd/a b/' 'file://{out}'")
        same((out / file.name).read_text(), "odd")


@case
def large_and_empty_files(place: Place) -> None:
    """60 MB and 0 bytes there and back."""
    content = os.urandom(1 << 20) * 60
    (place.directory / "large.bin").write_bytes(content)
    (place.directory / "empty.bin").write_bytes(b"")
    out = place.directory / "out"
    out.mkdir()
    with cursor(place) as opened:
        opened.execute("create or replace stage sizes")
        opened.execute(f"put file://{place.directory}/*.bin @sizes auto_compress=false")
        opened.execute(f"get @sizes file://{out}")
        assert (out / "large.bin").read_bytes() == content
        same((out / "empty.bin").read_bytes(), b"")


@case
def user_and_table_stages(place: Place) -> None:
    """``@~`` and ``@%table``."""
    file = place.directory / "u.txt"
    file.write_text("u")
    with cursor(place) as opened:
        opened.execute("create or replace table staged (a text)")
        for stage in ("@~/clients", "@%staged"):
            same(
                opened.execute(f"put file://{file} {stage} auto_compress=false overwrite=true").fetchall()[0][6],
                "UPLOADED",
            )
            same(len(opened.execute(f"list {stage}").fetchall()), 1)
            opened.execute(f"remove {stage}")


@case
def put_of_a_missing_file(place: Place) -> None:
    """The client's own error."""
    with cursor(place) as opened:
        opened.execute("create or replace stage missing")
        with fails():
            opened.execute("put file:///no/such/file.csv @missing")


@case
def put_to_a_missing_stage(place: Place) -> None:
    """2003 from the server, before any file is read."""
    file = place.directory / "m.txt"
    file.write_text("m")
    with cursor(place) as opened, fails(2003):
        opened.execute(f"put file://{file} @no_such_stage")


@case
def paths_that_leave_the_stage(place: Place) -> None:
    """``..`` is refused."""
    file = place.directory / "e.txt"
    file.write_text("e")
    with cursor(place) as opened:
        opened.execute("create or replace stage inside")
        with fails():
            opened.execute(f"put file://{file} @inside/../outside")


@case
def copy_into_table_and_location(place: Place) -> None:
    """CSV in, Parquet out, Parquet in by column name."""
    file = place.directory / "c.csv"
    file.write_text("id,name\n1,one\n2,two\n")
    with cursor(place) as opened:
        opened.execute("create or replace stage copies")
        opened.execute("create or replace table copied (id int, name text)")
        opened.execute(f"put file://{file} @copies/in")
        row = opened.execute("copy into copied from @copies/in file_format = (type = csv skip_header = 1)").fetchall()[
            0
        ]
        same((row[1], row[3]), ("LOADED", 2))
        same(
            opened.execute(
                "copy into @copies/out/ from copied file_format = (type = parquet) header = true"
            ).fetchall()[0][0],
            2,
        )
        opened.execute("create or replace table again (id int, name text)")
        opened.execute(
            "copy into again from @copies/out/ file_format = (type = parquet) match_by_column_name = case_insensitive"
        )
        same(opened.execute("select * from again order by id").fetchall(), [(1, "one"), (2, "two")])
