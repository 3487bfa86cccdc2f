"""The charts of a report, each as SVG text that stands in an HTML page by itself."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: This model, the one it is compared with, what is only for orientation; told apart without colour by line style too.
NOW, BEFORE, GUIDE = "#1f6feb", "#d97706", "#9aa4b2"
_GOOD, _BAD = "#2da44e", "#cf222e"
_STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#57606a",
    "axes.labelcolor": "#24292f",
    "axes.grid": True,
    "grid.color": "#eaeef2",
    "axes.axisbelow": True,
    "legend.frameon": False,
    "svg.fonttype": "none",
    # Names inside the file come from this and not from chance: the same model gives the same report.
    "svg.hashsalt": "report",
}

Document = Mapping[str, Any]


def roc(now: Document, before: Document | None) -> str:
    """Share of label 1 found over the share of label 0 taken for it."""
    with _axes("False positive rate", "True positive rate") as (axes, done):
        axes.plot([0, 1], [0, 1], color=GUIDE, linestyle=":", label="chance, 0.5")
        _pair(axes, now, before, "roc", lambda document: f"AUC {document['metrics']['auc']:.4f}")
        axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
        axes.legend(loc="lower right")
    return done[0]


def precision_recall(now: Document, before: Document | None) -> str:
    """Precision over recall; the dotted line is what taking every row gives."""
    with _axes("Recall", "Precision") as (axes, done):
        rate = now["metrics"]["label_rate"]
        axes.axhline(rate, color=GUIDE, linestyle=":", label=f"all rows, {rate:.3f}")
        _pair(axes, now, before, "precision_recall", lambda _: "")
        axes.set(xlim=(-0.01, 1.01), ylim=(0, 1.02))
        axes.legend(loc="upper right")
    return done[0]


def calibration(now: Document, before: Document | None) -> str:
    """What was predicted against what came, in groups of as many rows."""
    with _axes("Predicted probability", "Share of label 1") as (axes, done):
        points = [
            point for document in (now, before) if document for group in document["calibration"]
            for point in (group["predicted"], group["actual"])
        ]  # fmt: skip
        end = max(points) * 1.05
        axes.plot([0, end], [0, end], color=GUIDE, linestyle=":", label="perfect")
        for document, colour, marker, name in ((before, BEFORE, "s", "earlier"), (now, NOW, "o", "this model")):
            if document:
                groups = document["calibration"]
                across, up = [group["predicted"] for group in groups], [group["actual"] for group in groups]
                axes.plot(across, up, color=colour, marker=marker, markersize=4, linewidth=1.2, label=name)
        axes.set(xlim=(0, end), ylim=(0, end))
        axes.legend(loc="upper left")
    return done[0]


def learning(losses: Mapping[str, Sequence[float]]) -> str:
    """Log loss of each part after each round."""
    with _axes("Round", "Log loss") as (axes, done):
        styles = {"train": (GUIDE, "--"), "validation": (BEFORE, "-."), "holdout": (NOW, "-")}
        for part, values in losses.items():
            colour, line = styles.get(part, (GUIDE, "-"))
            name = {"holdout": "hold-out"}.get(part, part)
            rounds = range(1, len(values) + 1)
            axes.plot(rounds, values, color=colour, linestyle=line, marker="o" if len(values) == 1 else "", label=name)
        axes.legend(loc="upper right")
    return done[0]


def importance(shares: Mapping[str, Mapping[str, float]]) -> str:
    """Each column's share of the gain, and its mean effect on a prediction, strongest first."""
    names = sorted(shares["shap"], key=lambda name: shares["shap"][name])[-15:]
    with _axes("Share of all columns", "", height=max(2.4, 0.32 * len(names) + 1.0)) as (axes, done):
        effects = sum(shares["shap"].values()) or 1.0
        places = range(len(names))
        effect = [shares["shap"][name] / effects for name in names]
        axes.barh([place + 0.2 for place in places], effect, 0.38, color=NOW, label="mean effect (SHAP)")
        gain = [shares["gain"][name] for name in names]
        axes.barh([place - 0.2 for place in places], gain, 0.38, color=GUIDE, label="gain of its splits")
        axes.set_yticks(list(places), [_short(name) for name in names])
        axes.grid(visible=False, axis="y")
        axes.legend(loc="lower right")
    return done[0]


def distribution(scores: Mapping[str, Any]) -> str:
    """How the predictions of both classes spread."""
    with _axes("Predicted probability", "Share of the class's rows") as (axes, done):
        width = scores["width"]
        for name, label, colour in (("negative", "label 0", _GOOD), ("positive", "label 1", _BAD)):
            counts = scores[name]
            whole = sum(counts) or 1
            edges = [index * width for index in range(len(counts) + 1)]
            axes.stairs([count / whole for count in counts], edges, fill=True, alpha=0.35, color=colour, label=label)
        last = max(i for name in ("negative", "positive") for i, count in enumerate(scores[name]) if count)
        axes.set_xlim(0, min(1.0, (last + 1) * width))
        axes.legend(loc="upper right")
    return done[0]


def slices(values: Sequence[Mapping[str, Any]], overall: float) -> str:
    """AUC of each value with its 95 % interval; the dotted line is all rows'."""
    shown = [value for value in values if "auc" in value][::-1]
    with _axes("AUC, 95 % interval", "", height=max(2.4, 0.32 * len(shown) + 1.0)) as (axes, done):
        axes.axvline(overall, color=GUIDE, linestyle=":", label=f"all rows, {overall:.4f}")
        middle = [value["auc"] for value in shown]
        reach = [
            [value["auc"] - value["auc_low"] for value in shown],
            [value["auc_high"] - value["auc"] for value in shown],
        ]
        axes.errorbar(middle, range(len(shown)), xerr=reach, fmt="o", color=NOW, capsize=3, markersize=4)
        axes.set_yticks(range(len(shown)), [_short(value["value"]) for value in shown])
        axes.set_ylim(-0.6, len(shown) + 0.3)
        axes.grid(visible=False, axis="y")
        axes.legend(loc="upper right")
    return done[0]


@contextmanager
def _axes(across: str, up: str, height: float = 3.6) -> Iterator[tuple[Axes, list[str]]]:
    """Axes to draw on; the list has the SVG when the block has ended."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with rc_context(_STYLE):
        figure = Figure(figsize=(5.6, height), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        axes.set(xlabel=across, ylabel=up)
        done: list[str] = []
        yield axes, done
        text = io.StringIO()
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
        # Only the drawing: a page has no place for an XML declaration, and the page gives the size.
        drawing = re.sub(r"^.*?(?=<svg)", "", text.getvalue(), flags=re.DOTALL)
        done.append(
            re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", drawing))
        )


def _pair(axes: Axes, now: Document, before: Document | None, curve: str, note: Any) -> None:
    for document, colour, line, name in ((before, BEFORE, "--", "earlier"), (now, NOW, "-", "this model")):
        if document:
            across, up = zip(*document[curve], strict=True)
            label = ", ".join(part for part in (name, note(document)) if part)
            axes.plot(across, up, color=colour, linestyle=line, label=label)


def _short(name: str) -> str:
    return name if len(name) <= 28 else name[:27] + "…"
