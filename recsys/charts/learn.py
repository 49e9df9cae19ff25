"""The figure of a class on Learn: the predictions of all students."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsys.charts.style import GROUPS, KEPT, in_words, sentence_figure

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

BINS = 20


def predictions_figure(
    predictions: np.ndarray,
    ends: tuple[float, float],
    title: str,
    axes: tuple[str, str],
    measured: float | None = None,
    mark: str = "",
) -> Figure:
    """A histogram in twenty bins, with a line at the measured value.

    Args:
        predictions: float (n,), n ≥ 1.
        ends: of the slider that they were made with.
        axes: titles of the axes.
        measured: None hides the line; mark: its label.
    """
    import plotly.graph_objects as go

    low, high = ends
    counts, edges = np.histogram(np.clip(predictions, low, high), bins=BINS, range=ends)
    shown = in_words((f"{a:.3g}–{b:.3g}", str(n)) for a, b, n in zip(edges, edges[1:], counts, strict=False) if n)
    figure = sentence_figure(title, x=axes[0], y=axes[1], alternative=shown, height=380)
    figure.add_trace(
        go.Bar(x=(edges[:-1] + edges[1:]) / 2, y=counts, width=(high - low) / BINS * 0.92, marker_color=GROUPS[0])
    )
    figure.update_xaxes(range=[low - (high - low) / 40, high + (high - low) / 40])
    figure.update_yaxes(rangemode="tozero", dtick=max(1, int(counts.max()) // 6))
    if measured is not None:
        line = {"color": KEPT, "width": 3, "dash": "dash"}
        figure.add_vline(x=min(max(measured, low), high), line=line, annotation_text=mark)
    return figure
