"""A `Report` as one self-contained HTML file: cards of data and model, protocol, results with intervals, versions.

No scripts, links or external fonts; every text from data or users is escaped. Figures are inline SVG.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from recsys.data.dataset import Dataset
from recsys.data.quality import gini
from recsys.evaluation.protocols import protocol
from recsys.evaluation.quality_over_alpha import QualityOverAlpha
from recsys.evaluation.report import Report
from recsys.evaluation.segments import Segments
from recsys.metrics import registry
from recsys.metrics.uncertainty import Estimate
from recsys.models.table import model_label

PACKAGES = ("numpy", "pandas", "scipy", "scikit-learn", "torch", "streamlit", "plotly")
STYLE = """
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0;display:block;overflow-x:auto}td,th{padding:.3rem .7rem;text-align:left;
border-bottom:1px solid #8885;font-variant-numeric:tabular-nums}th{font-weight:600}h2{margin-top:2.2rem}
.best{font-weight:700}.note{opacity:.75}svg{max-width:100%;height:auto}svg text{fill:currentColor;font-size:13px}
"""


def versions() -> dict[str, str]:
    """Versions of the installed packages that the figures depend on."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def data_card(dataset: Dataset) -> dict[str, str]:
    """Names and formatted values that describe the data."""
    times = dataset.timestamps
    span = "no times" if times is None or not len(times) else f"{_day(times.min())} to {_day(times.max())}"
    density = dataset.n_interactions / max(1, dataset.n_users * dataset.n_items)
    return {
        "name": dataset.name,
        "users": f"{dataset.n_users:,}",
        "items": f"{dataset.n_items:,}",
        "interactions": f"{dataset.n_interactions:,}",
        "density": f"{100 * density:.3g}%",
        "interactions per user, median": f"{float(np.median(dataset.lengths)):,.0f}",
        "inequality of item popularity (Gini)": f"{gini(dataset.item_counts[1:]):.3f}",
        "period": span,
        "scenarios": ", ".join(dataset.catalogue.scenario_names) or "one",
        "fingerprint": dataset.fingerprint,
    }


def _day(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(float(seconds), UTC).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return "unknown"


def evaluation_html(
    report: Report,
    dataset: Dataset,
    model_card: Mapping[str, object],
    *,
    segments: Sequence[Segments] = (),
    curve: QualityOverAlpha | None = None,
    title: str = "Evaluation report",
) -> str:
    """The whole report as one HTML text.

    Args:
        model_card: names and values about the model (config, seconds, parameters, seed), shown escaped.
        segments, curve: further sections.
    """
    how = protocol(report.protocol)
    sections = [
        f"<h1>{escape(title)}</h1><p><strong>{escape(report.verdict)}</strong></p>"
        + _sentences([s for s in (report.repeats.sentence, report.parts_sentence) if s]),
        "<h2>Results</h2>" + _results(report),
        "<h2>" + escape(f"{report.main.upper()} with 95% intervals") + "</h2>" + interval_svg(report, report.main),
        "<h2>Comparisons</h2>" + _comparisons(report),
        "<h2>Protocol</h2>"
        + _card(
            {
                "protocol": how.name,
                "question": how.question,
                "how": how.how,
                "limit": how.limit,
                "ranking": f"among {how.sampled or 'all'} items that may be recommended; ties count against the model; "
                "a held-out item that may not is a miss",
                "already chosen items": dataset.repeats.sentence,
                "users evaluated": f"{len(report.users):,}",
                "intervals": "95%, percentile bootstrap over users, 1,000 resamples (coverage and Gini: linearised)",
                "tests": "paired bootstrap, Holm’s correction over all comparisons",
                "seed": str(report.seed),
            }
        ),
        "<h2>Metrics</h2>" + _metrics(report),
        "<h2>Data card</h2>" + _card(data_card(dataset)),
        "<h2>Model card</h2>" + _card(model_card),
    ]
    sections += [_segments(found) for found in segments]
    if curve is not None:
        sections.append("<h2>Quality over α</h2>" + _sentences([curve.verdict]) + alpha_svg(curve))
    sections.append("<h2>Versions</h2>" + _card(versions()))
    created = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{STYLE}</style></head><body>{''.join(sections)}"
        f'<p class="note">Created by Interest Transfer Studio, {created}.</p></body></html>'
    )


def _card(rows: Mapping[str, object]) -> str:
    body = "".join(f"<tr><th>{escape(str(k))}</th><td>{escape(str(v))}</td></tr>" for k, v in rows.items())
    return f"<table>{body}</table>"


def _sentences(sentences: Sequence[str], nothing: str = "") -> str:
    return "".join(f"<p>{escape(sentence)}</p>" for sentence in (sentences or [nothing]))


def _comparisons(report: Report) -> str:
    sentences = [comparison.sentence(model_label) for comparison in report.comparisons]
    return _sentences(sentences, "Only one model was evaluated.")


def _results(report: Report) -> str:
    names = "".join(f"<th>{escape(m.label)}</th>" for m in report.models)
    rows = []
    for key in report.metrics:
        best = report.best(key)
        cells = "".join(
            f'<td class="best">★ {m.estimates[key].text}</td>'
            if m.name == best
            else f"<td>{m.estimates[key].text}</td>"
            for m in report.models
        )
        rows.append(f"<tr><th>{escape(registry.metric_label(key))}</th>{cells}</tr>")
    return f"<table><tr><th></th>{names}</tr>{''.join(rows)}</table>"


def _metrics(report: Report) -> str:
    """Formula, direction and paper of each metric in the results."""
    rows = []
    for metric in map(registry.find_metric, report.metrics):
        better = "neither direction is better" if metric.better == "neither" else f"{metric.better} is better"
        cells = "".join(f"<td>{escape(text)}</td>" for text in (metric.formula, better, metric.paper))
        rows.append(f"<tr><th>{escape(metric.label)}</th>{cells}</tr>")
    return f"<table>{''.join(rows)}</table>"


def _segments(found: Segments) -> str:
    rows = "".join(
        f"<tr><th>{escape(g.name)}</th><td>{g.users:,}</td><td>{g.estimate.text}</td>"
        f"<td>{'too few users' if g.too_small else ''}</td></tr>"
        for g in found.groups
    )
    return (
        f"<h2>By {escape(found.by)}</h2>{_sentences([found.sentence, *found.warnings])}"
        f"<table><tr><th>group</th><th>users</th><th>{escape(registry.metric_label(found.metric))}</th><th></th></tr>{rows}</table>"
    )


def interval_svg(report: Report, metric: str) -> str:
    """A row per model: name, estimate with interval, numbers."""
    estimates = {m.label: m.estimates[metric] for m in report.models}
    top = max(e.high for e in estimates.values()) or 1.0
    low = min(0.0, *(e.low for e in estimates.values()))
    height = 30 * len(estimates) + 20

    def x(value: float) -> float:
        return 160 + 400 * (value - low) / max(top - low, 1e-12)

    rows = []
    for row, (name, e) in enumerate(estimates.items()):
        y = 24 + 30 * row
        shape = f'<circle cx="{x(e.value):.1f}" cy="{y}" r="6" fill="{"#009E73" if row == 0 else "#8A918D"}"/>'
        line = f'<line x1="{x(e.low):.1f}" x2="{x(e.high):.1f}" y1="{y}" y2="{y}" stroke="currentColor"/>'
        label = escape(name if len(name) <= 20 else name[:19] + "…")
        rows.append(f'<text x="0" y="{y + 4}">{label}</text>{line}{shape}<text x="580" y="{y + 4}">{e.text}</text>')
    description = escape("; ".join(f"{name}: {e.text}" for name, e in estimates.items()))
    return f'<svg viewBox="0 0 760 {height}" role="img" aria-label="{description}">{"".join(rows)}</svg>'


def alpha_svg(curve: QualityOverAlpha) -> str:
    """NDCG over α with its interval, and the controls."""
    lines: list[tuple[str, Sequence[Estimate], str]] = [(curve.kind, curve.curve, "#009E73")]
    lines += [(name, es, "#8A918D") for name, es in curve.controls.items()]
    top = max(e.high for _, es, _ in lines for e in es) or 1.0

    def point(alpha: float, value: float) -> str:
        return f"{50 + 560 * alpha:.1f},{230 - 200 * max(value, 0) / top:.1f}"

    forth = [point(float(a), e.high) for a, e in zip(curve.alphas, curve.curve, strict=True)]
    back = [point(float(a), e.low) for a, e in zip(curve.alphas[::-1], curve.curve[::-1], strict=True)]
    drawn = [f'<polygon points="{" ".join(forth + back)}" fill="#009E73" opacity=".18"/>']
    for row, (name, estimates, colour) in enumerate(lines):
        points = " ".join(point(float(a), e.value) for a, e in zip(curve.alphas, estimates, strict=True))
        dash = ("", ' stroke-dasharray="7 4"', ' stroke-dasharray="2 4"')[row % 3]
        drawn.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"{dash}/>')
        y = 230 - 200 * max(estimates[-1].value, 0) / top + 4
        drawn.append(f'<text x="618" y="{y:.1f}">{escape(name)}</text>')
    axis = '<line x1="50" x2="610" y1="230" y2="230" stroke="currentColor"/>'
    labels = f'<text x="50" y="250">α = 0</text><text x="580" y="250">α = 1</text><text x="0" y="36">{top:.3f}</text>'
    description = escape(curve.verdict)
    return f'<svg viewBox="0 0 760 260" role="img" aria-label="{description}">{axis}{labels}{"".join(drawn)}</svg>'
