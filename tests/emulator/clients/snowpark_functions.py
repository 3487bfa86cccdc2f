"""Functions: text, numbers, dates, semi-structured values, aggregates."""

from __future__ import annotations

import datetime
from typing import Any

from snowflake.snowpark import Session
from snowflake.snowpark import functions as f
from snowpark_cases import expect

_D, _T = datetime.date, datetime.datetime


def value(name: str, column: Any, expected: Any) -> None:
    """One expression over one row; text is SQL."""
    made = f.sql_expr(column) if isinstance(column, str) else column
    expect(name, lambda s: s.create_dataframe([(1,)], schema=["one"]).select(made).first()[0], expected)


def aggregate(name: str, column: Any, expected: Any) -> None:
    """One aggregate over the numbers 1 to 10 in N, their parity in P."""
    made = f.sql_expr(column) if isinstance(column, str) else column

    def compute(s: Session) -> Any:
        return s.range(1, 11).select(f.col("id").alias("n"), (f.col("id") % 2).alias("p")).agg(made).first()[0]

    expect(name, compute, expected)


value("upper_lower_initcap", "upper('ab') || lower('CD') || initcap('ef gh')", "ABcdEf Gh")
value("trim_characters", "trim('**a**', '*')", "a")
value("ltrim_rtrim", "ltrim('0012', '0') || rtrim('ab  ')", "12ab")
value("lpad_rpad", "lpad('7', 3, '0') || rpad('7', 3, 'x')", "0077xx")
value("substr_negative", "substr('abcdef', -3, 2)", "de")
value("split_part_negative", "split_part('a.b.c', '.', -1)", "c")
value("regexp_replace", "regexp_replace('a1b22', '[0-9]+', '#')", "a#b#")
value("regexp_substr", "regexp_substr('x12y34', '[0-9]+', 1, 2)", "34")
value("regexp_count", "regexp_count('a1b22', '[0-9]')", 3)
value("regexp_like_is_whole", "regexp_like('abc', 'b')", False)
value("regexp_instr", "regexp_instr('abc12', '[0-9]')", 4)
value("rlike", "'abc' rlike 'a.*'", True)
value("position", "position('c', 'abc') + charindex('b', 'abc')", 5)
value("contains_startswith_endswith", "contains('abc','b') and startswith('abc','a') and endswith('abc','c')", True)
value("translate", "translate('abc', 'ab', 'xy')", "xyc")
value("reverse_repeat", "reverse('ab') || repeat('c', 3)", "baccc")
value("insert_text", "insert('abcdef', 2, 3, 'Z')", "aZef")
value("concat_ws", "concat_ws('-', 'a', 'b')", "a-b")
value("concat_null_is_null", "concat('a', null)", None)
value("ascii_chr", "ascii('A')::varchar || chr(66)", "65B")
value("md5", "md5('a')", "0cc175b9c0f1b6a831c399e269772661")
value("sha2", "left(sha2('a'), 8)", "ca978112")
value("base64", "base64_encode('abc')", "YWJj")
value("base64_decode", "base64_decode_string('YWJj')", "abc")
value("hex_encode", "hex_encode('ab')", "6162")
value("editdistance", "editdistance('kitten', 'sitting')", 3)
value("jarowinkler", "jarowinkler_similarity('martha', 'marhta')", 96)
value("like_any", "'abc' like any ('x%', 'a%')", True)
value("ilike_escape", "'A_B' ilike 'a^_b' escape '^'", True)
value("strtok", "strtok('a.b-c', '.-', 3)", "c")
value("strtok_to_array", "strtok_to_array('a.b', '.')", ["a", "b"])
value("length_octet_length", "length('é') * 10 + octet_length('é')", 12)
value("to_char_number", "to_char(1234.5, '9,999.00')", " 1,234.50")
value("to_char_date", "to_char('2024-02-03'::date, 'DD-MON-YYYY')", "03-Feb-2024")
value("parse_url", "parse_url('https://a.b/c?d=e'):host::varchar", "a.b")
value("collate_free_greatest", "greatest('a', 'b') || least('a', 'b')", "ba")
value("uuid_string", "length(uuid_string())", 36)
value("round_half_away", "round(2.5) * 10 + round(-1.5)", 28)
value("round_digits", "round(1234.567, -2)", 1200)
value("truncate", "trunc(12.987, 1)", 12.9)
value("ceil_floor", "ceil(1.2) * 10 + floor(1.8)", 21)
value("mod_of_negative", "mod(-7, 3)", -1)
value("div0", "div0(1, 0) + div0null(1, null)", 0)
value("power_sqrt_cbrt", "power(2, 3) + sqrt(9) + cbrt(27)", 14.0)
value("log_ln_exp", "log(10, 1000) + ln(exp(2))", 5.0)
value("sign_abs", "sign(-3) * abs(-4)", -4)
value("factorial", "factorial(5)", 120)
value("bit_functions", "bitand(12, 10) + bitor(12, 10) + bitxor(12, 10) + bitshiftleft(1, 3)", 36)
value("width_bucket", "width_bucket(5, 0, 10, 5)", 3)
value("haversine", "round(haversine(40.7127, -74.0059, 34.0500, -118.2500))", 3936.0)
value("trigonometry", "round(sin(0) + cos(0) + degrees(pi()) + radians(180) - pi(), 6)", 181.0)
value("iff_nvl_nvl2", "iff(true, 1, 2) + nvl(null, 3) + nvl2(null, 4, 5)", 9)
value("zeroifnull_nullifzero", "zeroifnull(null) + coalesce(nullifzero(0), 7)", 7)
value("decode", "decode(2, 1, 'a', 2, 'b', 'z')", "b")
value("equal_null", "equal_null(null, null)", True)
value("try_to_number", "try_to_number('x')", None)
value("to_number_with_scale", "to_number('12.345', 10, 2)", 12.35)
value("to_decimal", "to_decimal('1.5', 5, 1)", 1.5)
value("try_cast", "try_cast('x' as int)", None)
value("to_boolean", "to_boolean('yes')", True)
value("to_double", "to_double('1.5')", 1.5)
value("to_binary", "to_binary('6162', 'HEX')", bytearray(b"ab"))
value("hash_is_stable", "hash('a') = hash('a')", True)
value("dateadd_month_end", "dateadd(month, 1, '2024-01-31'::date)", _D(2024, 2, 29))
value("dateadd_hours", "dateadd('hour', 5, '2024-01-01'::timestamp)", _T(2024, 1, 1, 5))
value("datediff_counts_boundaries", "datediff('year', '2023-12-31'::date, '2024-01-01'::date)", 1)
value("datediff_weeks", "datediff(week, '2024-01-07'::date, '2024-01-08'::date)", 1)
value("timestampdiff", "timestampdiff(minute, '2024-01-01 00:00:59'::timestamp, '2024-01-01 00:01:00'::timestamp)", 1)
value("date_trunc_week", "date_trunc('week', '2024-02-03'::date)", _D(2024, 1, 29))
value("date_trunc_quarter", "date_trunc('quarter', '2024-05-03'::timestamp)", _T(2024, 4, 1))
value("last_day", "last_day('2024-02-10'::date)", _D(2024, 2, 29))
value("next_day", "next_day('2024-02-03'::date, 'mo')", _D(2024, 2, 5))
value("previous_day", "previous_day('2024-02-03'::date, 'fr')", _D(2024, 2, 2))
value("dayname_monthname", "dayname('2024-02-03'::date) || monthname('2024-02-03'::date)", "SatFeb")
value(
    "date_parts",
    "year(d) * 100 + month(d) + quarter(d) + week(d) + dayofweek(d) + dayofyear(d)".replace(
        "d)", "'2024-02-03'::date)"
    ),
    202448,
)
value("extract_epoch", "extract(epoch_second from '1970-01-02'::timestamp)", 86400)
value("add_months", "add_months('2024-02-29'::date, 1)", _D(2024, 3, 31))
value("months_between", "months_between('2024-03-31'::date, '2024-02-29'::date)", 1.0)
value("date_from_parts", "date_from_parts(2024, 2, 30)", _D(2024, 3, 1))
value("timestamp_from_parts", "timestamp_from_parts(2024, 1, 2, 3, 4, 5)", _T(2024, 1, 2, 3, 4, 5))
value("time_from_parts", "time_from_parts(1, 2, 3)", datetime.time(1, 2, 3))
value("to_date_format", "to_date('03/02/2024', 'DD/MM/YYYY')", _D(2024, 2, 3))
value("to_timestamp_epoch", "to_timestamp(86400)", _T(1970, 1, 2))
value("to_time", "to_time('01:02:03')", datetime.time(1, 2, 3))
value(
    "convert_timezone", "convert_timezone('UTC', 'Asia/Tokyo', '2024-01-01 00:00:00'::timestamp_ntz)", _T(2024, 1, 1, 9)
)
value("time_slice", "time_slice('2024-01-01 10:07:00'::timestamp_ntz, 15, 'MINUTE')", _T(2024, 1, 1, 10))
value("interval_arithmetic", "'2024-01-01'::date + interval '1 month, 2 days'", _D(2024, 2, 3))
value("date_plus_number", "'2024-01-01'::date + 5", _D(2024, 1, 6))
value("date_minus_date", "'2024-01-06'::date - '2024-01-01'::date", 5)
value("parse_json_path", 'parse_json(\'{"a": {"b": [1, 2]}}\'):a.b[1]::int', 2)
value("get_path", "get_path(parse_json('{\"a\": {\"b\": 3}}'), 'a.b')", "3")
value("object_construct", "object_construct('a', 1, 'b', null)", {"a": 1})
value("object_insert_update", "object_insert(object_construct('a', 1), 'a', 2, true)", {"a": 2})
value("object_delete", "object_delete(object_construct('a', 1, 'b', 2), 'a')", {"b": 2})
value("object_keys", "object_keys(object_construct('b', 1, 'a', 2))", lambda keys: sorted(keys) == ["a", "b"])
value(
    "array_construct",
    "array_construct(1, 'a', null)",
    lambda items: items == [1, "a", None] or "undefined" in str(items),
)
value("array_append_cat", "array_cat(array_append(array_construct(1), 2), array_construct(3))", [1, 2, 3])
value("array_slice", "array_slice(array_construct(1, 2, 3, 4), 1, 3)", [2, 3])
value("array_size_contains", "array_contains(2::variant, array_construct(1, 2))", True)
value("array_position", "array_position('b'::variant, array_construct('a', 'b'))", 1)
value("array_to_string", "array_to_string(array_construct(1, 'b'), '-')", "1-b")
value("array_sort", "array_sort(array_construct(3, 1, 2))", [1, 2, 3])
value("array_distinct", "array_size(array_distinct(array_construct(1, 1, 2)))", 2)
value("array_generate_range", "array_generate_range(2, 5)", [2, 3, 4])
value("array_max_min", "array_max(array_construct(1, 5, 3))", "5")
value("array_intersection", "array_intersection(array_construct(1, 2), array_construct(2, 3))", [2])
value(
    "arrays_zip",
    "arrays_zip(array_construct(1, 2), array_construct('a', 'b'))",
    [{"$1": 1, "$2": "a"}, {"$1": 2, "$2": "b"}],
)
value("array_unique_flatten", "array_flatten(array_construct(array_construct(1), array_construct(2, 3)))", [1, 2, 3])
value("filter_lambda", "filter(array_construct(1, 2, 3), x -> x > 1)", [2, 3])
value("transform_lambda", "transform(array_construct(1, 2), x int -> x * 2)", [2, 4])
value("reduce_lambda", "reduce(array_construct(1, 2, 3), 0, (a, x) -> a + x)", lambda found: float(found) == 6)
value("typeof", "typeof(parse_json('{\"a\": 1}')) || typeof(to_variant(1.5))", "OBJECTDECIMAL")
value(
    "is_functions", "is_array(array_construct()) and is_object(object_construct()) and is_integer(to_variant(1))", True
)
value("as_integer", "as_integer(to_variant(3))", 3)
value("to_json", "to_json(object_construct('a', 1))", {"a": 1})
value("check_json", "check_json('{') is not null", True)
value("strip_null_value", "strip_null_value(parse_json('{\"a\": null}'):a)", None)
value("variant_in_arithmetic", "parse_json('5') + 1", 6)
value("case_when", f.when(f.col("one") == 1, "yes").otherwise("no"), "yes")
value("lit_in", f.col("one").in_([1, 2]), True)
value("between", f.col("one").between(0, 2), True)
value("call_function", f.call_function("square", f.lit(3)), 9)
value("bracket_literal", f.lit([1, 2]), [1, 2])
value("seq_is_number", "seq8()", 0)
value("randstr_length", "length(randstr(7, random()))", 7)
value("uniform_float", "uniform(0::float, 1::float, random()) between 0 and 1", True)
value("zipf_in_range", "zipf(1, 10, random()) between 1 and 10", True)
value("normal_number", "normal(0, 1, random()) is not null", True)
value("current_values", "current_database() || '.' || current_schema()", "EMULATOR.SNOWPARK_CASES")
value("is_role_in_session", "is_role_in_session('ACCOUNTADMIN')", True)
value("bitmap_bucket_number", "bitmap_bucket_number(40000)", 2)

aggregate("sum_avg", "sum(n) + avg(n)", 60.5)
aggregate("count_if", "count_if(n > 7)", 3)
aggregate("count_distinct", f.count_distinct("p"), 2)
aggregate("approx_count_distinct", f.approx_count_distinct("n"), 10)
aggregate("hll", "hll(n)", 10)
aggregate("median", f.median("n"), 5.5)
aggregate("mode", "mode(p) is not null", True)
aggregate("stddev", f.stddev("n"), 3.02765)
aggregate("stddev_pop", f.stddev_pop("n"), 2.872281)
aggregate("variance", f.variance("n"), 9.166667)
aggregate("var_pop", "var_pop(n)", 8.25)
aggregate("skew", f.skew("n"), 0.0)
aggregate("kurtosis", f.kurtosis("n"), -1.2)
aggregate("corr", "corr(n, p)", -0.174078)
aggregate("covar_pop", "covar_pop(n, p)", -0.25)
aggregate("covar_samp", "covar_samp(n, n)", 9.166667)
aggregate("regr_slope", "regr_slope(n * 2, n)", 2.0)
aggregate("regr_intercept", "regr_intercept(n * 2 + 1, n)", 1.0)
aggregate("percentile_cont", "percentile_cont(0.25) within group (order by n)", 3.25)
aggregate("percentile_disc", "percentile_disc(0.25) within group (order by n)", 3)
aggregate("approx_percentile", f.approx_percentile("n", 0.5), 5.5)
aggregate("approx_percentile_parts", "approx_percentile_estimate(approx_percentile_accumulate(n), 0.5)", 5.5)
aggregate("approx_top_k", "approx_top_k(p, 1)", lambda found: found[0][1] == 5)
aggregate("listagg", "listagg(n, ',') within group (order by n desc)", "10,9,8,7,6,5,4,3,2,1")
aggregate("listagg_distinct", "listagg(distinct p, '') within group (order by p)", "01")
aggregate("array_agg", "array_agg(n) within group (order by n desc)", [10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
aggregate("array_unique_agg", "array_size(array_unique_agg(p))", 2)
aggregate("object_agg", "get(object_agg(n::varchar, p), '3')", "1")
aggregate("min_by", "min_by(n, -n)", 10)
aggregate("max_by", "max_by(n, p * 100 + n)", 9)
aggregate("max_by_many", "max_by(n, n, 3)", [10, 9, 8])
aggregate("any_value", "any_value(p) in (0, 1)", True)
aggregate("booland_agg", "booland_agg(n > 0)", True)
aggregate("boolor_agg", "boolor_agg(n > 9)", True)
aggregate("boolxor_agg", "boolxor_agg(n = 1)", True)
aggregate("bitand_agg", "bitand_agg(n)", 0)
aggregate("bitor_agg", "bitor_agg(n)", 15)
aggregate("bitxor_agg", "bitxor_agg(n)", 11)
aggregate("hash_agg", "hash_agg(n) is not null", True)
aggregate("sum_distinct", "sum(distinct p)", 1)
aggregate("grouping_filter", "sum(iff(p = 1, n, 0))", 25)
aggregate("minhash", "minhash(5, n) is not null", True)
aggregate("approximate_jaccard", "approximate_similarity(minhash(50, n))", 1.0)
