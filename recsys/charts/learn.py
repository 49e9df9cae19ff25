"""Figures of Learn: one idea each, moved by one control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from recsys.charts.style import (
    GROUPS,
    QUIET,
    SOURCE,
    TARGET,
    blend_colour,
    format_number,
    format_percent,
    full_text,
    group_colour,
    group_symbol,
    plain_text,
    sentence_figure,
)

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from recsys.explain.worked_examples import BlendComparison, BlendError


def weights_figure(titles: Sequence[str], weights: np.ndarray, trained: np.ndarray) -> Figure:
    """Bars: the attention weights of the newest item; a mark shows each weight as trained."""
    import plotly.graph_objects as go

    most = int(np.argmax(weights))
    figure = sentence_figure(
        f"The newest item gives {format_percent(float(weights[most]))} of its attention to "
        f"“{plain_text(titles[most], 36)}”",
        x="attention weight (sum 100%)",
        alternative="; ".join(f"{t}: {format_percent(float(w))}" for t, w in zip(titles, weights, strict=True)),
        height=120 + 34 * len(titles),
    )
    rows = list(range(len(titles)))
    figure.add_trace(
        go.Bar(
            x=weights,
            y=rows,
            orientation="h",
            marker_color=GROUPS[0],
            text=[format_percent(float(w)) for w in weights],
            textposition="outside",
            cliponaxis=False,
            hovertext=[full_text(t) for t in titles],
            hovertemplate="%{hovertext}: %{x:.1%}<extra></extra>",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=trained,
            y=rows,
            mode="markers",
            marker={"symbol": "line-ns-open", "size": 18, "color": QUIET, "line": {"width": 3}},
            hovertemplate="divided by √d_k: %{x:.1%}<extra></extra>",
        )
    )
    figure.update_yaxes(tickvals=rows, ticktext=[plain_text(t, 30) for t in titles])
    figure.update_xaxes(tickformat=".0%", range=[0, 1.12])
    return figure


def matrices_figure(source: np.ndarray, target: np.ndarray, blended: np.ndarray, alpha: float) -> Figure:
    """Source, target and blend as three small tables of numbers, in their colours."""
    import plotly.graph_objects as go

    figure = sentence_figure(
        f"At α = {alpha:.2f} each number is {format_percent(alpha)} source and {format_percent(1 - alpha)} target",
        alternative=f"blend {np.round(blended, 3).tolist()}",
        height=330,
    )
    for place, (name, numbers, colour) in enumerate(
        (("source", source, SOURCE), ("target", target, TARGET), ("new user", blended, blend_colour(alpha)))
    ):
        figure.add_trace(
            go.Heatmap(
                z=numbers,
                x=[place * 3, place * 3 + 1],
                y=[0, 1, 2],
                colorscale=[[0, "rgba(255,255,255,0)"], [1, colour]],
                zmin=0,
                zmax=1,
                showscale=False,
                xgap=3,
                ygap=3,
                text=[[f"{v:.3f}".rstrip("0").removesuffix(".") for v in row] for row in numbers],
                texttemplate="%{text}",
                textfont={"size": 18},
                hovertemplate=f"{name}: %{{z:.3g}}<extra></extra>",
            )
        )
        figure.add_annotation(x=place * 3 + 0.5, y=2.8, text=f"<b>{name}</b>", showarrow=False, font={"color": colour})
    for place, sign in ((2, "· α<br>+"), (5, "· (1−α)<br>=")):
        figure.add_annotation(x=place, y=1, text=sign, showarrow=False, font={"size": 17})
    figure.update_xaxes(visible=False, range=[-0.7, 7.7])
    figure.update_yaxes(visible=False, range=[3.1, -0.6], autorange=False)
    return figure


def compare_blends_figure(comparison: BlendComparison, alpha: float) -> Figure:
    """Lines: scores of blended embeddings; markers: blended scores; a vertical line at α."""
    import plotly.graph_objects as go

    at = int(np.argmin(np.abs(comparison.alphas - alpha)))
    order = np.argsort(-comparison.of_blended_scores[:, at], kind="stable")
    figure = sentence_figure(
        f"At α = {alpha:.2f} both blends rank {plain_text(comparison.titles[int(order[0])])} first: the markers are on "
        "the lines",
        x="α, weight of the source",
        y="score",
        alternative="largest difference between the two blends: "
        + format_number(float(np.abs(comparison.of_blended_embedding - comparison.of_blended_scores).max())),
        height=400,
    )
    for number, name in enumerate(comparison.titles):
        colour = group_colour(number)
        figure.add_trace(
            go.Scatter(
                x=comparison.alphas,
                y=comparison.of_blended_embedding[number],
                mode="lines+text",
                line={"color": colour, "width": 2},
                text=[""] * (len(comparison.alphas) - 1) + [f"\u2003{plain_text(name)}"],
                textposition="middle right",
                cliponaxis=False,
                hovertemplate=f"{plain_text(name)}: %{{y:.3f}}<extra></extra>",
            )
        )
        figure.add_trace(
            go.Scatter(
                x=comparison.alphas[::2],
                y=comparison.of_blended_scores[number, ::2],
                mode="markers",
                marker={"symbol": f"{group_symbol(number)}-open", "size": 11, "color": colour, "line": {"width": 2}},
                hoverinfo="skip",
            )
        )
    figure.add_vline(x=alpha, line={"color": blend_colour(alpha), "width": 3})
    figure.update_xaxes(range=[-0.03, 1.26], tickvals=[0, 0.2, 0.4, 0.6, 0.8, 1])
    return figure


def sampled_figure(sampled: Sequence[int], rates: Mapping[str, Sequence[float]], chosen: int) -> Figure:
    """HR@10 over the number of sampled items for two models, with a vertical line at the chosen number."""
    import plotly.graph_objects as go

    at = list(sampled).index(chosen)
    best = max(rates, key=lambda name: rates[name][at])
    figure = sentence_figure(
        f"Among {chosen:,} sampled items, {best} has the higher hit rate",
        x="sampled items that the held-out item competes with",
        y="HR@10, 0 … 1",
        alternative="; ".join(f"{name}: {format_number(values[at])}" for name, values in rates.items()),
        height=380,
    )
    for number, (name, values) in enumerate(rates.items()):
        figure.add_trace(
            go.Scatter(
                x=list(sampled),
                y=list(values),
                mode="lines+markers+text",
                text=[""] * (len(values) - 1) + [name],
                textposition="top left",
                line={"color": group_colour(number), "dash": ("solid", "dash")[number % 2], "width": 3},
                hovertemplate=f"{name}: %{{y:.3f}} among %{{x:,}}<extra></extra>",
            )
        )
    figure.add_vline(x=chosen, line={"color": QUIET, "dash": "dot"})
    decades = [10**power for power in range(1, 5)]
    figure.update_xaxes(type="log", tickvals=decades, ticktext=[f"{decade:,}" for decade in decades])
    return figure


def blend_error_figure(result: BlendError, observed: int) -> Figure:
    """Expected error over α for three sources, with the best α of each marked."""
    import plotly.graph_objects as go

    best = result.best["random user"]
    figure = sentence_figure(
        f"With {observed} observed item{'s' * (observed != 1)}, even a random source is best at α = {best:.2f}, not 0",
        x="α, weight of the source",
        y="expected squared error",
        alternative="; ".join(f"{name}: best α {b:.2f}" for name, b in result.best.items()),
        height=400,
    )
    for number, (name, errors) in enumerate(result.errors.items()):
        place = int(np.argmin(errors))
        figure.add_trace(
            go.Scatter(
                x=result.alphas,
                y=errors,
                mode="lines+text",
                text=[""] * (len(errors) - 1) + [f"  {name}"],
                textposition="middle right",
                cliponaxis=False,
                line={"color": group_colour(number), "width": 3, "dash": ("dot", "dash", "solid")[number % 3]},
                hovertemplate=f"{name}, α = %{{x:.2f}}: %{{y:.3f}}<extra></extra>",
            )
        )
        figure.add_trace(
            go.Scatter(
                x=[result.alphas[place]],
                y=[errors[place]],
                mode="markers",
                marker={"size": 13, "color": group_colour(number), "symbol": group_symbol(number)},
                hovertemplate=f"{name}: best at α = %{{x:.2f}}<extra></extra>",
            )
        )
    figure.update_xaxes(range=[-0.03, 1.33], tickvals=[0, 0.2, 0.4, 0.6, 0.8, 1])
    figure.update_yaxes(rangemode="tozero")
    return figure
