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
from recsys.data.schema.times import utc_day
from recsys.evaluation.protocols import protocol
from recsys.evaluation.quality_over_alpha import QualityOverAlpha
from recsys.evaluation.report import Report, report_label
from recsys.evaluation.segments import Segments
from recsys.metrics import registry
from recsys.metrics.uncertainty import Estimate
from recsys.wording import Message, tr, worded

PACKAGES = ("numpy", "pandas", "scipy", "scikit-learn", "torch", "streamlit", "plotly")
EVALUATION_REPORT = Message("Evaluation report")
BETTER: Mapping[str, Message] = {
    "higher": Message("higher is better"),
    "lower": Message("lower is better"),
    "neither": Message("neither direction is better"),
}
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
    """Names and formatted values that describe the data; what is worded is a message."""
    times, span = dataset.timestamps, Message("no times")
    if times is not None and len(times):
        span = Message("{first} to {last}", first=_day(times.min()), last=_day(times.max()))
        if not dataset.dated:
            span = Message("steps {first} to {last}", first=f"{times.min():,.10g}", last=f"{times.max():,.10g}")
    density = dataset.n_pairs / max(1, dataset.n_users * dataset.n_items)
    return {
        Message("name"): dataset.name,
        Message("users"): f"{dataset.n_users:,}",
        Message("items"): f"{dataset.n_items:,}",
        Message("interactions"): f"{dataset.n_interactions:,}",
        Message("density"): f"{100 * density:.3g}%",
        Message("interactions per user, median"): f"{float(np.median(dataset.lengths)):,.0f}",
        Message("inequality of item popularity (Gini)"): f"{gini(dataset.item_counts[1:]):.3f}",
        Message("period"): span,
        Message("scenarios"): ", ".join(dataset.catalogue.scenario_names) or Message("one"),
        Message("fingerprint"): dataset.fingerprint,
    }


def _day(seconds: float) -> str:
    day = utc_day(seconds)
    return Message("unknown") if day is None else day.isoformat()


def evaluation_html(
    report: Report,
    dataset: Dataset,
    model_card: Mapping[str, object],
    *,
    segments: Sequence[Segments] = (),
    curve: QualityOverAlpha | None = None,
    targets: str = "",
    title: str = EVALUATION_REPORT,
    lang: str = "en",
) -> str:
    """The whole report as one HTML text, in the language of the reader.

    Args:
        model_card: names and values about the model (config, seconds, parameters, seed), shown escaped.
        segments, curve: further sections.
        targets: what the targets of the curve are called; "" for all users.
        lang: the language that is named in the file.
    """
    heading, said = escape(worded(title)), [report.drawn_sentence, report.repeats.sentence, report.parts_sentence]
    intervals = tr("{metric} with 95% intervals", metric=report.main.upper())
    sections = [
        f"<h1>{heading}</h1><p><strong>{escape(tr(report.verdict))}</strong></p>" + _sentences([s for s in said if s]),
        _section(tr("Results"), _results(report)),
        _section(intervals, interval_svg(report, report.main)),
        _section(tr("Comparisons"), _comparisons(report)),
        _section(tr("Protocol"), _card(_protocol_card(report, dataset))),
        _section(tr("Metrics"), _metrics(report)),
        _section(tr("Data card"), _card(data_card(dataset))),
        _section(tr("Model card"), _card(model_card)),
    ]
    sections += [_segments(found) for found in segments]
    if curve is not None:
        verdict = curve.verdict_for(targets)
        sections.append(_section(tr("Quality over α"), _sentences([verdict]) + alpha_svg(curve, targets)))
    sections.append(_section(tr("Versions"), _card(versions())))
    created = tr("Created by Interest Transfer Studio, {time}.", time=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"))
    return (
        f'<!doctype html><html lang="{escape(lang)}"><head><meta charset="utf-8"><title>{heading}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{STYLE}</style></head><body>{''.join(sections)}"
        f'<p class="note">{created}</p></body></html>'
    )


def _section(heading: str, body: str) -> str:
    return f"<h2>{escape(heading)}</h2>{body}"


def _protocol_card(report: Report, dataset: Dataset) -> dict[str, str]:
    how = protocol(report.protocol)
    return {
        Message("protocol"): how.name,
        Message("question"): how.question,
        Message("how"): how.how,
        Message("limit"): how.limit,
        Message("ranking"): Message(
            "among {items} items that may be recommended; ties count against the model; a held-out item that may not "
            "is a miss",
            items=how.sampled or Message("all"),
        ),
        Message("already chosen items"): dataset.repeats.sentence,
        Message("users evaluated"): f"{len(report.users):,}",
        Message("intervals"): Message(
            "95%, percentile bootstrap over users, 1,000 resamples (coverage and Gini: linearised)"
        ),
        Message("tests"): Message("paired bootstrap, Holm’s correction over all comparisons"),
        Message("seed"): str(report.seed),
    }


def _card(rows: Mapping[str, object]) -> str:
    cells = ((worded(key), worded(value) if isinstance(value, str) else str(value)) for key, value in rows.items())
    body = "".join(f"<tr><th>{escape(key)}</th><td>{escape(value)}</td></tr>" for key, value in cells)
    return f"<table>{body}</table>"


def _sentences(sentences: Sequence[str], nothing: str = "") -> str:
    return "".join(f"<p>{escape(tr(sentence))}</p>" for sentence in (sentences or [nothing]))


def _comparisons(report: Report) -> str:
    sentences = [comparison.sentence(report_label) for comparison in report.comparisons]
    return _sentences(sentences, Message("Only one model was evaluated."))


def _results(report: Report) -> str:
    names = "".join(f"<th>{escape(tr(m.label))}</th>" for m in report.models)
    rows = []
    for key in report.metrics:
        best = report.best(key)
        cells = "".join(
            f'<td class="best">★ {m.estimates[key].text}</td>'
            if m.name == best
            else f"<td>{m.estimates[key].text}</td>"
            for m in report.models
        )
        rows.append(f"<tr><th>{escape(tr(registry.metric_label(key)))}</th>{cells}</tr>")
    return f"<table><tr><th></th>{names}</tr>{''.join(rows)}</table>"


def _metrics(report: Report) -> str:
    """Formula, direction and paper of each metric in the results."""
    rows = []
    for metric in map(registry.find_metric, report.metrics):
        texts = (tr(metric.formula), tr(BETTER[metric.better]), metric.paper)
        cells = "".join(f"<td>{escape(text)}</td>" for text in texts)
        rows.append(f"<tr><th>{escape(tr(metric.label))}</th>{cells}</tr>")
    return f"<table>{''.join(rows)}</table>"


def _segments(found: Segments) -> str:
    rows = "".join(
        f"<tr><th>{escape(worded(g.name))}</th><td>{g.users:,}</td><td>{g.estimate.text}</td>"
        f"<td>{tr('too few users') if g.too_small else ''}</td></tr>"
        for g in found.groups
    )
    headings = (tr("group"), tr("users"), tr(registry.metric_label(found.metric)), "")
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    table = f"<table><tr>{head}</tr>{rows}</table>"
    return _section(tr("By {attribute}", attribute=found.by), _sentences([found.sentence, *found.warnings]) + table)


def interval_svg(report: Report, metric: str) -> str:
    """A row per model: name, estimate with interval, numbers."""
    estimates = {tr(m.label): m.estimates[metric] for m in report.models}
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


def alpha_svg(curve: QualityOverAlpha, targets: str = "") -> str:
    """NDCG over α with its interval, and the controls; `targets` as in `QualityOverAlpha.verdict_for`."""
    lines: list[tuple[str, Sequence[Estimate], str]] = [(worded(curve.kind), curve.curve, "#009E73")]
    lines += [(worded(name), es, "#8A918D") for name, es in curve.controls.items()]
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
    description = escape(tr(curve.verdict_for(targets)))
    return f'<svg viewBox="0 0 760 260" role="img" aria-label="{description}">{axis}{labels}{"".join(drawn)}</svg>'
