"""Raw log text becomes lines that a person can read."""

from __future__ import annotations

import logging

import pytest

from airflow_provider_spcs.log_lines import MOST_BYTES, entries, level, readable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("crlf\r", "crlf"),
        (" 10%|#   |\r 50%|##  |\r100%|####|", "100%|####|"),
        (" 10%|#   |\r 50%|##  |\r", " 50%|##  |"),
        ("\x1b[A\x1b[2Kdone", "done"),
        ("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
        ("a\x00b\x07", "a\\x00b\\x07"),
        ("tab\there", "tab\there"),
        ("", ""),
        ("\r\r", ""),
    ],
)
def test_line_reads_as_it_looks_on_a_screen(text: str, expected: str) -> None:
    """Progress bars show what they wrote last, noise shows its code, colours stay."""
    assert readable(text) == expected


def test_long_line_is_cut_at_16_kilobytes_and_says_so() -> None:
    """Never in the middle of a character."""
    shown = readable("é" * 20_000)
    assert len(shown.encode()) <= MOST_BYTES
    assert shown.endswith("[cut, the line has 40,000 bytes]")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("INFO training", logging.INFO),
        ("ERROR: no", logging.ERROR),
        ("[WARNING] x", logging.WARNING),
        ("2026-11-22 21:00:00,123 DEBUG module x", logging.DEBUG),
        ("2026-11-22T21:00:00Z CRITICAL x", logging.CRITICAL),
        ("root - ERROR - no", logging.ERROR),
        ("W1122 21:00:00.123 file.cc:1] x", logging.WARNING),
        ('{"level": "error", "msg": "x"}', logging.ERROR),
        ('{"severity_text": "WARN"}', logging.WARNING),
        ("Traceback (most recent call last):", logging.ERROR),
        ("an information desk", logging.INFO),
        ("no errors found", logging.INFO),
        ("{not json", logging.INFO),
        ("", logging.INFO),
        ("ERRORS: 0", logging.INFO),
    ],
)
def test_level_is_read_from_the_lines_own_beginning(text: str, expected: int) -> None:
    """A line that says nothing is INFO."""
    assert level(text) == expected


def test_line_without_its_end_is_kept_apart() -> None:
    """It may still grow."""
    whole, pending = entries("2026-01-01T00:00:00Z a\n2026-01-01T00:00:01Z b", stamped=True)
    assert [(line.text, line.at) for line in whole] == [("a", "2026-01-01T00:00:00Z")]
    assert pending is not None
    assert pending.text == "b"


def test_line_without_a_timestamp_belongs_to_the_one_before() -> None:
    """A source that stamps records, not lines."""
    whole, _ = entries("2026-01-01T00:00:00Z a\nmore\n", stamped=True)
    assert [(line.text, line.at) for line in whole] == [("a", "2026-01-01T00:00:00Z"), ("more", "2026-01-01T00:00:00Z")]
