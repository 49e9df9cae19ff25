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
    group_colour,
    group_symbol,
    plain_text,
    sentence_figure,
)

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from recsys.explain.lessons import Smoothing, TwoWays


def weights_figure(titles: Sequence[str], weights: np.ndarray, trained: np.ndarray) -> Figure:
    """Bars: how much the newest item listens to each; a mark shows the weight as trained."""
    import plotly.graph_objects as go

    most = int(np.argmax(weights))
    figure = sentence_figure(
        f"The newest item listens {format_percent(float(weights[most]))} to “{plain_text(titles[most], 36)}”",
        x="attention weight (all add up to 100%)",
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
            hovertext=[plain_text(t) for t in titles],
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
    """Source, target and blend as three little tables of numbers, in their colours."""
    import plotly.graph_objects as go

    figure = sentence_figure(
        f"At α = {alpha:.2f} each number is {format_percent(alpha)} source and {format_percent(1 - alpha)} target",
        alternative=f"blend {np.round(blended, 3).tolist()}",
        height=330,
    )
    for place, (name, numbers, colour) in enumerate(
        (("source", source, SOURCE), ("target", target, TARGET), ("new person", blended, blend_colour(alpha)))
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
                hovertemplate=f"{name}: %{{z:.3f}}<extra></extra>",
            )
        )
        figure.add_annotation(x=place * 3 + 0.5, y=2.8, text=f"<b>{name}</b>", showarrow=False, font={"color": colour})
    for place, sign in ((2, "· α<br>+"), (5, "· (1−α)<br>=")):
        figure.add_annotation(x=place, y=1, text=sign, showarrow=False, font={"size": 17})
    figure.update_xaxes(visible=False, range=[-0.7, 7.7])
    figure.update_yaxes(visible=False, range=[2.6, -0.6], autorange=False)
    figure.update_yaxes(range=[3.1, -0.6])
    return figure


def two_ways_figure(ways: TwoWays, alpha: float) -> Figure:
    """Lines: scores of blended representations; rings on them: blended scores; a rule at α with the order there."""
    import plotly.graph_objects as go

    at = int(np.argmin(np.abs(ways.alphas - alpha)))
    order = np.argsort(-ways.of_blended_scores[:, at], kind="stable")
    figure = sentence_figure(
        f"At α = {alpha:.2f} both ways put {plain_text(ways.names[int(order[0])])} first: the rings sit on the lines",
        x="α",
        y="score",
        alternative="largest difference between both ways: "
        + format_number(float(np.abs(ways.of_blended_representation - ways.of_blended_scores).max())),
        height=400,
    )
    for number, name in enumerate(ways.names):
        colour = group_colour(number)
        figure.add_trace(
            go.Scatter(
                x=ways.alphas,
                y=ways.of_blended_representation[number],
                mode="lines+text",
                line={"color": colour, "width": 2},
                text=[""] * (len(ways.alphas) - 1) + [f"  {plain_text(name)}"],
                textposition="middle right",
                cliponaxis=False,
                hovertemplate=f"{plain_text(name)}: %{{y:.3f}}<extra></extra>",
            )
        )
        figure.add_trace(
            go.Scatter(
                x=ways.alphas[::2],
                y=ways.of_blended_scores[number, ::2],
                mode="markers",
                marker={"symbol": f"{group_symbol(number)}-open", "size": 11, "color": colour, "line": {"width": 2}},
                hoverinfo="skip",
            )
        )
    figure.add_vline(x=alpha, line={"color": blend_colour(alpha), "width": 3})
    figure.update_xaxes(range=[-0.03, 1.26], tickvals=[0, 0.2, 0.4, 0.6, 0.8, 1])
    return figure


def sampled_figure(sampled: Sequence[int], rates: Mapping[str, Sequence[float]], now: int) -> Figure:
    """Hit rate over the number of sampled others for two models, with a rule at the chosen number."""
    import plotly.graph_objects as go

    at = list(sampled).index(now)
    best = max(rates, key=lambda name: rates[name][at])
    figure = sentence_figure(
        f"Among {now:,} items {best} looks better",
        x="items the held-out one is ranked among (of 10,000)",
        y="HR@10",
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
    figure.add_vline(x=now, line={"color": QUIET, "dash": "dot"})
    figure.update_xaxes(type="log")
    return figure


def smoothing_figure(lesson: Smoothing, observed: int) -> Figure:
    """Expected error over α for three sources, the best α of each marked."""
    import plotly.graph_objects as go

    best = lesson.best["a random person"]
    figure = sentence_figure(
        f"With {observed} known item{'s' * (observed != 1)} even a random source is best at α = {best:.2f}, not 0",
        x="α, the share borrowed",
        y="expected squared error of the taste",
        alternative="; ".join(f"{name}: best α {b:.2f}" for name, b in lesson.best.items()),
        height=400,
    )
    for number, (name, errors) in enumerate(lesson.errors.items()):
        place = int(np.argmin(errors))
        figure.add_trace(
            go.Scatter(
                x=lesson.alphas,
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
                x=[lesson.alphas[place]],
                y=[errors[place]],
                mode="markers",
                marker={"size": 13, "color": group_colour(number), "symbol": group_symbol(number)},
                hovertemplate=f"{name}: best at α = %{{x:.2f}}<extra></extra>",
            )
        )
    figure.update_xaxes(range=[-0.03, 1.33], tickvals=[0, 0.2, 0.4, 0.6, 0.8, 1])
    figure.update_yaxes(rangemode="tozero")
    return figure
