"""A report that people look at: one HTML page that needs nothing beside it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import charts
from model_files import EVALUATION, RESULT

logger = logging.getLogger(__name__)

_CSS = """
body{font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;color:#24292f;background:#f6f8fa;margin:0}
main{max-width:1180px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:26px;margin:0 0 4px}h2{font-size:16px;margin:0 0 2px}
p.sub{margin:0 0 20px;color:#57606a}p.note{margin:0 0 8px;color:#57606a;font-size:13px}
section{background:#fff;border:1px solid #d0d7de;border-radius:8px;padding:16px 18px}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(165px,1fr));gap:12px;margin-bottom:16px}
.card b{display:block;font-size:24px;font-weight:600}.card span{color:#57606a;font-size:13px}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:16px;margin-bottom:16px}
.wide{margin-bottom:16px}
svg{width:100%;height:auto;display:block}
table{border-collapse:collapse;width:100%;font-size:14px}
.scroll{overflow-x:auto}
th,td{text-align:right;padding:5px 10px;border-bottom:1px solid #eaeef2;white-space:nowrap}
th:first-child,td:first-child{text-align:left}
th{color:#57606a;font-weight:600}
td.text{white-space:normal;word-break:break-word;text-align:left}
.better{color:#1a7f37}.worse{color:#cf222e}
@media print{body{background:#fff}section{break-inside:avoid}}
"""

#: Key of a metric, how it is called, and whether more of it is better (None: neither).
_METRICS: tuple[tuple[str, str, bool | None], ...] = (
    ("auc", "AUC", True),
    ("log_loss", "Log loss", False),
    ("brier", "Brier score", False),
    ("accuracy", "Accuracy at 0.5", True),
    ("calibration_error", "Calibration error", False),
    ("label_rate", "Share of label 1", None),
    ("mean_prediction", "Mean prediction", None),
)


def write_report(evaluation: Mapping[str, Any], result: Mapping[str, Any], compare_with: Path | None) -> str | None:
    """The page's HTML.

    Args:
        evaluation: As `trainer.Trained` has it.
        result: How the model came about.
        compare_with: Directory of an earlier model; None compares with nothing.

    Returns:
        None where matplotlib is not installed: a model is worth more than its report.
    """
    # The first use on a machine makes a font cache, and says so.
    logging.getLogger("matplotlib").setLevel(logging.WARNING)
    try:
        import matplotlib as _matplotlib  # noqa: F401 - only asked for
    except ModuleNotFoundError:
        logger.warning("no report: matplotlib is not installed (pip install matplotlib)")
        return None
    earlier = None if compare_with is None else _earlier(compare_with)
    before = earlier[0] if earlier else None
    title = f"Model of {result['source_table']}"
    sections = [
        _cards(evaluation["metrics"]),
        _comparison(evaluation, result, earlier) if earlier else "",
        _grid(evaluation, before),
        _slice_table(evaluation),
        _origin(result),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_CSS}</style></head><body><main>"
        f'<h1>{escape(title)}</h1><p class="sub">{escape(_subtitle(result))}</p>'
        f"{''.join(sections)}</main></body></html>\n"
    )


def _earlier(directory: Path) -> tuple[dict[str, Any], dict[str, Any]] | None:
    try:
        evaluation = json.loads((directory / EVALUATION).read_bytes())
        result = json.loads((directory / RESULT).read_bytes())
        evaluation["metrics"]["auc"], evaluation["roc"], evaluation["calibration"], result["trained_at"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        logger.warning("the report compares with nothing: --compare_with=%s cannot be read (%s)", directory, error)
        return None
    return evaluation, result


def _subtitle(result: Mapping[str, Any]) -> str:
    parts = [
        f"trained {result['trained_at']}",
        f"{result['train_rows']:,} rows to learn from, {result['holdout_rows']:,} held out",
        f"{result['trees']:,} trees",
    ]
    if result.get("commit"):
        parts.append(f"commit {str(result['commit'])[:12]}")
    return " · ".join(parts)


def _cards(metrics: Mapping[str, Any]) -> str:
    best = metrics["best_achievable_auc"]
    beside = [("AUC", f"{metrics['auc']:.4f}", f"95 % between {metrics['auc_low']:.4f} and {metrics['auc_high']:.4f}")]
    if best is not None:
        beside.append(("Best achievable AUC", f"{best:.4f}", f"this model is {metrics['auc_gap']:.4f} below it"))
    beside += [
        ("Log loss", f"{metrics['log_loss']:.4f}", f"Brier score {metrics['brier']:.4f}"),
        ("Accuracy at 0.5", f"{metrics['accuracy']:.4f}", f"always 0 would have {1 - metrics['label_rate']:.4f}"),
        ("Calibration error", f"{metrics['calibration_error']:.4f}",
         f"predicted {metrics['mean_prediction']:.4f}, came {metrics['label_rate']:.4f}"),
    ]  # fmt: skip
    cards = "".join(
        f'<section class="card"><span>{escape(name)}</span><b>{value}</b><span>{escape(note)}</span></section>'
        for name, value, note in beside
    )
    return f'<div class="cards">{cards}</div>'


def _comparison(
    evaluation: Mapping[str, Any], result: Mapping[str, Any], earlier: tuple[dict[str, Any], dict[str, Any]]
) -> str:
    old, told = earlier
    rows = []
    for key, name, more_is_better in _METRICS:
        now, before = evaluation["metrics"].get(key), old["metrics"].get(key)
        if now is None or before is None:
            continue
        change = now - before
        verdict = (
            "" if more_is_better is None or not change else "better" if (change > 0) == more_is_better else "worse"
        )
        cell = f'<td class="{verdict}">{change:+.5f}{" " + verdict if verdict else ""}</td>'
        rows.append(f"<tr><td>{name}</td><td>{now:.5f}</td><td>{before:.5f}</td>{cell}</tr>")
    same = told.get("fingerprint") == result["fingerprint"]
    data = "the same rows" if same else f"other rows ({told['rows']:,} of {told['source_table']})"
    head = "<tr><th>Metric</th><th>This model</th><th>Earlier</th><th>Change</th></tr>"
    return (
        '<section class="wide"><h2>Compared with the earlier model</h2>'
        f'<p class="note">{escape(str(told.get("model_dir", "")))}, trained {escape(str(told["trained_at"]))} on '
        f"{escape(data)}. {escape(_significance(evaluation, old))}</p>"
        f'<div class="scroll"><table>{head}{"".join(rows)}</table></div></section>'
    )


def _significance(evaluation: Mapping[str, Any], old: Mapping[str, Any]) -> str:
    now, before = evaluation["metrics"], old["metrics"]
    apart = now["auc_low"] > before["auc_high"] or now["auc_high"] < before["auc_low"]
    return "The 95 % intervals of the AUC do not overlap." if apart else "The 95 % intervals of the AUC overlap."


def _grid(evaluation: Mapping[str, Any], before: Mapping[str, Any] | None) -> str:
    drawn = [
        ("ROC", "Rows of label 1 found, over rows of label 0 taken for them.", charts.roc(evaluation, before)),
        ("Precision and recall", "How many of the rows found are right, by how many are found.",
         charts.precision_recall(evaluation, before)),
        ("Calibration", "Twenty groups of as many rows, by prediction.", charts.calibration(evaluation, before)),
        ("Learning curve", "Log loss after each round.", charts.learning(evaluation["learning"])),
        ("Importance of the columns", "Mean effect on predictions of held out rows, and gain of the splits.",
         charts.importance(evaluation["importance"])),
        ("Distribution of scores", "Predictions of both classes.",
         charts.distribution(evaluation["score_distribution"])),
    ]  # fmt: skip
    return '<div class="grid">' + "".join(_figure(*each) for each in drawn) + "</div>"


def _figure(title: str, note: str, drawing: str) -> str:
    labelled = drawing.replace("<svg", f'<svg role="img" aria-label="{escape(title)}"', 1)
    return f'<section><h2>{escape(title)}</h2><p class="note">{escape(note)}</p>{labelled}</section>'


def _slice_table(evaluation: Mapping[str, Any]) -> str:
    column, values = evaluation["slices"]["column"], evaluation["slices"]["values"]
    if not column:
        return ""
    rows = "".join(
        f"<tr><td>{escape(value['value'])}</td><td>{value['rows']:,}</td>"
        + "".join(
            f"<td>{value[key]:.4f}</td>" if key in value else "<td></td>"
            for key in ("label_rate", "mean_prediction", "auc", "log_loss")
        )
        + "</tr>"
        for value in values
    )
    names = (column, "Rows", "Label 1", "Predicted", "AUC", "Log loss")
    head = "<tr>" + "".join(f"<th>{escape(name)}</th>" for name in names) + "</tr>"
    drawing = charts.slices(values, evaluation["metrics"]["auc"])
    return (
        f'<div class="grid">{_figure(f"AUC by {column}", "Held out rows only.", drawing)}'
        f'<section><h2>Slices by {escape(column)}</h2><p class="note">Held out rows only.</p>'
        f'<div class="scroll"><table>{head}{rows}</table></div></section></div>'
    )


def _origin(result: Mapping[str, Any]) -> str:
    seconds = ", ".join(f"{step} {value:.1f}" for step, value in result["seconds"].items())
    told = {
        "Data": f"{result['rows']:,} rows of {result['source_table']}, fingerprint {result['fingerprint']}",
        "Columns": ", ".join(result["features"]),
        "Engine": f"{result['matrix']}; {result['engine']['reason']}",
        "Machine": f"{result['device']}, {result['threads']} threads, instances: {result['instances']}",
        "Seconds": seconds,
        "Peak memory": f"{result['peak_memory_bytes'] / 1e6:,.0f} MB",
        "Commit": result.get("commit") or "not known",
        "Arguments": " ".join(
            f"--{name} {' '.join(value) if isinstance(value, list) else value}"
            for name, value in result["arguments"].items()
            if value is not None and value is not False
        ),
        "Versions": ", ".join(f"{name} {number}" for name, number in result["versions"].items()),
    }
    rows = "".join(f'<tr><td>{name}</td><td class="text">{escape(str(text))}</td></tr>' for name, text in told.items())
    return f'<section class="wide"><h2>How it was made</h2><table>{rows}</table></section>'
