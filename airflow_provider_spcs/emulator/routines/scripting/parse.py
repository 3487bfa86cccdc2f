"""The text of a script as a tree."""

from __future__ import annotations

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.routines.scripting import nodes
from airflow_provider_spcs.emulator.routines.scripting.nodes import Node
from airflow_provider_spcs.emulator.statement import Statement

_BRANCH_ENDS = {"ELSEIF", "ELSE", "END"}


def parse(text: str) -> nodes.Block:
    """The block of a script; one statement alone is a block of itself.

    Raises:
        SnowflakeError: 1003 for what is no script.
    """
    parser = Parser(Statement.parse(text.strip()))
    block = parser.block() if parser.at.word() in {"DECLARE", "BEGIN"} else nodes.Block(body=[parser.one()])
    parser.at.accept(";")
    parser.at.end()
    return block


class Parser:
    """Reads statements one by one.

    Args:
        at: The script's tokens.
    """

    def __init__(self, at: Statement) -> None:
        self.at = at

    def block(self) -> nodes.Block:
        """``[DECLARE ...] BEGIN ... [EXCEPTION ...] END``."""
        made = self._placed(nodes.Block())
        if self.at.accept("DECLARE"):
            while not self.at.looking_at("BEGIN"):
                made.declared.append(self._declaration())
                self.at.expect(";")
        self.at.expect("BEGIN")
        made.body = self.body({"END", "EXCEPTION"})
        if self.at.accept("EXCEPTION"):
            while self.at.accept("WHEN"):
                names = [self.at.identifier()]
                while self.at.accept("OR"):
                    names.append(self.at.identifier())
                for word in ("EXIT", "CONTINUE"):
                    self.at.accept(word)
                self.at.expect("THEN")
                made.handlers.append((names, self.body({"END", "WHEN"})))
        self.at.expect("END")
        if self.at.word() not in {";", ""}:
            self.at.identifier()
        return made

    def body(self, ends: set[str]) -> list[Node]:
        """Statements, each with its semicolon, up to one of the words (not read)."""
        found: list[Node] = []
        while self.at.word() not in ends:
            if self.at.done:
                raise self.at.unexpected()
            found.append(self.one())
            self.at.expect(";")
        return found

    def one(self) -> Node:
        """The next statement, without its semicolon."""
        word = self.at.word()
        rule = getattr(self, f"_{word.lower()}", None) if word in _STATEMENTS else None
        if rule is not None:
            found: Node = rule()
            return found
        if (word and self.at.word(1) == ":=") or (self.at.word(1) == ":" and self.at.word(2) == "="):
            return self._assignment(new=False)
        return self._sql()

    def _placed(self, node: nodes.Block) -> nodes.Block:
        node.line, node.position = self._where()
        return node

    def _where(self) -> tuple[int, int]:
        token = self.at.peek()
        return (token.line, max(token.col - len(token.text), 0)) if token is not None else (1, 0)

    def _declare(self) -> Node:
        return self.block()

    def _begin(self) -> Node:
        if self.at.word(1) in {";", "TRANSACTION", "WORK", "NAME"}:
            return self._sql()
        return self.block()

    def _declaration(self) -> Node:
        return self._variable()

    def _let(self) -> Node:
        self.at.expect("LET")
        return self._variable()

    def _variable(self) -> Node:
        line, position = self._where()
        name = self.at.identifier()
        if self.at.accept("CURSOR"):
            self.at.expect("FOR")
            return nodes.Cursor(line, position, name, self.text({";"}))
        if self.at.accept("RESULTSET"):
            query = self.text({";"}) if self.at.accept("DEFAULT") or self._becomes() else ""
            return nodes.ResultSet(line, position, name, query)
        if self.at.accept("EXCEPTION"):
            number, message = -20000, ""
            if self.at.accept("("):
                number = int(self.at.literal())
                message = self.at.string() if self.at.accept(",") else ""
                self.at.expect(")")
            return nodes.Failure(line, position, name, number, message)
        kind = self.text({";", "DEFAULT", ":=", ":"}, empty=True)
        value = self.text({";"}) if self.at.accept("DEFAULT") or self._becomes() else ""
        return nodes.Let(line, position, name, kind, value)

    def _becomes(self) -> bool:
        return self.at.accept(":=") or self.at.accept(":", "=")

    def _assignment(self, *, new: bool) -> Node:
        line, position = self._where()
        name = self.at.identifier()
        if not self._becomes():
            raise self.at.unexpected()
        return nodes.Let(line, position, name, "", self.text({";"}), new)

    def _if(self) -> Node:
        line, position = self._where()
        made = nodes.If(line, position)
        self.at.expect("IF")
        made.branches.append((self.text({"THEN"}), self._then()))
        while self.at.accept("ELSEIF"):
            made.branches.append((self.text({"THEN"}), self._then()))
        if self.at.accept("ELSE"):
            made.branches.append(("", self.body({"END"})))
        self.at.expect("END", "IF")
        return made

    def _then(self) -> list[Node]:
        self.at.expect("THEN")
        return self.body(_BRANCH_ENDS)

    def _case(self) -> Node:
        line, position = self._where()
        made = nodes.If(line, position)
        self.at.expect("CASE")
        compared = "" if self.at.looking_at("WHEN") else self.text({"WHEN"})
        while self.at.accept("WHEN"):
            condition = self.text({"THEN"})
            self.at.expect("THEN")
            made.branches.append(
                (f"({compared}) = ({condition})" if compared else condition, self.body({"WHEN", "ELSE", "END"}))
            )
        if self.at.accept("ELSE"):
            made.branches.append(("", self.body({"END"})))
        self.at.expect("END")
        self.at.accept("CASE")
        return made

    def _for(self) -> Node:
        line, position = self._where()
        self.at.expect("FOR")
        made = nodes.For(line, position, self.at.identifier())
        self.at.expect("IN")
        made.reverse = self.at.accept("REVERSE")
        made.source = self.text({"TO", "DO", "LOOP"})
        if self.at.accept("TO"):
            made.last = self.text({"DO", "LOOP"})
        made.body, made.label = self._looped("FOR")
        return made

    def _while(self) -> Node:
        line, position = self._where()
        self.at.expect("WHILE")
        made = nodes.Loop(line, position, self.text({"DO", "LOOP"}))
        made.body, made.label = self._looped("WHILE")
        return made

    def _loop(self) -> Node:
        made = nodes.Loop(*self._where())
        made.body, made.label = self._looped("LOOP")
        return made

    def _looped(self, word: str) -> tuple[list[Node], str]:
        if not self.at.accept("DO"):
            self.at.expect("LOOP")
            word = word if word == "LOOP" else "LOOP"
        body = self.body({"END"})
        self.at.expect("END")
        for ending in ("FOR", "WHILE", "LOOP"):
            if self.at.accept(ending):
                break
        else:
            raise self.at.unexpected()
        return body, self.at.identifier() if self.at.word() not in {";", ""} else ""

    def _repeat(self) -> Node:
        made = nodes.Loop(*self._where())
        self.at.expect("REPEAT")
        made.body = self.body({"UNTIL"})
        self.at.expect("UNTIL")
        made.after = self.text({"END"})
        self.at.expect("END", "REPEAT")
        return made

    def _break(self) -> Node:
        return self._leave(again=False)

    _exit = _break

    def _continue(self) -> Node:
        return self._leave(again=True)

    _iterate = _continue

    def _leave(self, *, again: bool) -> Node:
        line, position = self._where()
        self.at.identifier()
        label = self.at.identifier() if self.at.word() not in {";", ""} else ""
        return nodes.Leave(line, position, again, label)

    def _return(self) -> Node:
        line, position = self._where()
        self.at.expect("RETURN")
        if self.at.accept("TABLE", "("):
            value = self.text({")"})
            self.at.expect(")")
            return nodes.Return(line, position, value, table=True)
        return nodes.Return(line, position, self.text({";"}) if self.at.word() != ";" else "")

    def _raise(self) -> Node:
        line, position = self._where()
        self.at.expect("RAISE")
        return nodes.Raise(line, position, self.at.identifier() if self.at.word() not in {";", ""} else "")

    def _null(self) -> Node:
        self.at.expect("NULL")
        return nodes.Block()

    def _open(self) -> Node:
        line, position = self._where()
        action = self.at.identifier()
        made = nodes.Fetch(line, position, action, self.at.identifier())
        if self.at.accept("USING", "("):
            while not self.at.accept(")"):
                made.using.append(self.text({",", ")"}))
                self.at.accept(",")
        if self.at.accept("INTO"):
            made.names = self._names()
        return made

    _fetch = _open
    _close = _open

    def _names(self) -> list[str]:
        found = []
        while True:
            self.at.accept(":")
            found.append(self.at.identifier())
            if not self.at.accept(","):
                return found

    def _sql(self) -> Node:
        line, position = self._where()
        text, into = self.text({";", "INTO"} if self.at.word() in {"SELECT", "WITH", "CALL"} else {";"}), []
        if self.at.accept("INTO"):
            into = self._names()
            text = f"{text} {self.text({';'}, empty=True)}"
        return nodes.Sql(line, position, text, into)

    def text(self, ends: set[str], *, empty: bool = False) -> str:
        """The text up to one of the words outside of parentheses and CASE (not read)."""
        first = last = self.at.peek()
        depth = 0
        while not self.at.done and (depth or self.at.word() not in ends):
            word = self.at.word()
            depth += (word in {"(", "[", "{", "CASE"}) - (word in {")", "]", "}"} or (word == "END" and depth > 0))
            last = self.at.peek()
            self.at.at += 1
        if first is None or last is None or self.at.peek() is first:
            if empty:
                return ""
            raise self.at.unexpected() if not self.at.done or first is None else _unfinished(self.at)
        return self.at.text[first.start : last.end + 1]


def _unfinished(at: Statement) -> SnowflakeError:
    return at.unexpected()


_STATEMENTS = {"DECLARE", "BEGIN", "LET", "IF", "CASE", "FOR", "WHILE", "LOOP", "REPEAT", "BREAK", "EXIT", "CONTINUE",
               "ITERATE", "RETURN", "RAISE", "NULL", "OPEN", "FETCH", "CLOSE"}  # fmt: skip
