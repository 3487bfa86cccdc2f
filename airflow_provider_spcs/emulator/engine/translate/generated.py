"""Random values and sequences of rows: RANDOM, UNIFORM, NORMAL, RANDSTR, SEQ1 to SEQ8, window orders over them.

With a seed the value depends on the seed and the row's number only; without one it comes from DuckDB's ``random()``.
Source: Snowflake's documentation, "SEQ1 / SEQ2 / SEQ4 / SEQ8"; that SEQ1 ends at 127 and SEQ2 at 32767 without a sign,
too, is in the tests of the JDBC driver, which its maintainers run against Snowflake.
"""

from __future__ import annotations

from sqlglot import exp

_SEQUENCES = (exp.Seq1, exp.Seq2, exp.Seq4, exp.Seq8)
_VOLATILE = (exp.Rand, exp.Uniform, exp.Normal, exp.Randstr, exp.Zipf, *_SEQUENCES)
_HALF = "9223372036854775808"
_LARGEST: dict[type, int] = {exp.Seq1: 127, exp.Seq2: 32767}
"""After which a sequence starts again; more rows than SEQ4 has numbers fit no result."""


def windows(root: exp.Expr) -> None:
    """Rewrite every generator function, and window orders by them, which DuckDB refuses."""
    for window in list(root.find_all(exp.Window)):
        order = window.args.get("order")
        if order is None or order.find(*_VOLATILE) is None:
            continue
        # Rows of a generator are independent: numbering them in any order is numbering them in a random one.
        window.set("order", None)
        if isinstance(window.this, exp.RowNumber) and not window.args.get("partition_by") and _in_generator(window):
            window.replace(exp.Paren(this=exp.Add(this=_number(window), expression=exp.Literal.number(1))))
    for node in list(root.find_all(*_VOLATILE)):
        if node.parent is not None and not node.meta.get("consumed"):
            node.replace(_rewritten(node))


def _rewritten(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Rand):
        return _random(node)
    if isinstance(node, exp.Uniform):
        return _uniform(node)
    if isinstance(node, exp.Normal):
        return _normal(node)
    if isinstance(node, exp.Randstr):
        return _randstr(node)
    if isinstance(node, exp.Zipf):
        fraction = _fraction(node, node.args.get("gen"), 0)
        return _sql(f"sf_zipf({_text(node.this)}, {_text(node.args['elementcount'])}, {fraction})")
    largest = _LARGEST.get(type(node))
    return _number(node) if largest is None else _wrapped(node, largest)


def _wrapped(node: exp.Expr, largest: int) -> exp.Expr:
    """The row's number; after the largest comes 0 again, or the smallest of its bytes where the argument is 1."""
    number, count = _text(_number(node)), largest + 1
    if node.this is not None and node.name == "1":
        return _sql(f"(({number} + {count}) % {2 * count} - {count})")
    return _sql(f"({number} % {count})")


def _random(node: exp.Rand) -> exp.Expr:
    if node.this is None:
        return exp.maybe_parse(
            "CAST((random() - 0.5) * CAST('18446744073709551616' AS DOUBLE) AS BIGINT)", dialect="duckdb"
        )
    seed, row = _text(node.this), _text(_number(node))
    return _sql(f"CAST(CAST(hash(xor(hash({row}), hash({seed}, 7))) AS HUGEINT) - {_HALF} AS BIGINT)")


def _uniform(node: exp.Uniform) -> exp.Expr:
    low, high = node.this, node.args["expression"]
    fraction = _fraction(node, node.args.get("gen"), 0)
    if _whole(low) and _whole(high):
        return _sql(f"sf_uniform_int({_text(low)}, {_text(high)}, {fraction})")
    return _sql(
        f"(CAST({_text(low)} AS DOUBLE) + {fraction} * (CAST({_text(high)} AS DOUBLE) - CAST({_text(low)} AS DOUBLE)))"
    )


def _normal(node: exp.Normal) -> exp.Expr:
    mean, deviation = node.this, node.args["stddev"]
    first, second = (_fraction(node, node.args.get("gen"), salt) for salt in (0, 1))
    return _sql(f"sf_normal(CAST({_text(mean)} AS DOUBLE), CAST({_text(deviation)} AS DOUBLE), {first}, {second})")


def _randstr(node: exp.Randstr) -> exp.Expr:
    generator = node.args.get("generator")
    length = _text(node.this)
    if _unseeded(generator):
        return _sql(
            f"array_to_string(list_transform(range({length}), lambda i: substr("
            "'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 1 + CAST(floor(random() * 62) AS "
            "BIGINT), 1)), '')"
        )
    seed = _seed(node, generator, 0)
    return _sql(
        f"array_to_string(list_transform(range({length}), lambda i: substr("
        f"'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 1 + CAST(hash({seed}, i) % 62 AS "
        f"BIGINT), 1)), '')"
    )


def _fraction(node: exp.Expr, generator: exp.Expr | None, salt: int) -> str:
    if _unseeded(generator):
        return "random()"
    return f"sf_fraction({_seed(node, generator, salt)})"


def _unseeded(generator: exp.Expr | None) -> bool:
    return generator is None or (isinstance(generator, exp.Rand) and generator.this is None)


def _seed(node: exp.Expr, generator: exp.Expr | None, salt: int) -> str:
    """What the value depends on, as arguments of ``hash``."""
    assert generator is not None  # noqa: S101
    for inner in generator.find_all(*_VOLATILE):
        inner.meta["consumed"] = True
    if isinstance(generator, exp.Rand):
        return f"hash({_text(generator.this)}, {salt}), {_text(_number(node))}"
    if isinstance(generator, _SEQUENCES):
        return f"hash(0, {salt}), {_text(_number(node))}"
    return f"hash(0, {salt}), {_text(generator)}"


def _whole(node: exp.Expr) -> bool:
    node = node.this if isinstance(node, exp.Neg | exp.Paren) else node
    if isinstance(node, exp.Literal):
        return bool(node.is_int)
    if isinstance(node, exp.Cast):
        return bool(node.to.is_type(*exp.DataType.INTEGER_TYPES))
    return node.find(exp.Literal, exp.Cast) is None or not any(
        isinstance(part, exp.Literal) and part.is_number and not part.is_int for part in node.walk()
    )


def _in_generator(node: exp.Expr) -> bool:
    select = node.find_ancestor(exp.Select)
    source = select.args.get("from_") if select is not None else None
    return (
        source is not None
        and isinstance(source.this, exp.TableFromRows)
        and isinstance(source.this.this, exp.Generator)
        and select is not None
        and not select.args.get("joins")
    )


def _number(node: exp.Expr) -> exp.Expr:
    """The row's number from 0."""
    if _in_generator(node):
        return exp.column(exp.to_identifier("%ROW", quoted=True))
    return _sql("(row_number() OVER () - 1)")


def _text(node: exp.Expr) -> str:
    return str(node.sql("duckdb"))


def _sql(text: str) -> exp.Expr:
    tree: exp.Expr = exp.maybe_parse(text, dialect="duckdb")
    for node in tree.find_all(exp.Anonymous, exp.Cast):
        if isinstance(node, exp.Cast) or node.this == "hash":
            node.meta["duckdb"] = True  # DuckDB's own meaning, not Snowflake's
    return tree
