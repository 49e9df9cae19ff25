"""Estimates with their intervals as points and bands, shared by the figures of Evaluate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from recsys.charts.style import blend_colour, with_opacity
from recsys.metrics.uncertainty import Estimate

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def add_interval(
    figure: Figure, label: str, estimate: Estimate, colour: str, symbol: str, hover: str = "", numbers: bool = False
) -> None:
    """Adds a row: a point with its interval.

    Args:
        label: of the row, and in the hover text; already escaped.
        hover: more hover text.
        numbers: writes the estimate to the right of it.
    """
    import plotly.graph_objects as go

    error = {"array": [estimate.high - estimate.value], "arrayminus": [estimate.value - estimate.low]}
    figure.add_trace(
        go.Scatter(
            x=[estimate.value],
            y=[label],
            error_x={**error, "thickness": 2, "width": 6},
            mode="markers",
            marker={"size": 12, "symbol": symbol, "color": colour},
            hovertemplate=f"{label}: {estimate.text}{hover}<extra></extra>",
        )
    )
    if numbers:
        text = {"x": [estimate.high], "y": [label], "text": [f"  {estimate.text}"], "hoverinfo": "skip"}
        figure.add_trace(go.Scatter(**text, mode="text", textposition="middle right", cliponaxis=False))


def add_curve(figure: Figure, alphas: Sequence[float], estimates: Sequence[Estimate]) -> None:
    """Adds estimates over α as a line in the colours of the blend, with their intervals as a band."""
    import plotly.graph_objects as go

    figure.add_trace(
        go.Scatter(
            x=[*alphas, *alphas[::-1]],
            y=[*(e.high for e in estimates), *(e.low for e in estimates[::-1])],
            fill="toself",
            fillcolor=with_opacity(blend_colour(0.5), 0.2),
            line={"width": 0},
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=alphas,
            y=[e.value for e in estimates],
            mode="lines+markers",
            line={"width": 3, "color": blend_colour(0.5)},
            marker={"size": 10, "color": [blend_colour(alpha) for alpha in alphas]},
            text=[e.text for e in estimates],
            hovertemplate="α = %{x:.2f}: %{text}<extra></extra>",
        )
    )
