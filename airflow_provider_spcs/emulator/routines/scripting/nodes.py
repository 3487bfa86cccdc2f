"""The parts of a script, as its parser makes and its interpreter reads them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Node:
    """One statement; ``line`` and ``position`` say where it begins, from 1 and 0."""

    line: int = 1
    position: int = 0


@dataclass
class Block(Node):
    """``DECLARE ... BEGIN ... EXCEPTION ... END``."""

    declared: list[Node] = field(default_factory=list)
    body: list[Node] = field(default_factory=list)
    handlers: list[tuple[list[str], list[Node]]] = field(default_factory=list)


@dataclass
class Let(Node):
    """A variable, with the text of its type and of its first value, as far as given; or an assignment to one."""

    name: str = ""
    type: str = ""
    value: str = ""
    new: bool = True


@dataclass
class Cursor(Node):
    """``name CURSOR FOR query``."""

    name: str = ""
    query: str = ""


@dataclass
class ResultSet(Node):
    """``name RESULTSET DEFAULT (query)``, or an assignment to one."""

    name: str = ""
    query: str = ""


@dataclass
class Failure(Node):
    """``name EXCEPTION (number, 'message')``."""

    name: str = ""
    number: int = -20000
    message: str = ""


@dataclass
class If(Node):
    """Branches by condition; the last may have none (ELSE)."""

    branches: list[tuple[str, list[Node]]] = field(default_factory=list)


@dataclass
class Loop(Node):
    """``LOOP``, ``WHILE condition`` (before) and ``REPEAT ... UNTIL condition`` (after)."""

    before: str = ""
    after: str = ""
    body: list[Node] = field(default_factory=list)
    label: str = ""


@dataclass
class For(Node):
    """``FOR name IN first TO last`` or ``FOR name IN cursor or result set``."""

    name: str = ""
    source: str = ""
    last: str = ""
    reverse: bool = False
    body: list[Node] = field(default_factory=list)
    label: str = ""


@dataclass
class Leave(Node):
    """``BREAK`` or, with ``again``, ``CONTINUE``."""

    again: bool = False
    label: str = ""


@dataclass
class Return(Node):
    """``RETURN expression`` or ``RETURN TABLE(result set)``."""

    value: str = ""
    table: bool = False


@dataclass
class Raise(Node):
    """``RAISE name``; without a name the exception that is handled."""

    name: str = ""


@dataclass
class Fetch(Node):
    """``OPEN``, ``FETCH cursor INTO names`` or ``CLOSE``."""

    action: str = ""
    cursor: str = ""
    names: list[str] = field(default_factory=list)
    using: list[str] = field(default_factory=list)


@dataclass
class Sql(Node):
    """Any other statement, with the variables that ``INTO`` fills."""

    text: str = ""
    into: list[str] = field(default_factory=list)
