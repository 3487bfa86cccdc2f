"""File formats: their types, options, defaults and rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from airflow_provider_spcs.emulator.errors import SnowflakeError, invalid_value, unsupported
from airflow_provider_spcs.emulator.stages.options import Options, boolean

_TIMES = {"DATE_FORMAT": "AUTO", "TIME_FORMAT": "AUTO", "TIMESTAMP_FORMAT": "AUTO", "BINARY_FORMAT": "HEX"}

# Source: "CREATE FILE FORMAT", format type options and their defaults.
DEFAULTS: dict[str, Options] = {
    "CSV": {
        "TYPE": "CSV",
        "RECORD_DELIMITER": "\n",
        "FIELD_DELIMITER": ",",
        "FILE_EXTENSION": None,
        "SKIP_HEADER": 0,
        "PARSE_HEADER": False,
        **_TIMES,
        "ESCAPE": "NONE",
        "ESCAPE_UNENCLOSED_FIELD": "\\",
        "TRIM_SPACE": False,
        "FIELD_OPTIONALLY_ENCLOSED_BY": "NONE",
        "NULL_IF": ["\\N"],
        "COMPRESSION": "AUTO",
        "ERROR_ON_COLUMN_COUNT_MISMATCH": True,
        "VALIDATE_UTF8": True,
        "SKIP_BLANK_LINES": False,
        "REPLACE_INVALID_CHARACTERS": False,
        "EMPTY_FIELD_AS_NULL": True,
        "SKIP_BYTE_ORDER_MARK": True,
        "ENCODING": "UTF8",
        "MULTI_LINE": True,
    },
    "JSON": {
        "TYPE": "JSON",
        "FILE_EXTENSION": None,
        **_TIMES,
        "TRIM_SPACE": False,
        "NULL_IF": [],
        "COMPRESSION": "AUTO",
        "ENABLE_OCTAL": False,
        "ALLOW_DUPLICATE": False,
        "STRIP_OUTER_ARRAY": False,
        "STRIP_NULL_VALUES": False,
        "IGNORE_UTF8_ERRORS": False,
        "REPLACE_INVALID_CHARACTERS": False,
        "SKIP_BYTE_ORDER_MARK": True,
        "MULTI_LINE": True,
    },
    "PARQUET": {
        "TYPE": "PARQUET",
        "TRIM_SPACE": False,
        "NULL_IF": [],
        "COMPRESSION": "AUTO",
        "BINARY_AS_TEXT": True,
        "USE_LOGICAL_TYPE": False,
        "USE_VECTORIZED_SCANNER": False,
        "REPLACE_INVALID_CHARACTERS": False,
        "SNAPPY_COMPRESSION": True,
    },
}
OPTION_NAMES = frozenset(name for options in DEFAULTS.values() for name in options)

_COMPRESSIONS = {
    "CSV": {"AUTO", "GZIP", "BZ2", "BROTLI", "ZSTD", "DEFLATE", "RAW_DEFLATE", "NONE"},
    "JSON": {"AUTO", "GZIP", "BZ2", "BROTLI", "ZSTD", "DEFLATE", "RAW_DEFLATE", "NONE"},
    "PARQUET": {"AUTO", "LZO", "SNAPPY", "NONE", "GZIP", "ZSTD"},
}


@dataclass(frozen=True)
class FileFormat:
    """A file format: its type, and the options that were given; the others have their defaults."""

    type: str = "CSV"
    given: Options = field(default_factory=dict)

    @classmethod
    def of(cls, options: Options) -> FileFormat:
        """A file format from the options of a statement or a stored document.

        Raises:
            SnowflakeError: For a type that is not emulated, or an option its type does not have.
        """
        kind = str(options.get("TYPE", "CSV")).upper()
        if kind not in DEFAULTS:
            if kind in {"AVRO", "ORC", "XML", "CUSTOM"}:
                raise unsupported(f"file format TYPE = {kind}")
            raise invalid_value(kind, "TYPE", "It is CSV, JSON or PARQUET here.")
        given = {key: value for key, value in options.items() if key != "TYPE"}
        for key in given:
            if key not in DEFAULTS[kind]:
                raise SnowflakeError(
                    f"SQL compilation error:\ninvalid parameter '{key}' for file format type {kind}", 1007, "22023"
                )
        checked = cls(kind, given)
        checked.check()
        return checked

    def check(self) -> None:
        """Check the values.

        Raises:
            SnowflakeError: 1008 for one outside its rule; 2 for one that is not emulated.
        """
        for key, default in DEFAULTS[self.type].items():
            if isinstance(default, bool):
                boolean(self.given, key, default)
        if self.compression not in _COMPRESSIONS[self.type]:
            raise invalid_value(
                self.compression, "COMPRESSION", f"One of {', '.join(sorted(_COMPRESSIONS[self.type]))}."
            )
        skip = self.get("SKIP_HEADER", 0)
        if not isinstance(skip, int) or skip < 0:
            raise invalid_value(skip, "SKIP_HEADER", "A whole number of lines, 0 or more.")
        if skip and self.flag("PARSE_HEADER"):
            raise SnowflakeError(
                "SQL compilation error:\nThe file format option 'SKIP_HEADER' is not supported with 'PARSE_HEADER'.",
                2,
                "0A000",
            )

    def get(self, key: str, default: Any = None) -> Any:
        """An option's value, given or default."""
        return self.given.get(key, DEFAULTS[self.type].get(key, default))

    def flag(self, key: str) -> bool:
        """An option that is TRUE or FALSE."""
        return boolean(self.given, key, bool(DEFAULTS[self.type].get(key, False)))

    def text(self, key: str) -> str | None:
        """A delimiter, quote or escape with its escapes read; None for NONE."""
        value = self.get(key)
        if value is None or str(value).upper() == "NONE" or value == "":
            return None
        text = str(value)
        if text[:2].lower() in {"0x", "\\x"}:
            return bytes.fromhex(text[2:].replace("0x", "").replace("\\x", "")).decode()
        return {"\\t": "\t", "\\n": "\n", "\\r\\n": "\r\n", "\\r": "\r", "\\\\": "\\"}.get(text, text)

    @property
    def compression(self) -> str:
        """The compression's name in upper case; AUTO when it shows in the file."""
        return str(self.get("COMPRESSION")).upper()

    @property
    def nulls(self) -> list[str]:
        """Strings that stand for NULL."""
        value = self.get("NULL_IF", [])
        return [str(item) for item in value] if isinstance(value, list) else [str(value)]

    @property
    def options(self) -> Options:
        """Every option with its value, for SHOW and DESCRIBE."""
        return {**DEFAULTS[self.type], **self.given}

    @property
    def document(self) -> Options:
        """What is stored of it."""
        return {"TYPE": self.type, **self.given}
