"""DataFrame algebra: joins, windows, sets, samples, pivots, missing values, statistics."""

from __future__ import annotations

import datetime
from typing import Any

from snowflake.snowpark import Session, Window
from snowflake.snowpark import functions as f
from snowpark_cases import expect

_LEFT = [(1, "l1"), (2, "l2"), (3, "l3")]
_RIGHT = [(2, "r2"), (3, "r3"), (4, "r4")]


def _people(s: Session) -> Any:
    return s.table("PEOPLE")


def _pair(s: Session) -> tuple[Any, Any]:
    return s.create_dataframe(_LEFT, schema=["k", "a"]), s.create_dataframe(_RIGHT, schema=["k", "b"])


def _joined(s: Session, how: str) -> Any:
    left, right = _pair(s)
    return left.join(right, on="k", how=how).sort("k")


expect("join_inner", lambda s: _joined(s, "inner"), [(2, "l2", "r2"), (3, "l3", "r3")])
expect("join_left", lambda s: _joined(s, "left"), [(1, "l1", None), (2, "l2", "r2"), (3, "l3", "r3")])
expect("join_right", lambda s: _joined(s, "right"), [(2, "l2", "r2"), (3, "l3", "r3"), (4, None, "r4")])
expect("join_full", lambda s: _joined(s, "full"), [(1, "l1", None), (2, "l2", "r2"), (3, "l3", "r3"), (4, None, "r4")])
expect("join_semi", lambda s: _joined(s, "semi"), [(2, "l2"), (3, "l3")])
expect("join_anti", lambda s: _joined(s, "anti"), [(1, "l1")])
expect("join_cross_counts", lambda s: _pair(s)[0].cross_join(_pair(s)[1]).count(), 9)


def _on_condition(s: Session) -> Any:
    left, right = _pair(s)
    return left.join(right, left.k < right.k).select(left.k.alias("lk"), right.k.alias("rk")).sort("lk", "rk")


expect("join_on_inequality", _on_condition, [(1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4)])
expect(
    "join_self_with_suffix",
    lambda s: (
        _people(s).join(_people(s), on="ID", lsuffix="_l", rsuffix="_r").select("name_l", "name_r").sort("name_l")
    ),
    [(None, None), ("ann", "ann"), ("bob", "bob"), ("cid", "cid")],
)
expect("join_natural", lambda s: _pair(s)[0].natural_join(_pair(s)[1]).count(), 2)


def _asof(s: Session) -> Any:
    trades = s.create_dataframe([(1, 10), (2, 25)], schema=["id", "t"])
    quotes = s.create_dataframe([(9, "a"), (20, "b"), (30, "c")], schema=["qt", "q"])
    joined = trades.join(quotes, how="asof", match_condition=trades.t >= quotes.qt)
    return joined.select("id", "q").sort("id")


expect("join_asof", _asof, [(1, "a"), (2, "b")])
expect("union_drops_doubles", lambda s: s.range(3).union(s.range(2, 5)).sort("id"), [(n,) for n in range(5)])
expect("union_all_keeps_doubles", lambda s: s.range(3).union_all(s.range(3)).count(), 6)
expect("intersect", lambda s: s.range(4).intersect(s.range(2, 9)).sort("id"), [(2,), (3,)])
expect("except", lambda s: s.range(4).except_(s.range(2, 9)).sort("id"), [(0,), (1,)])


def _by_name(s: Session) -> Any:
    first = s.create_dataframe([(1, "a")], schema=["n", "t"])
    return first.union_all_by_name(s.create_dataframe([("b", 2)], schema=["t", "n"])).sort("n")


expect("union_by_name", _by_name, [(1, "a"), (2, "b")])
expect("distinct", lambda s: _people(s).select("team").distinct().sort("team"), [("a",), ("b",)])
expect("drop_duplicates_by_column", lambda s: _people(s).drop_duplicates("team").count(), 2)
expect("limit_with_offset", lambda s: _people(s).sort("id").limit(2, offset=1).select("id"), [(2,), (3,)])
expect("sort_nulls_last", lambda s: _people(s).sort(f.col("x").asc_nulls_last()).select("id"), [(1,), (4,), (3,), (2,)])
expect("sort_descending_puts_nulls_last", lambda s: _people(s).sort(f.col("x").desc()).select("id").first(), (3,))
expect("sample_of_rows", lambda s: s.range(1000).sample(n=10).count(), 10)
expect("sample_of_a_fraction", lambda s: s.range(10000).sample(frac=0.5).count(), lambda n: 4000 < n < 6000)
expect(
    "random_split_parts_the_rows",
    lambda s: [part.count() for part in s.range(1000).random_split([0.8, 0.2], seed=1)],
    lambda parts: sum(parts) == 1000 and 700 < parts[0] < 900,
)
expect(
    "sample_by_strata",
    lambda s: _people(s).sample_by("team", {"a": 1.0, "b": 0.0}).select("team").distinct(),
    [("a",)],
)
expect("generator", lambda s: s.generator(f.seq4().alias("n"), rowcount=5).sort("n"), [(n,) for n in range(5)])
expect(
    "generator_uniform",
    lambda s: s.generator(f.uniform(1, 3, f.random(5)), rowcount=200).to_df("u").agg(f.min("u"), f.max("u")).first(),
    (1, 3),
)
expect("range_with_step", lambda s: s.range(10, 0, -3), [(10,), (7,), (4,), (1,)])

_BY_TEAM = Window.partition_by("team").order_by("id")


def _window(s: Session, *columns: Any) -> Any:
    return _people(s).select("id", *columns).sort("id")


expect("window_row_number", lambda s: _window(s, f.row_number().over(_BY_TEAM)), [(1, 1), (2, 1), (3, 2), (4, 2)])
expect(
    "window_lag_with_default",
    lambda s: _window(s, f.lag("id", 1, 0).over(_BY_TEAM)),
    [(1, 0), (2, 0), (3, 2), (4, 1)],
)
expect("window_lead", lambda s: _window(s, f.lead("id").over(_BY_TEAM)), [(1, 4), (2, 3), (3, None), (4, None)])
expect(
    "window_running_sum",
    lambda s: _window(s, f.sum("id").over(_BY_TEAM.rows_between(Window.UNBOUNDED_PRECEDING, Window.CURRENT_ROW))),
    [(1, 1), (2, 2), (3, 5), (4, 5)],
)
expect(
    "window_range_between_values",
    lambda s: _window(s, f.count("id").over(Window.order_by("id").range_between(-1, 1))),
    [(1, 2), (2, 3), (3, 3), (4, 2)],
)
expect("window_rank", lambda s: _window(s, f.rank().over(Window.order_by("team"))), [(1, 1), (2, 3), (3, 3), (4, 1)])
expect(
    "window_dense_rank",
    lambda s: _window(s, f.dense_rank().over(Window.order_by("team"))),
    [(1, 1), (2, 2), (3, 2), (4, 1)],
)
expect(
    "window_ntile",
    lambda s: _window(s, f.ntile(f.lit(2)).over(Window.order_by("id"))),
    [(1, 1), (2, 1), (3, 2), (4, 2)],
)
expect(
    "window_percent_rank",
    lambda s: _window(s, f.percent_rank().over(Window.order_by("id"))),
    [(1, 0.0), (2, 0.333333), (3, 0.666667), (4, 1.0)],
)
expect(
    "window_cume_dist",
    lambda s: _window(s, f.cume_dist().over(Window.order_by("id"))),
    [(1, 0.25), (2, 0.5), (3, 0.75), (4, 1.0)],
)
expect(
    "window_first_and_last_value",
    lambda s: _window(s, f.first_value("id").over(_BY_TEAM), f.last_value("id").over(_BY_TEAM)),
    [(1, 1, 4), (2, 2, 3), (3, 2, 3), (4, 1, 4)],
)
expect(
    "window_first_value_ignoring_nulls",
    lambda s: _window(s, f.first_value("x", ignore_nulls=True).over(Window.partition_by("team").order_by("id"))),
    [(1, 1.5), (2, 4.0), (3, 4.0), (4, 1.5)],
)
expect(
    "window_ratio_to_report",
    lambda s: _window(s, f.sql_expr("ratio_to_report(id) over ()")),
    [(1, 0.1), (2, 0.2), (3, 0.3), (4, 0.4)],
)
expect(
    "window_conditional_true_event",
    lambda s: _window(s, f.sql_expr("conditional_true_event(id = 3) over (order by id)")),
    [(1, 0), (2, 0), (3, 1), (4, 1)],
)
expect(
    "window_conditional_change_event",
    lambda s: _window(s, f.sql_expr("conditional_change_event(team) over (order by id)")),
    [(1, 0), (2, 1), (3, 1), (4, 2)],
)
expect(
    "qualify",
    lambda s: s.sql(
        "select id from PEOPLE qualify row_number() over (partition by team order by id desc) = 1 order by 1"
    ),
    [(3,), (4,)],
)
expect(
    "group_by_agg",
    lambda s: _people(s).group_by("team").agg(f.sum("x"), f.count("x"), f.avg("id")).sort("team"),
    [("a", 4.0, 2, 2.5), ("b", 4.0, 1, 2.5)],
)
expect(
    "group_by_dict",
    lambda s: _people(s).group_by("team").agg({"id": "max", "x": "min"}).sort("team"),
    [("a", 4, 1.5), ("b", 3, 4.0)],
)
expect(
    "rollup",
    lambda s: _people(s).rollup("team").agg(f.count("id")).sort(f.col("team").asc_nulls_last()),
    [("a", 2), ("b", 2), (None, 4)],
)
expect("cube", lambda s: _people(s).cube("team", "id").agg(f.count("id")).count(), 11)


def _sets(s: Session) -> Any:
    from snowflake.snowpark import GroupingSets

    frame = _people(s).group_by_grouping_sets(GroupingSets([f.col("team")], [f.col("id")]))
    return frame.agg(f.count("*")).count()


expect("grouping_sets", _sets, 6)
expect(
    "grouping_id",
    lambda s: _people(s).rollup("team").agg(f.grouping("team")).sort(f.col("team").asc_nulls_last()),
    [("a", 0), ("b", 0), (None, 1)],
)


def _sales(s: Session) -> Any:
    rows = [(1, "JAN", 10), (1, "FEB", 20), (2, "JAN", 5)]
    return s.create_dataframe(rows, schema=["emp", "month", "amount"])


expect(
    "pivot",
    lambda s: _sales(s).pivot("month", ["JAN", "FEB"]).sum("amount").sort("emp"),
    [(1, 10, 20), (2, 5, None)],
)
expect("pivot_any", lambda s: _sales(s).pivot("month").sum("amount").sort("emp"), [(1, 20, 10), (2, None, 5)])
expect(
    "pivot_default",
    lambda s: _sales(s).pivot("month", ["JAN", "FEB"], 0).sum("amount").sort("emp"),
    [(1, 10, 20), (2, 5, 0)],
)
expect(
    "group_by_pivot",
    lambda s: _sales(s).group_by("emp").pivot("month", ["JAN", "FEB"]).sum("amount").sort("emp"),
    [(1, 10, 20), (2, 5, None)],
)
expect(
    "unpivot",
    lambda s: (
        s.create_dataframe([(1, 10, 20)], schema=["emp", "jan", "feb"])
        .unpivot("amount", "month", ["jan", "feb"])
        .sort("amount")
    ),
    [(1, "JAN", 10), (1, "FEB", 20)],
)
expect(
    "na_fill",
    lambda s: _people(s).na.fill({"x": 0.0, "name": "-"}).sort("id").select("name", "x"),
    [("ann", 1.5), ("bob", 0.0), ("cid", 4.0), ("-", 2.5)],
)
expect("na_drop", lambda s: _people(s).na.drop().sort("id").select("id"), [(1,), (3,)])
expect("na_drop_subset", lambda s: _people(s).na.drop(subset=["x"]).count(), 3)
expect("na_replace", lambda s: _people(s).na.replace("ann", "eve").sort("id").select("name").first(), ("eve",))
expect(
    "describe",
    lambda s: _people(s).select("id").describe().sort("summary"),
    [("count", 4.0), ("max", 4.0), ("mean", 2.5), ("min", 1.0), ("stddev", 1.290995)],
)
expect(
    "describe_text", lambda s: _people(s).select("name").describe().filter(f.col("summary") == "max"), [("max", "cid")]
)
expect("crosstab", lambda s: _people(s).stat.crosstab("team", "id").sort("team"), lambda rows: len(rows) == 2)
expect("stat_corr", lambda s: s.range(10).with_column("y", f.col("id") * 2).stat.corr("id", "y"), 1.0)
expect("stat_cov", lambda s: s.range(10).with_column("y", f.col("id") * 2).stat.cov("id", "y"), 18.333333)
expect("approx_quantile", lambda s: s.range(101).stat.approx_quantile("id", [0.0, 0.5, 1.0]), [0.0, 50.0, 100.0])
expect(
    "approx_quantile_of_columns",
    lambda s: s.range(101).with_column("y", f.col("id") * 2).stat.approx_quantile(["id", "y"], [0.5]),
    [[50.0], [100.0]],
)
expect("select_expr", lambda s: _people(s).select_expr("id + 1 as n").sort("n").first(), (2,))
expect(
    "with_column_renamed",
    lambda s: _people(s).with_column_renamed("x", "y").columns,
    ["ID", "NAME", "TEAM", "Y", "DAY"],
)
expect("drop_column", lambda s: _people(s).drop("x", "day").columns, ["ID", "NAME", "TEAM"])
expect("rename_several", lambda s: _people(s).rename({"id": "a", "x": "b"}).columns, ["A", "NAME", "TEAM", "B", "DAY"])
expect(
    "with_columns",
    lambda s: _people(s).with_columns(["p", "q"], [f.lit(1), f.lit("t")]).select("p", "q").first(),
    (1, "t"),
)
expect(
    "schema_types",
    lambda s: [str(field.datatype) for field in _people(s).schema],
    ["LongType()", "StringType(10)", "StringType()", "DoubleType()", "DateType()"],
)
expect("to_local_iterator", lambda s: [row[0] for row in _people(s).sort("id").to_local_iterator()], [1, 2, 3, 4])
expect(
    "flatten",
    lambda s: s.sql("select parse_json('[1,2]') as v").flatten("v").sort("index").select("index", "value"),
    [(0, "1"), (1, "2")],
)
expect(
    "split_to_table",
    lambda s: s.table_function("split_to_table", f.lit("a-b"), f.lit("-")).select("index", "value").sort("index"),
    [(1, "a"), (2, "b")],
)
expect("cache_result", lambda s: _people(s).filter("id > 2").cache_result().count(), 2)
expect("queries_of_a_frame", lambda s: len(_people(s).queries["queries"]), 1)
expect("explain", lambda s: _people(s).explain() is None, True)
expect(
    "to_pandas",
    lambda s: _people(s).sort("id").select("id", "day").to_pandas().iloc[1].tolist(),
    [2, datetime.date(2024, 2, 29)],
)
expect("to_pandas_batches", lambda s: sum(len(part) for part in s.range(30000).to_pandas_batches()), 30000)
expect("to_arrow", lambda s: s.range(30000).to_arrow().num_rows, 30000)
