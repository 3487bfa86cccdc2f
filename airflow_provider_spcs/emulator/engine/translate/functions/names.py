"""Functions that keep their Snowflake name through parsing, and the macro that each becomes.

Pure data, so that the parser can import it without the rules.
"""

from __future__ import annotations

MACROS: dict[str, str] = {
    "ARRAYS_OVERLAP": "sf_arrays_overlap",
    "ARRAY_APPEND": "sf_array_append",
    "ARRAY_CAT": "sf_array_cat",
    "ARRAY_COMPACT": "sf_array_compact",
    "ARRAY_CONTAINS": "sf_array_contains",
    "ARRAY_DISTINCT": "sf_array_distinct",
    "ARRAY_EXCEPT": "sf_array_except",
    "ARRAY_FLATTEN": "sf_array_flatten",
    "ARRAY_INSERT": "sf_array_insert",
    "ARRAY_INTERSECTION": "sf_array_intersection",
    "ARRAY_MAX": "sf_array_max",
    "ARRAY_MIN": "sf_array_min",
    "ARRAY_POSITION": "sf_array_position",
    "ARRAY_PREPEND": "sf_array_prepend",
    "ARRAY_REMOVE": "sf_array_remove",
    "ARRAY_REMOVE_AT": "sf_array_remove_at",
    "ARRAY_REVERSE": "sf_array_reverse",
    "ARRAY_SIZE": "sf_array_size",
    "ARRAY_SLICE": "sf_array_slice",
    "ARRAY_SORT": "sf_array_sort",
    "ARRAY_TO_STRING": "sf_array_to_string",
    "BOOLAND": "sf_booland",
    "BOOLOR": "sf_boolor",
    "BOOLXOR": "sf_boolxor",
    "HASH_AGG": "sf_hash_agg",
    "HAVERSINE": "sf_haversine",
    "IS_DECIMAL": "sf_is_decimal",
    "IS_DOUBLE": "sf_is_decimal",
    "IS_REAL": "sf_is_decimal",
    "IS_INTEGER": "sf_is_integer",
    "MONTHS_BETWEEN": "sf_months_between",
    "OBJECT_AGG": "sf_object_agg",
    "OBJECT_KEYS": "sf_keys",
    "PARSE_JSON": "sf_parse_json",
    "SPLIT": "sf_split",
    "SYSTEM$TYPEOF": "sf_system_typeof",
    "TO_ARRAY": "sf_to_array",
    "TO_OBJECT": "sf_to_object",
    "TO_VARIANT": "sf_variant",
    "TRY_PARSE_JSON": "sf_try_parse_json",
    "TYPEOF": "sf_typeof",
    "WIDTH_BUCKET": "sf_width_bucket",
}
BY_RULE = {
    "ARRAY_AGG", "ARRAY_CONSTRUCT", "ARRAY_CONSTRUCT_COMPACT", "ARRAY_GENERATE_RANGE", "AS_ARRAY", "AS_BOOLEAN",
    "AS_CHAR",
    "AS_DECIMAL", "AS_DOUBLE", "AS_INTEGER", "AS_NUMBER", "AS_OBJECT", "AS_REAL", "AS_VARCHAR", "CHECK_JSON", "GET",
    "GET_PATH", "HASH", "IS_ARRAY", "IS_BOOLEAN", "IS_CHAR", "IS_NULL_VALUE", "IS_OBJECT", "IS_VARCHAR",
    "OBJECT_CONSTRUCT",
    "OBJECT_CONSTRUCT_KEEP_NULL", "OBJECT_DELETE", "OBJECT_INSERT", "OBJECT_PICK", "RATIO_TO_REPORT",
    "STRIP_NULL_VALUE",
    "TO_CHAR", "TO_JSON", "TO_TIMESTAMP", "TO_TIMESTAMP_LTZ", "TO_TIMESTAMP_NTZ", "TO_TIMESTAMP_TZ", "TO_VARCHAR",
    "TRY_TO_TIMESTAMP", "TRY_TO_TIMESTAMP_LTZ", "TRY_TO_TIMESTAMP_NTZ", "TRY_TO_TIMESTAMP_TZ",
}  # fmt: skip
OWN = set(MACROS) | BY_RULE
