"""Functions that DuckDB lacks and no macro can say, in Python; DuckDB calls them a row at a time.

Source: Snowflake's documentation of each function.
"""

from __future__ import annotations

import bisect
import functools
import hashlib
import itertools
import json
import re
import uuid
from collections import OrderedDict
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from airflow_provider_spcs.emulator.engine import (
    addresses,
    lenient_json,
    number_formats,
    regular_expressions,
    time_formats,
)

_SOUNDS = {**dict.fromkeys("BFPV", "1"), **dict.fromkeys("CGJKQSXZ", "2"), **dict.fromkeys("DT", "3"), "L": "4",
           **dict.fromkeys("MN", "5"), "R": "6"}  # fmt: skip
_RANKS = {bool: 0, int: 1, float: 1, str: 2, list: 3, dict: 4}


def soundex(text: str, second: bool) -> str:
    """A letter and three digits for how a word sounds in English.

    Args:
        text: The word.
        second: Whether the second letter counts when it sounds like the first, as for SOUNDEX_P123.
    """
    letters = [char for char in text if char.isalpha()]
    if not letters:
        return ""
    found, last = letters[0], "" if second else _SOUNDS.get(letters[0].upper(), "")
    for char in "".join(letters[1:]).upper():
        digit = _SOUNDS.get(char, "")
        if digit and digit != last:
            found += digit
        if char not in "HW":
            last = digit
    return f"{found}000"[:4]


def sha2(text: str, bits: int) -> str:
    """The SHA-2 digest of 224, 256, 384 or 512 bits, in hex; 0 stands for 256."""
    return hashlib.new(f"sha{bits or 256}", text.encode()).hexdigest()


def uuid_of(space: str, name: str) -> str:
    """The UUID of version 5 for a name in a name space."""
    return str(uuid.uuid5(uuid.UUID(space), name))


def get_ignore_case(document: str, key: str) -> str | None:
    """The value of the first key that is like ``key`` in any case."""
    read = json.loads(document)
    if not isinstance(read, dict):
        return None
    exact = [key] if key in read else [found for found in sorted(read) if found.lower() == key.lower()]
    return json.dumps(read[exact[0]]) if exact else None


def array_sort(document: str, ascending: bool, nulls_first: bool) -> str:
    """An array in order: numbers, texts; SQL NULL (undefined) first or last."""
    read = json.loads(document)
    known = [value for value in read if value is not None]
    known.sort(key=lambda value: (_RANKS[type(value)], json.dumps(value) if isinstance(value, list | dict) else value),
               reverse=not ascending)  # fmt: skip
    nulls = [None] * (len(read) - len(known))
    return json.dumps([*nulls, *known] if nulls_first else [*known, *nulls])


def number_in(text: str, form: str) -> str:
    """The number that a text in a numeric format says.

    Raises:
        ValueError: It says none.
    """
    if "X" in form.upper() and not set(form.upper()) & set("90"):
        return str(int(text.strip(), 16))
    plain = re.sub(r"[$,\sG]", "", text.strip().upper())
    sign = "-" if plain.startswith(("-", "<")) or plain.endswith(("-", "MI")) else ""
    plain = plain.strip("+-<>").removesuffix("MI")
    try:
        return str(Decimal(f"{sign}{plain}"))
    except InvalidOperation:
        raise ValueError(f"100140|22007|Can't parse '{text}' as number with format '{form}'") from None


def map_pick(document: str, keys: str) -> str:
    """The part of an object with these keys."""
    read, wanted = json.loads(document), json.loads(keys)
    wanted = wanted[0] if wanted and isinstance(wanted[0], list) else wanted
    return json.dumps({key: read[key] for key in wanted if key in read})


def _same(one: Any, other: Any) -> bool:
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def array_except(document: str, others: str) -> str:
    """The elements of an array without those of another, each taken away once.

    Source: Snowflake's documentation of ARRAY_EXCEPT: arrays are multisets.
    """
    kept = json.loads(document)
    for value in json.loads(others):
        place = next((index for index, found in enumerate(kept) if _same(found, value)), None)
        if place is not None:
            del kept[place]
    return json.dumps(kept)


def array_intersection(document: str, others: str) -> str:
    """The elements that both arrays have, as often as both have them."""
    left, found = json.loads(others), []
    for value in json.loads(document):
        place = next((index for index, other in enumerate(left) if _same(other, value)), None)
        if place is not None:
            del left[place]
            found.append(value)
    return json.dumps(found)


def array_remove(document: str, value: str) -> str:
    """An array without the elements that equal a value."""
    unwanted = json.loads(value)
    return json.dumps([found for found in json.loads(document) if not _same(found, unwanted)])


def array_to_string(document: str, separator: str) -> str:
    """The elements of an array as text, a separator between them; nothing for null."""

    def shown(value: Any) -> str:
        if value is None:
            return ""
        return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))

    return separator.join(shown(value) for value in json.loads(document))


def get_path(document: str, path: str) -> str | None:
    """The value at a path such as ``a.b[0]["c d"]``; None when there is none."""
    value: Any = json.loads(document)
    for key, index, quoted in re.findall(r"([^.\[\]\"']+)|\[(\d+)\]|\[[\"'](.*?)[\"']\]", path):
        place: Any = int(index) if index else key or quoted
        inside = isinstance(value, dict) and place in value
        if not inside and not (isinstance(value, list) and isinstance(place, int) and place < len(value)):
            return None
        value = value[place]
    return json.dumps(value, separators=(",", ":"))


def object_of(keys: str, values: str) -> str:
    """An object of keys and values side by side; a pair without key is left out."""
    pairs = zip(json.loads(keys), json.loads(values), strict=True)
    return json.dumps({str(key): value for key, value in pairs if key is not None}, separators=(",", ":"))


def md5_number(text: str, upper: bool) -> int:
    """The upper or the lower half of an MD5 digest, as a number."""
    digest = hashlib.md5(text.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8] if upper else digest[8:])


def array_remove_at(document: str, place: int) -> str:
    """An array without the element at a place; a negative one counts from the end, a far one takes nothing away."""
    read = json.loads(document)
    if -len(read) <= place < len(read):
        del read[place]
    return json.dumps(read)


def array_insert(document: str, place: int, value: str) -> str:
    """An array with a value at a place; a negative one counts from the end, a far one is reached by nulls."""
    read = json.loads(document)
    at = place if place >= 0 else max(len(read) + place, 0)
    read += [None] * (at - len(read))
    return json.dumps([*read[:at], json.loads(value), *read[at:]])


def array_union(documents: str) -> str:
    """All elements of several arrays, each as often as the array that has most of it."""
    found: list[Any] = []
    for document in json.loads(documents):
        left = list(found)
        for value in document or []:
            place = next((index for index, other in enumerate(left) if _same(other, value)), None)
            if place is None:
                found.append(value)
            else:
                del left[place]
    return json.dumps(found)


def arrays_zip(documents: str) -> str:
    """The elements of several arrays side by side, as objects with the keys $1, $2 and so on; of none, one without."""
    arrays = json.loads(documents)
    if not any(arrays):
        return "[{}]"
    longest = max((len(array) for array in arrays), default=0)
    rows = [
        {f"${index}": array[row] if row < len(array) else None for index, array in enumerate(arrays, start=1)}
        for row in range(longest)
    ]
    return json.dumps(rows)


def array_slice(document: str, first: int, last: int) -> str:
    """The elements from one place up to before another; negative ones count from the end."""
    return json.dumps(json.loads(document)[first:last])


def flat_tree(document: str, path: str, kinds: str) -> str:
    """The elements of a value and of its elements, each before its own, as FLATTEN with RECURSIVE gives them."""
    found: list[dict[str, Any]] = []

    def visit(value: Any, at: str) -> None:
        if isinstance(value, dict) and kinds != "ARRAY":
            items: list[Any] = [(key, None, f"{at}.{key}" if at else key, value[key]) for key in sorted(value)]
        elif isinstance(value, list) and kinds != "OBJECT":
            items = [(None, index, f"{at}[{index}]", item) for index, item in enumerate(value)]
        else:
            return
        for key, index, place, item in items:
            found.append({"key_": key, "path_": place, "index_": index, "value_": item, "this_": value})
            visit(item, place)

    visit(json.loads(document), path)
    return json.dumps(found)


def object_insert(document: str, key: str, value: str) -> str:
    """An object with a key and the JSON of its value; itself without a value."""
    if not value:
        return document
    return json.dumps({**json.loads(document), key: json.loads(value)}, separators=(",", ":"), ensure_ascii=False)


def in_order(document: str) -> str:
    """A JSON text without blanks, its keys in order."""
    return json.dumps(json.loads(document), separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def time_in(text: str, form: str) -> str:
    """The moment that a text in a format says, as ISO text with the offset that it was given in.

    Raises:
        ValueError: It says none.
    """
    found = time_formats.automatic(text) if form.upper() == "AUTO" else time_formats.read(text, form)
    if found is None:
        raise ValueError(f"100096|22007|Can't parse '{text}' as timestamp with format '{form}'")
    return found


def other_time(text: str, kind: str) -> str:
    """The moment that a text says in a format that DuckDB does not know.

    Raises:
        ValueError: It says none; ``kind`` is what was looked for.
    """
    found = time_formats.automatic(text)
    if found is None:
        number = 100040 if kind == "Date" else 100035
        raise ValueError(f"{number}|22007|{kind} '{text}' is not recognized")
    return found


@functools.lru_cache(maxsize=32)
def _shares(exponent: float, count: int) -> list[float]:
    """The shares of the first elements, the first two, and so on, in a Zipf distribution."""
    weights = list(itertools.accumulate(place**-exponent for place in range(1, count + 1)))
    return [weight / weights[-1] for weight in weights]


def zipf(exponent: float, count: int, fraction: float) -> int:
    """The element from 1 on that a fraction between 0 and 1 falls on."""
    return bisect.bisect_left(_shares(exponent, count), fraction) + 1


_RECORDS: OrderedDict[str, int] = OrderedDict()
_KEPT = 1000


def record(statement: Any) -> Any:
    """The next numbers of a statement's records, one a row; those of old statements are forgotten."""
    import pyarrow as pa

    name, wanted = statement[0].as_py(), len(statement)
    first = _RECORDS.pop(name, 0) + 1
    _RECORDS[name] = first + wanted - 1
    while len(_RECORDS) > _KEPT:
        _RECORDS.popitem(last=False)
    return pa.array(range(first, first + wanted), pa.int64())


def number_out(text: str, wanted: str) -> str:
    """A number in a format that only the row says."""
    try:
        return number_formats.write(text, wanted)
    except number_formats.FormatError as error:
        raise ValueError(f"1003|42000|SQL compilation error:\nInvalid number format '{wanted}'.") from error


FUNCTIONS: dict[str, tuple[Callable[..., Any], list[str], str]] = {
    "sf_soundex": (soundex, ["VARCHAR", "BOOLEAN"], "VARCHAR"),
    "sf_sha2": (sha2, ["VARCHAR", "BIGINT"], "VARCHAR"),
    "sf_uuid_of": (uuid_of, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    "sf_get_ignore_case_text": (get_ignore_case, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    "sf_array_sort_text": (array_sort, ["VARCHAR", "BOOLEAN", "BOOLEAN"], "VARCHAR"),
    "sf_zipf": (zipf, ["DOUBLE", "BIGINT", "DOUBLE"], "BIGINT"),
    "sf_number_out": (number_out, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    "sf_number_in": (number_in, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    "sf_array_except_text": (array_except, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    "sf_array_intersection_text": (array_intersection, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    "sf_array_remove_text": (array_remove, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    "sf_array_insert_text": (array_insert, ["VARCHAR", "BIGINT", "VARCHAR"], "VARCHAR"),
    "sf_array_slice_text": (array_slice, ["VARCHAR", "BIGINT", "BIGINT"], "VARCHAR"),
    "sf_array_union_text": (array_union, ["VARCHAR"], "VARCHAR"),
    "sf_arrays_zip_text": (arrays_zip, ["VARCHAR"], "VARCHAR"),
    "sf_flat_tree_text": (flat_tree, ["VARCHAR", "VARCHAR", "VARCHAR"], "VARCHAR"),
    "sf_time_in": (time_in, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    "sf_other_time": (other_time, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    "sf_time_out": (time_formats.write, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    "sf_object_insert_text": (object_insert, ["VARCHAR", "VARCHAR", "VARCHAR"], "VARCHAR"),
    "sf_in_order": (in_order, ["VARCHAR"], "VARCHAR"),
    "sf_array_to_string_text": (array_to_string, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    "sf_get_path_text": (get_path, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    "sf_object_of_text": (object_of, ["VARCHAR", "VARCHAR"], "VARCHAR"),
    "sf_md5_number": (md5_number, ["VARCHAR", "BOOLEAN"], "HUGEINT"),
    "sf_array_remove_at_text": (array_remove_at, ["VARCHAR", "BIGINT"], "VARCHAR"),
    "sf_map_pick_text": (map_pick, ["VARCHAR", "VARCHAR"], "VARCHAR"),
}


def _of_known(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, NULL for NULL; it may answer NULL, which DuckDB takes only of one that gets NULLs, too."""

    @functools.wraps(function)  # DuckDB asks for the parameters
    def called(*values: Any) -> Any:
        return None if any(value is None for value in values) else function(*values)

    return called


def register(connection: Any) -> None:
    """Make the functions known to DuckDB, before the macros that call them."""
    every = FUNCTIONS | addresses.FUNCTIONS | regular_expressions.FUNCTIONS | lenient_json.FUNCTIONS
    for name, (function, kinds, returned) in every.items():
        connection.create_function(name, _of_known(function), kinds, returned, null_handling="special")
    connection.create_function("sf_record", record, ["VARCHAR"], "BIGINT", type="arrow", side_effects=True)
