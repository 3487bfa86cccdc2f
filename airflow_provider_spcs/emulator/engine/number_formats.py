"""Numbers as text in a format.

Source: Snowflake's documentation, "SQL format models": fixed-position and text-minimal numeric formats.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext

_TOKEN = re.compile(
    r'"(?P<literal>[^"]*)"|(?P<minimal>TM[9E]?)|(?P<word>FM|FX|MI)|(?P<exponent>E{2,7})|(?P<one>[\s\S])', re.IGNORECASE
)
_PRECISION = 80


class FormatError(ValueError):
    """A format that is none of Snowflake's."""


@dataclass
class _Shape:
    """What a fixed-position format holds.

    Args:
        before: What stands before the number: literals, signs of fixed place.
        whole: ``0``, ``9``, ``X`` and ``,`` before the point.
        fraction: ``0`` and ``9`` after it.
        after: What stands behind.
    """

    before: list[str] = field(default_factory=list)
    whole: list[str] = field(default_factory=list)
    fraction: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    point: bool = False
    dollar: bool = False
    blank: bool = False
    compact: bool = False
    percent: bool = False
    sign: str = ""
    exponent: str = ""
    minimal: str = ""


def write(text: str, wanted: str) -> str:
    """A number in a format.

    Args:
        text: The number, its digits after the point as its scale has them.
        wanted: The format.

    Raises:
        FormatError: The format holds what numeric formats do not have.
    """
    shape = _shape(wanted)
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    with localcontext() as context:
        context.prec = _PRECISION
        if shape.percent and value.is_finite():
            value = value.scaleb(2)
        negative = value.is_finite() and value.is_signed() and bool(value)
        if shape.minimal:
            return _framed(shape, _minimal(abs(value), shape.minimal), negative=negative)
        if any(item in "Xx" for item in shape.whole):
            return _hexadecimal(shape, value)
        return _framed(shape, _fixed(shape, abs(value)), negative=negative)


def _shape(wanted: str) -> _Shape:
    shape = _Shape()
    for found in _TOKEN.finditer(wanted):
        text = found[0]
        place = shape.after if shape.whole or shape.fraction or shape.minimal else shape.before
        if found["literal"] is not None:
            place.append(found["literal"])
        elif found["minimal"]:
            shape.minimal = text
        elif found["exponent"]:
            shape.exponent = text
        elif found["word"]:
            _word(shape, text.upper(), place)
        else:
            _one(shape, text, place)
    if not (shape.whole or shape.fraction or shape.minimal):
        raise FormatError(wanted)
    return shape


def _word(shape: _Shape, word: str, place: list[str]) -> None:
    if word == "FM":
        shape.compact = not shape.compact
    elif word == "MI":
        shape.sign = "MI"
        place.append("MI")


def _one(shape: _Shape, text: str, place: list[str]) -> None:  # noqa: C901 - one branch an element
    upper = text.upper()
    if upper in "09X":
        (shape.fraction if shape.point else shape.whole).append(text)
    elif upper in ",G" and shape.whole and not shape.point:
        shape.whole.append(",")
    elif upper in ".D" and not shape.point:
        shape.point = True
    elif upper == "$":
        shape.dollar = True
    elif upper == "B":
        shape.blank = True
    elif upper == "S":
        shape.sign = "S" if place is shape.before else "S after"
        if place is shape.after:
            place.append("S")
    elif upper == "%":
        shape.percent = True
        place.append("%")
    elif upper in ";:-=/() ":
        place.append(text)
    elif upper != "_":
        raise FormatError(text)


def _framed(shape: _Shape, digits: str, *, negative: bool) -> str:
    """The digits with their sign; by default and for ``S`` before them it stands next to the first digit."""
    number = digits.lstrip(" ")
    padding = digits[: len(digits) - len(number)]
    floating = ""
    if shape.sign == "S":
        floating = "-" if negative else "+"
    elif not shape.sign:
        floating = "-" if negative else "" if shape.minimal else " "
    made = f"{'' if shape.compact else padding}{floating}{'$' if shape.dollar else ''}{number}"
    if not shape.sign and not negative and floating == " ":
        made = f"{floating}{'' if shape.compact else padding}{'$' if shape.dollar else ''}{number}"
    if shape.compact:
        made = made.replace(" ", "")
    return "".join([_outer(shape, shape.before, negative), made, _outer(shape, shape.after, negative)])


def _outer(shape: _Shape, parts: list[str], negative: bool) -> str:
    said = {"MI": "-" if negative else "" if shape.compact else " ", "S": "-" if negative else "+"}
    return "".join(said.get(part, part) for part in parts)


def _fixed(shape: _Shape, value: Decimal) -> str:
    positions = sum(item != "," for item in shape.whole)
    width = len(shape.fraction)
    overflow = "".join("," if item == "," else "#" for item in shape.whole) + ("." if shape.point else "") + "#" * width
    if not value.is_finite():
        return overflow
    shown = ""
    if shape.exponent:
        power = value.adjusted() - max(positions - 1, 0) if value else 0
        value, shown = value.scaleb(-power), _power(power, shape.exponent)
    value = value.quantize(Decimal(1).scaleb(-width), ROUND_HALF_UP)
    whole, _, fraction = f"{value:f}".partition(".")
    whole = whole.lstrip("0")
    if len(whole) > positions:
        return overflow
    return _whole(shape, whole) + _fraction(shape, fraction) + shown


def _whole(shape: _Shape, digits: str) -> str:
    out: list[str] = []
    left = list(digits)
    zeros = "0" in shape.whole
    first = shape.whole.index("0") if zeros else len(shape.whole)
    for index in range(len(shape.whole) - 1, -1, -1):
        item = shape.whole[index]
        if item == ",":
            out.append("," if left or first < index else " ")
        elif left:
            out.append(left.pop())
        elif index >= first or (not out and not shape.blank):
            out.append("0")
        else:
            out.append(" ")
    return "".join(reversed(out))


def _fraction(shape: _Shape, digits: str) -> str:
    if not shape.point:
        return ""
    last = max((index for index, item in enumerate(shape.fraction) if item == "0"), default=-1)
    kept = max(len(digits.rstrip("0")), last + 1)
    return "." + digits[:kept] + ("" if shape.compact else " " * (len(digits) - kept))


def _power(power: int, exponent: str) -> str:
    letter, size = exponent[0], len(exponent)
    if size == 2:
        return f"{letter}{power}"
    digits = str(abs(power)).zfill(size - 2)
    return f"{letter}{'-' if power < 0 else '+'}{digits if len(digits) <= size - 2 else '#' * (size - 2)}"


def _minimal(value: Decimal, element: str) -> str:
    if not value.is_finite():
        return "#"
    plain = f"{value:f}"
    normal = value.normalize()
    digits = "".join(map(str, normal.as_tuple().digits))
    power = normal.adjusted() if value else 0
    scientific = f"{digits[0]}{'.' + digits[1:] if digits[1:] else ''}{'e' if element[0] == 't' else 'E'}{power}"
    kind = element.upper()
    if kind == "TM9":
        return plain
    return scientific if kind == "TME" or len(scientific) < len(plain) else plain


def _hexadecimal(shape: _Shape, value: Decimal) -> str:
    width = sum(item != "," for item in shape.whole)
    number = int(value.to_integral_value(ROUND_HALF_UP)) if value.is_finite() else 16**width
    signed = bool(shape.sign)
    magnitude = abs(number) if signed or number >= 0 else 16**width + number
    text = f"{magnitude:X}"
    if any(item == "x" for item in shape.whole):
        text = text.lower()
    padded = text.rjust(width, "0" if "0" in shape.whole else " ")
    if len(padded) > width or magnitude < 0:
        padded = "#" * width
    if signed:
        return _framed(shape, padded, negative=number < 0)
    made = padded.replace(" ", "") if shape.compact else padded
    return "".join([_outer(shape, shape.before, False), made, _outer(shape, shape.after, False)])
