"""The figure of two rankings: where each model stands among all items and among sampled ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recsys.charts.style import GROUPS, QUIET, plain_text, sentence_figure
from recsys.evaluation.sampled_ranking import OrderComparison
from recsys.metrics.registry import metric_label
from recsys.wording import tr

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from recsys.evaluation.report import Report


def orders_figure(full: Report, sampled: Report, orders: OrderComparison) -> Figure:
    """A line per model from its place among all items to its place among sampled items; crossings are differences."""
    import plotly.graph_objects as go

    key, count = orders.metric, len(orders.pairs)
    differ = sum(pair.differs for pair in orders.pairs)
    if count > 1:
        title = tr(
            "Sampled negatives order {differ} of {pairs} pairs of models differently", differ=differ, pairs=count
        )
    else:
        title = tr(
            "Sampled negatives order the pair of models differently"
            if differ
            else "Sampled negatives order no pair of models differently"
        )
    figure = sentence_figure(
        title,
        x=tr("ranked among"),
        y=tr("place by {metric}", metric=metric_label(key)),
        alternative=tr(orders.sentence),
        height=150 + 40 * len(full.models),
    )
    places = [
        sorted(report.names, key=lambda name, r=report: -r[name].estimates[key].value)  # type: ignore[misc]
        for report in (full, sampled)
    ]
    crossing = {name for pair in orders.pairs if pair.differs for name in (pair.first, pair.second)}
    for name, label in ((model.name, plain_text(tr(model.label), 30)) for model in full.models):
        values = [report[name].estimates[key] for report in (full, sampled)]
        texts = [f"{label} {value.value:.3f}" for value in values]
        figure.add_trace(
            go.Scatter(
                x=[0, 1],
                y=[order.index(name) + 1 for order in places],
                mode="lines+markers+text",
                text=texts,
                textposition=["middle left", "middle right"],
                cliponaxis=False,
                line={
                    "color": GROUPS[2] if name in crossing else QUIET,
                    "dash": "solid" if name in crossing else "dot",
                },
                marker={"size": 9, "symbol": "diamond" if name in crossing else "circle"},
                customdata=[value.text for value in values],
                hovertemplate=f"{label}: %{{customdata}}<extra></extra>",
            )
        )
    figure.update_xaxes(tickvals=[0, 1], ticktext=[tr("all candidates"), tr("sampled candidates")], range=[-0.9, 1.9])
    figure.update_yaxes(autorange="reversed", dtick=1)
    return figure
