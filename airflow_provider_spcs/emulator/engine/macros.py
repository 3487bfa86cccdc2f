"""SQL macros in the DuckDB file, for functions whose meaning depends on the type of what they get.

DuckDB folds ``typeof`` of a column to a constant, so that only one branch of these runs.
"""

from __future__ import annotations

from airflow_provider_spcs.emulator.engine.types import ZONED

MACROS = [
    # What is between two timestamps, in microseconds, as Snowflake writes it: ``+1 01:00:00.000000000``.
    "sf_interval_text(n) AS CASE WHEN n < 0 THEN '-' ELSE '+' END || (abs(n) // 86400000000)::VARCHAR || ' ' || "
    "strftime(make_timestamp(abs(n) % 86400000000), '%H:%M:%S.%f') || '000'",
    # Text of a value; of a VARIANT its string without quotes, of a float without a needless fraction.
    """sf_text(x) AS CASE typeof(x)
        WHEN 'JSON' THEN json_extract_string(x::JSON, '$')
        WHEN 'DOUBLE' THEN regexp_replace(x::VARCHAR, '\\.0$', '')
        WHEN 'BLOB' THEN hex(x::VARCHAR::BLOB)
        WHEN 'TIMESTAMP' THEN strftime(TRY_CAST(x AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%g')
        WHEN 'TIMESTAMP WITH TIME ZONE' THEN strftime(TRY_CAST(x AS TIMESTAMPTZ), '%Y-%m-%d %H:%M:%S.%g ') ||
        regexp_replace(replace(strftime(TRY_CAST(x AS TIMESTAMPTZ), '%z'), ':', ''), '^(...)$', '\\100')
        WHEN 'INTERVAL' THEN sf_interval_text(epoch_us(TRY_CAST(x::VARCHAR AS INTERVAL)))
        ELSE x::VARCHAR END""",
    # As a cast to VARCHAR shows it: ten digits of a float.
    "sf_varchar(x) AS CASE typeof(x) WHEN 'DOUBLE' THEN format('{:.10g}', TRY_CAST(x::VARCHAR AS DOUBLE)) "
    "ELSE sf_text(x) END",
    # A value for a column of limited size.
    "sf_fit(x, n) AS CASE WHEN length(sf_text(x)) > n THEN "
    "error('100078|22000|String ''' || sf_text(x) || ''' is too long and would be truncated') ELSE sf_text(x) END",
    "sf_fit_number(x, p) AS CASE WHEN abs(TRY_CAST(x AS DOUBLE)) >= power(10, p) "
    "THEN error('100039|22003|Number out of representable range: type FIXED(' || p || ',0), value ' || x::VARCHAR) "
    "ELSE x END",
    # Sketches of a distribution: 1,001 quantiles, which estimate every percentile.
    "sf_percentile_state(x) AS json_object('version', 1, 'type', 'quantiles', 'state', "
    "to_json(quantile_cont(x::DOUBLE, list_transform(range(0, 1001), lambda i: i / 1000.0))))",
    "sf_percentile_estimate(s, p) AS (json_extract(s::JSON, '$.state')::DOUBLE[])[CAST(round(p * 1000) AS BIGINT) + 1]",
    "sf_approx_top_k(x, k) AS to_json(list_transform(list_slice(list_reverse_sort(list_transform("
    "map_entries(histogram(x)), lambda e: {'c': e.value, 'v': e.key})), 1, k), lambda e: json_array(e.v, e.c)))",
    "sf_changes(l) AS CAST(coalesce(list_sum(list_transform(range(2, len(l) + 1), "
    "lambda i: CASE WHEN l[i] <> l[i - 1] THEN 1 ELSE 0 END)), 0) AS BIGINT)",
    "sf_parse_url(u, p) AS CAST(sf_parse_url_text(u, p) AS JSON)",
    "sf_variant_number(t) AS CAST(CASE WHEN contains(t, '.') THEN rtrim(rtrim(t, '0'), '.') ELSE t END AS JSON)",
    "sf_marked(t, n) AS CAST(CAST(to_json(t) AS VARCHAR) || repeat(' ', n) AS JSON)",
    # A value as VARIANT: text becomes a JSON string, times as they are shown, JSON stays. JSON has no such types: a
    # float has an exponent, and as many blanks after a string say what it is, which no reader of JSON sees.
    """sf_variant(x) AS CASE WHEN typeof(x) = 'JSON' THEN x::JSON
        WHEN typeof(x) = 'DOUBLE' AND isfinite(TRY_CAST(x AS DOUBLE))
        THEN CAST(format('{:.15e}', TRY_CAST(x AS DOUBLE)) AS JSON)
        WHEN typeof(x) LIKE 'DECIMAL%' THEN sf_variant_number(x::VARCHAR)
        WHEN typeof(x) = 'DATE' THEN sf_marked(x::VARCHAR, 1)
        WHEN typeof(x) = 'TIME' THEN sf_marked(left(CAST(x AS VARCHAR), 8), 2)
        WHEN typeof(x) = 'TIMESTAMP' THEN sf_marked(sf_text(x), 3)
        WHEN typeof(x) = 'TIMESTAMP WITH TIME ZONE' THEN sf_marked(sf_text(x), 4)
        WHEN typeof(x) = 'BLOB' THEN sf_marked(sf_text(x), 6)
        ELSE to_json(x) END""",
    "sf_is_number(x) AS json_type(x::JSON) IN ('UBIGINT', 'BIGINT', 'HUGEINT', 'DOUBLE')",
    # What a VARIANT is compared by: numbers as numbers, before texts.
    "sf_order(x) AS CASE WHEN x IS NULL THEN NULL WHEN sf_is_number(x) THEN "
    "{'text': false, 'number': CAST(x AS DOUBLE), 'value': ''} ELSE "
    "{'text': true, 'number': 0.0::DOUBLE, 'value': coalesce(json_extract_string(x, '$'), '')} END",
    # Elements by 0-based index or by key; SQL NULL when missing.
    "sf_get(x, k) AS json_extract(x::JSON, CASE WHEN typeof(k) IN ('VARCHAR', 'STRING_LITERAL', 'JSON') "
    "THEN '$.\"' || k::VARCHAR || '\"' ELSE '$[' || k::VARCHAR || ']' END)",
    "sf_divide(a, b) AS CASE WHEN b = 0 THEN error('100051|22012|Division by zero') ELSE a / b END",
    "sf_modulo(a, b) AS CASE WHEN b = 0 THEN error('100051|22012|Division by zero') ELSE a % b END",
    "sf_hash(x) AS CAST(hash(x)::HUGEINT - 9223372036854775808 AS BIGINT)",
    # A reproducible fraction in (0, 1) for a seed and a row.
    "sf_fraction(seed, i) AS (hash(xor(hash(i), seed)) >> 11)::DOUBLE / 9007199254740992.0 + 5.551115123125783e-17",
    "sf_uniform_int(lo, hi, f) AS CAST(lo AS BIGINT) + CAST(floor(f * (hi - lo + 1)) AS BIGINT)",
    "sf_normal(mean, sd, u, v) AS mean + sd * sqrt(-2 * ln(greatest(u, 1e-300))) * cos(2 * pi() * v)",
    """sf_typeof(x) AS CASE json_type(x::JSON) WHEN 'VARCHAR' THEN coalesce(
        ['DATE', 'TIME', 'TIMESTAMP_NTZ', 'TIMESTAMP_LTZ', 'TIMESTAMP_TZ', 'BINARY'][
        length(x::VARCHAR) - length(rtrim(x::VARCHAR))], 'VARCHAR')
        WHEN 'UBIGINT' THEN 'INTEGER' WHEN 'BIGINT' THEN 'INTEGER' WHEN 'HUGEINT' THEN 'INTEGER'
        WHEN 'DOUBLE' THEN CASE WHEN contains(lower(x::VARCHAR), 'e') THEN 'DOUBLE'
        WHEN contains(x::VARCHAR, '.') AND NOT ends_with(x::VARCHAR, '.0') THEN 'DECIMAL' ELSE 'INTEGER' END
        WHEN 'NULL' THEN 'NULL_VALUE' ELSE json_type(x::JSON) END""",
    "sf_is_decimal(x) AS sf_typeof(x) IN ('INTEGER', 'DECIMAL')",
    "sf_is_double(x) AS sf_typeof(x) IN ('INTEGER', 'DECIMAL', 'DOUBLE')",
    """sf_parse_json(x) AS CASE WHEN x IS NULL OR trim(x::VARCHAR) = '' THEN NULL
        WHEN lower(trim(x::VARCHAR)) IN ('null', 'true', 'false') THEN json(lower(x::VARCHAR))
        WHEN regexp_full_match(x::VARCHAR, '\\s*-?[0-9]+(\\.[0-9]+)?[eE][-+]?[0-9]+\\s*')
        THEN CAST(format('{:.15e}', TRY_CAST(x::VARCHAR AS DOUBLE)) AS JSON)
        WHEN json_valid(x::VARCHAR) THEN json(x::VARCHAR)
        ELSE CAST(sf_lenient_json(x::VARCHAR) AS JSON) END""",
    # The last of several values of one key is kept.
    "sf_parse_last(x) AS CAST(sf_in_order(CAST(sf_parse_json(x) AS VARCHAR)) AS JSON)",
    "sf_keys_like(o, p) AS CAST(to_json(map_from_entries(list_transform("
    "list_filter(json_keys(o), lambda k: k ILIKE p), "
    "lambda k: {'k': k, 'v': json_extract(o, '$.\"' || k || '\"')}))) AS JSON)",
    # Records of FLATTEN; a pointer says a key, whatever characters it has.
    """sf_flat(x, start_, kinds) AS CASE
        WHEN json_type(x) = 'ARRAY' AND kinds <> 'OBJECT' THEN list_transform(json_extract(x, '$[*]'), lambda e, i:
        {'key_': CAST(NULL AS VARCHAR), 'path_': start_ || '[' || (i - 1) || ']',
        'index_': CAST(i - 1 AS BIGINT), 'value_': e, 'this_': x})
        WHEN json_type(x) = 'OBJECT' AND kinds <> 'ARRAY' THEN list_transform(list_sort(json_keys(x)), lambda k, i:
        {'key_': k, 'path_': start_ || CASE WHEN start_ = '' THEN '' ELSE '.' END || k,
        'index_': CAST(NULL AS BIGINT),
        'value_': json_extract(x, '/' || replace(replace(k, '~', '~0'), '/', '~1')), 'this_': x}) END""",
    """sf_flat_tree(x, start_, kinds) AS CAST(CAST(sf_flat_tree_text(CAST(x AS VARCHAR), start_, kinds) AS JSON) AS
        STRUCT(key_ VARCHAR, path_ VARCHAR, index_ BIGINT, value_ JSON, this_ JSON)[])""",
    """sf_flat_outer(l, x, start_) AS CASE WHEN l IS NULL OR len(l) = 0 THEN [{'key_': CAST(NULL AS VARCHAR),
        'path_': start_, 'index_': CAST(NULL AS BIGINT), 'value_': CAST(NULL AS JSON),
        'this_': CASE WHEN json_type(x) IN ('ARRAY', 'OBJECT') THEN x END}] ELSE l END""",
    """sf_split_records(x, d) AS list_transform(string_split(sf_text(x), d), lambda e, i:
        {'index_': CAST(i AS BIGINT), 'value_': e})""",
    r"""sf_strtok_records(x, d) AS list_transform(list_filter(string_split_regex(sf_text(x),
        '[' || regexp_replace(d, '([^A-Za-z0-9 ])', '\\\1', 'g') || ']'), lambda e: e <> ''), lambda e, i:
        {'index_': CAST(i AS BIGINT), 'value_': e})""",
    # Without a separator there is one part.
    "sf_split(x, d) AS CASE WHEN x IS NOT NULL AND d IS NOT NULL THEN "
    "to_json(CASE WHEN d = '' THEN [x] ELSE string_split(x, d) END) END",
    """sf_to_array(x) AS CASE WHEN x IS NULL THEN NULL WHEN json_type(sf_variant(x)) = 'ARRAY' THEN sf_variant(x)
        ELSE json_array(sf_variant(x)) END""",
    "sf_keys(x) AS to_json(list_sort(json_keys(x::JSON)))",
    "sf_array_size(x) AS CASE WHEN json_type(x::JSON) = 'ARRAY' THEN CAST(json_array_length(x::JSON) AS BIGINT) END",
    "sf_array_cat(a, b) AS to_json(list_concat(a::JSON::JSON[], b::JSON::JSON[]))",
    "sf_array_append(a, x) AS to_json(list_append(a::JSON::JSON[], sf_variant(x)))",
    "sf_array_prepend(a, x) AS to_json(list_prepend(sf_variant(x), a::JSON::JSON[]))",
    "sf_array_distinct(a) AS to_json(list_filter(a::JSON::JSON[], lambda e, i: list_position(a::JSON::JSON[], e) = i))",
    "sf_array_compact(a) AS to_json(list_filter(a::JSON::JSON[], lambda e: e::VARCHAR <> 'null'))",
    "sf_array_slice(a, f, t) AS "
    "CAST(sf_array_slice_text(CAST(a::JSON AS VARCHAR), CAST(f AS BIGINT), CAST(t AS BIGINT)) AS JSON)",
    "sf_array_contains(x, a) AS list_contains(a::JSON::JSON[], sf_variant(x))",
    "sf_array_position(x, a) AS CAST(list_position(a::JSON::JSON[], sf_variant(x)) - 1 AS BIGINT)",
    "sf_array_to_string(a, d) AS sf_array_to_string_text(CAST(a::JSON AS VARCHAR), d)",
    "sf_object_of(k, v) AS CAST(sf_object_of_text(CAST(k AS VARCHAR), CAST(v AS VARCHAR)) AS JSON)",
    "sf_get_path(d, p) AS CAST(sf_get_path_text(CAST(d::JSON AS VARCHAR), p) AS JSON)",
    # Truth as a number, for conversions of numbers.
    "sf_number_text(x) AS CASE typeof(x) WHEN 'BOOLEAN' THEN CAST(TRY_CAST(x AS BOOLEAN)::INTEGER AS VARCHAR) "
    "WHEN 'JSON' THEN CASE CAST(x AS VARCHAR) WHEN 'true' THEN '1' WHEN 'false' THEN '0' ELSE sf_text(x) END "
    "ELSE sf_text(x) END",
    "sf_arrays_overlap(a, b) AS list_has_any(a::JSON::JSON[], b::JSON::JSON[])",
    "sf_array_intersection(a, b) AS "
    "CAST(sf_array_intersection_text(CAST(a::JSON AS VARCHAR), CAST(b::JSON AS VARCHAR)) AS JSON)",
    "sf_array_except(a, b) AS CAST(sf_array_except_text(CAST(a::JSON AS VARCHAR), CAST(b::JSON AS VARCHAR)) AS JSON)",
    "sf_array_range(a, b, s) AS to_json(range(a::BIGINT, b::BIGINT, s::BIGINT))",
    "sf_width_bucket(x, lo, hi, n) AS CAST(CASE WHEN x < lo THEN 0 WHEN x >= hi THEN n + 1 "
    "ELSE floor((x - lo)::DOUBLE / ((hi - lo)::DOUBLE / n)) + 1 END AS BIGINT)",
    "sf_months_of(a, b) AS CAST(CASE WHEN (day(a) = day(b)) OR (last_day(a) = a::DATE AND last_day(b) = b::DATE) "
    "THEN (year(a) - year(b)) * 12 + month(a) - month(b) "
    "ELSE (year(a) - year(b)) * 12 + month(a) - month(b) + (day(a) - day(b)) / 31.0 "
    "+ (epoch(a::TIMESTAMP) % 86400 - epoch(b::TIMESTAMP) % 86400) / 2678400.0 END AS DECIMAL(38, 6))",
    """sf_epoch(n) AS make_timestamp(CASE WHEN abs(n) < 31536000000 THEN n * 1000000
        WHEN abs(n) < 31536000000000 THEN n * 1000 WHEN abs(n) < 31536000000000000 THEN n ELSE n // 1000 END)""",
    # Text (of digits: seconds, or finer by its size), numbers (seconds) and dates as timestamps. A number in a VARIANT
    # counts in UTC and is shown in the session's zone.
    """sf_timestamp(x) AS CASE WHEN typeof(x) = 'JSON' AND regexp_full_match(CAST(x AS VARCHAR), '-?[0-9]+')
        THEN CAST(timezone('UTC', make_timestamp(TRY_CAST(CAST(x AS VARCHAR) AS BIGINT) * 1000000)) AS TIMESTAMP)
        WHEN typeof(x) IN ('VARCHAR', 'STRING_LITERAL', 'JSON', 'NULL', '"NULL"') THEN
        CASE WHEN regexp_full_match(sf_text(x), '-?[0-9]+') THEN sf_epoch(TRY_CAST(sf_text(x) AS BIGINT))
        ELSE coalesce(TRY_CAST(sf_text(x) AS TIMESTAMP),
        CAST(left(sf_other_time(sf_text(x), 'Timestamp'), 26) AS TIMESTAMP)) END
        WHEN typeof(x) IN ('INTEGER', 'BIGINT', 'HUGEINT', 'INTEGER_LITERAL', 'SMALLINT', 'TINYINT')
        THEN make_timestamp(TRY_CAST(x::VARCHAR AS BIGINT) * 1000000)
        WHEN typeof(x) = 'DOUBLE' OR typeof(x) LIKE 'DECIMAL%' THEN make_timestamp(CAST(TRY_CAST(x::VARCHAR AS
        DOUBLE) * 1000000 AS BIGINT))
        ELSE TRY_CAST(x AS TIMESTAMP) END""",
    # By way of a list, since `sf_months_of` repeats its arguments, and each would be the whole of `sf_timestamp`.
    """sf_months_between(a, b) AS list_transform([{'a': sf_timestamp(a), 'b': sf_timestamp(b)}],
        lambda v: sf_months_of(v.a, v.b))[1]""",
    """sf_date(x) AS CASE WHEN typeof(x) IN ('VARCHAR', 'STRING_LITERAL', 'JSON') AND NOT
        regexp_full_match(sf_text(x), '-?[0-9]+') THEN coalesce(TRY_CAST(sf_text(x) AS DATE),
        CAST(left(sf_other_time(sf_text(x), 'Date'), 10) AS DATE)) ELSE CAST(sf_timestamp(x) AS DATE) END""",
    """sf_time(x) AS CASE WHEN typeof(x) IN ('VARCHAR', 'STRING_LITERAL', 'JSON') THEN
        CASE WHEN regexp_full_match(sf_text(x), '-?[0-9]+') THEN CAST(sf_epoch(TRY_CAST(sf_text(x) AS BIGINT)) AS TIME)
        ELSE CAST(sf_text(x) AS TIME) END WHEN typeof(x) = 'TIME' THEN CAST(x::VARCHAR AS TIME)
        ELSE CAST(sf_timestamp(x) AS TIME) END""",
    """sf_timestamp_tz(x) AS CASE WHEN typeof(x) IN ('INTEGER', 'BIGINT', 'HUGEINT', 'INTEGER_LITERAL', 'DOUBLE') OR
        typeof(x) LIKE 'DECIMAL%' OR (typeof(x) IN ('VARCHAR', 'STRING_LITERAL') AND
        regexp_full_match(sf_text(x), '-?[0-9]+')) THEN timezone('UTC', sf_timestamp(x))
        WHEN typeof(x) = 'JSON' AND regexp_full_match(sf_text(x), '-?[0-9]+')
        THEN timezone('UTC', sf_epoch(TRY_CAST(sf_text(x) AS BIGINT)))
        WHEN typeof(x) = 'TIMESTAMP WITH TIME ZONE' THEN TRY_CAST(x AS TIMESTAMPTZ)
        WHEN typeof(x) IN ('VARCHAR', 'STRING_LITERAL', 'JSON') THEN
        coalesce(TRY_CAST(regexp_replace(sf_text(x), '\\s+([+-][0-9][0-9]:?[0-9][0-9])$', '\\1') AS TIMESTAMPTZ),
        CAST(sf_other_time(sf_text(x), 'Timestamp') AS TIMESTAMPTZ))
        ELSE TRY_CAST(x AS TIMESTAMPTZ) END""",
    # The offset in minutes that a text ends with; NULL when it has none.
    """sf_text_offset(t) AS CASE WHEN t LIKE '%:%Z' THEN 0
        WHEN regexp_matches(t, ':.*[+-][0-9][0-9]:?[0-9]?[0-9]?\\s*$') THEN
        (CASE WHEN regexp_extract(t, '([+-])[0-9:]+\\s*$', 1) = '-' THEN -1 ELSE 1 END) *
        (CAST(regexp_extract(t, '[+-]([0-9][0-9]):?([0-9][0-9])?\\s*$', 1) AS INTEGER) * 60 + coalesce(TRY_CAST(
        regexp_extract(t, '[+-]([0-9][0-9]):?([0-9][0-9])?\\s*$', 2) AS INTEGER), 0)) END""",
    # A moment as ISO text, for formats that DuckDB does not write.
    """sf_iso(x) AS CASE typeof(x) WHEN 'TIME' THEN '1970-01-01 ' || CAST(x AS VARCHAR)
        WHEN 'TIMESTAMP WITH TIME ZONE' THEN strftime(TRY_CAST(x AS TIMESTAMPTZ), '%Y-%m-%d %H:%M:%S.%f%z')
        ELSE strftime(TRY_CAST(x AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%f') END""",
    # TIMESTAMP_TZ: a moment and the minutes that its clock is before UTC's.
    f"""sf_moment_at(m, o) AS CASE WHEN m IS NOT NULL
        THEN CAST({{'moment': m, 'offset': CAST(o AS INTEGER)}} AS {ZONED}) END""",
    "sf_here(m) AS CAST((epoch(CAST(m AS TIMESTAMP)) - epoch(timezone('UTC', m))) / 60 AS INTEGER)",
    "sf_offset_in(z, m) AS CAST((epoch(timezone(z, m)) - epoch(timezone('UTC', m))) / 60 AS INTEGER)",
    "sf_local(m, o) AS timezone('UTC', m) + to_minutes(CAST(o AS BIGINT))",
    "sf_absolute(l, o) AS timezone('UTC', CAST(l AS TIMESTAMP) - to_minutes(CAST(o AS BIGINT)))",
    "sf_zoned_text(m, o) AS strftime(sf_local(m, o), '%Y-%m-%d %H:%M:%S.%f') || "
    "format('{}{:02d}{:02d}', CASE WHEN o < 0 THEN '-' ELSE '+' END, abs(o) // 60, abs(o) % 60)",
    f"sf_moment(x TIMESTAMPTZ) AS x, (x {ZONED}) AS x.moment",
    f"""sf_offset(x TIMESTAMPTZ) AS 0, (x {ZONED}) AS x."offset" """,
    f"""sf_tz(x {ZONED}) AS x, (x TIMESTAMPTZ) AS sf_moment_at(x, sf_here(x)),
        (x TIMESTAMP) AS sf_moment_at(CAST(x AS TIMESTAMPTZ), sf_here(CAST(x AS TIMESTAMPTZ))),
        (x DATE) AS sf_moment_at(CAST(x AS TIMESTAMPTZ), sf_here(CAST(x AS TIMESTAMPTZ))),
        (x VARCHAR) AS list_transform([sf_timestamp_tz(x)],
        lambda m: sf_moment_at(m, coalesce(sf_text_offset(sf_text(x)), sf_here(m))))[1]""",
    "sf_to_object(x) AS CASE WHEN json_type(x::JSON) = 'OBJECT' THEN x::JSON END",
    "sf_object_insert(o, k, v) AS json_merge_patch(o::JSON, json_object(k::VARCHAR, v))",
    # A value that may be JSON null, which stays; SQL NULL adds nothing.
    "sf_object_insert_any(o, k, v) AS CAST(sf_object_insert_text(CAST(o::JSON AS VARCHAR), k::VARCHAR, "
    "coalesce(CAST(v::JSON AS VARCHAR), '')) AS JSON)",
    "sf_object_delete(o, k) AS json_merge_patch(o::JSON, json_object(k::VARCHAR, NULL))",
    "sf_is(x, kind) AS CASE WHEN x IS NOT NULL THEN json_type(sf_variant(x)) = kind END",
    "sf_is_integer(x) AS json_type(sf_variant(x)) IN ('UBIGINT', 'BIGINT', 'HUGEINT')",
    "sf_as(x, kind) AS CASE WHEN json_type(sf_variant(x)) = kind THEN x END",
    "sf_array_insert(a, p, x) AS "
    "CAST(sf_array_insert_text(CAST(a::JSON AS VARCHAR), CAST(p AS BIGINT), CAST(sf_variant(x) AS VARCHAR)) AS JSON)",
    "sf_array_remove(a, x) AS "
    "CAST(sf_array_remove_text(CAST(a::JSON AS VARCHAR), CAST(sf_variant(x) AS VARCHAR)) AS JSON)",
    "sf_array_remove_at(a, p) AS CAST(sf_array_remove_at_text(CAST(a::JSON AS VARCHAR), CAST(p AS BIGINT)) AS JSON)",
    "sf_array_flatten(a) AS CASE WHEN NOT list_contains(json_extract(a::JSON, '$[*]'), 'null'::JSON) "
    "THEN to_json(flatten(a::JSON::JSON[][])) END",
    "sf_array_sort(a, asc_, nulls_) AS CAST(sf_array_sort_text(CAST(a::JSON AS VARCHAR), asc_, nulls_) AS JSON)",
    "sf_get_ignore_case(o, k) AS CAST(sf_get_ignore_case_text(CAST(o::JSON AS VARCHAR), k) AS JSON)",
    "sf_parse_ip(t, k, p) AS CAST(sf_parse_ip_text(t, k, p) AS JSON)",
    "sf_arrays_to_object(k, v) AS CAST(to_json(map_from_entries(list_filter(list_transform(list_zip("
    "list_transform(k::JSON::JSON[], lambda e: json_extract_string(e, '$')), v::JSON::JSON[]), "
    "lambda p: {'k': p[1], 'v': p[2]}), lambda e: e.k IS NOT NULL))) AS JSON)",
    "sf_map_contains(k, m) AS list_contains(json_keys(m::JSON), sf_text(k))",
    "sf_map_size(m) AS CAST(len(json_keys(m::JSON)) AS BIGINT)",
    "sf_map_cat(a, b) AS json_merge_patch(a::JSON, b::JSON)",
    "sf_map_pick(m, k) AS CAST(sf_map_pick_text(CAST(m AS VARCHAR), CAST(k AS VARCHAR)) AS JSON)",
    "sf_array_union_agg(x) AS CAST(sf_array_union_text(CAST(to_json(list(x::JSON)) AS VARCHAR)) AS JSON)",
    "sf_base64(x) AS to_base64(CASE WHEN typeof(x) = 'BLOB' THEN CAST(x::VARCHAR AS BLOB) ELSE encode(sf_text(x)) END)",
    "sf_unhex(t) AS CASE WHEN t IS NULL OR regexp_full_match(t, '([0-9A-Fa-f]{2})*') THEN unhex(t) ELSE "
    "error('100115|22000|The following string is not a legal hex-encoded value: ''' || t || '''') END",
    "sf_binary(x) AS CASE WHEN typeof(x) = 'BLOB' THEN CAST(x::VARCHAR AS BLOB) ELSE sf_unhex(sf_text(x)) END",
    "sf_cbrt(x) AS CASE WHEN power(round(cbrt(x)), 3) = x THEN round(cbrt(x)) ELSE cbrt(x) END",
    # What a lambda makes of an element: whole numbers stay whole.
    "sf_element(x) AS CASE WHEN typeof(x) = 'DOUBLE' AND TRY_CAST(x AS DOUBLE) = floor(TRY_CAST(x AS DOUBLE)) "
    "AND abs(TRY_CAST(x AS DOUBLE)) < 1e15 THEN to_json(TRY_CAST(x AS BIGINT)) ELSE to_json(x) END",
    *(
        f"sf_{name}(x) AS CASE WHEN {wrong} THEN error('100132|P0000|Invalid floating point operation: {name}(' || "
        f"sf_text(x) || ')') ELSE {name}(x) END"
        for name, wrong in (("sqrt", "x < 0"), ("ln", "x <= 0"), ("acos", "abs(x) > 1"), ("asin", "abs(x) > 1"))
    ),
    "sf_chr(n) AS chr(CAST(n AS INTEGER))",
    "sf_contains(a, b) AS contains(sf_text(a), sf_text(b))",
    "sf_factorial(n) AS CAST(factorial(CAST(n AS INTEGER)) AS HUGEINT)",
    "sf_bit_length(x) AS CAST(CASE WHEN typeof(x) = 'BLOB' THEN strlen(sf_text(x)) * 4 ELSE strlen(sf_text(x)) * 8 END "
    "AS BIGINT)",
    "sf_pair(k, v) AS CASE WHEN k IS NULL THEN CAST('{}' AS JSON) ELSE json_object(CAST(k AS VARCHAR), v) END",
    "sf_getbit(n, i) AS CAST((CAST(n AS BIGINT) >> CAST(i AS INTEGER)) & 1 AS BIGINT)",
    "sf_array_min(a) AS nullif(json_extract("
    "CAST(sf_array_sort_text(CAST(a::JSON AS VARCHAR), true, false) AS JSON), '$[0]'), 'null'::JSON)",
    "sf_array_max(a) AS nullif(json_extract("
    "CAST(sf_array_sort_text(CAST(a::JSON AS VARCHAR), false, false) AS JSON), '$[0]'), 'null'::JSON)",
    "sf_array_reverse(a) AS to_json(list_reverse(a::JSON::JSON[]))",
    "sf_array_agg(x) AS coalesce(to_json(list(sf_variant(x)) FILTER (WHERE x IS NOT NULL)), '[]'::JSON)",
    "sf_haversine(a, b, c, d) AS 2 * 6371 * asin(sqrt(power(sin((radians(c) - radians(a)) / 2), 2) "
    "+ cos(radians(a)) * cos(radians(c)) * power(sin((radians(d) - radians(b)) / 2), 2)))",
    "sf_booland(a, b) AS (a <> 0) AND (b <> 0)",
    "sf_boolor(a, b) AS (a <> 0) OR (b <> 0)",
    "sf_boolxor(a, b) AS (a <> 0) <> (b <> 0)",
]
