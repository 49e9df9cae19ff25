"""Figures that show a user's interests and next choice side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from recsys.charts.style import GROUPS, QUIET, format_percent, full_text, plain_text, sentence_figure

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from recsys.explain.representations import LikeNewest, Reliance

INTERESTS, NEXT_CHOICE = (GROUPS[0], "diamond", "solid"), (GROUPS[2], "circle", "dash")
"""Colour, symbol and line of the two."""


def reliance_figure(found: Reliance, titles: Sequence[str], newest: int = 1) -> Figure:
    """The share of the newest items together, over their number, for interests and next choice.

    Args:
        titles: of `found.items`.
        newest: the number in the title, marked by a vertical line.
    """
    import plotly.graph_objects as go

    count = max(1, min(newest, len(found.items)))
    of_interests, of_next = found.of_newest(count)
    items = "newest item decides" if count == 1 else f"{count} newest items decide"
    figure = sentence_figure(
        f"The {items} {format_percent(of_next)} of the next choice and {format_percent(of_interests)} of the interests",
        x="newest items of the history, counted together",
        y="share that they decide",
        alternative=f"all older items: {format_percent(found.older[1])} and {format_percent(found.older[0])}",
        height=340,
    )
    numbers = list(range(1, len(found.items) + 1))
    lines = (("next choice", found.next_choice, NEXT_CHOICE), ("interests", found.interests, INTERESTS))
    for name, shares, (colour, symbol, dash) in lines:
        figure.add_trace(
            go.Scatter(
                x=numbers,
                y=np.cumsum(shares),
                mode="lines+markers+text",
                text=[name if n == max(1, len(numbers) // 2) else "" for n in numbers],
                textposition="top left" if name == "next choice" else "bottom right",
                line={"color": colour, "dash": dash, "width": 3},
                marker={"symbol": symbol, "size": 5},
                hovertext=[
                    f"{full_text(titles[n])}: {format_percent(float(s))} of the {name}" for n, s in enumerate(shares)
                ],
                hovertemplate="%{hovertext}<br>%{y:.0%} with all newer ones<extra></extra>",
            )
        )
    figure.add_vline(x=count, line={"color": QUIET, "dash": "dot"})
    figure.update_yaxes(tickformat=".0%", range=[0, 1.05])
    return figure


def like_newest_figure(found: LikeNewest, k: int) -> Figure:
    """How many items of both lists, and of the history, are of the kind of the newest item."""
    import plotly.graph_objects as go

    rows = (
        ("History", found.history),
        ("List by interests", found.interests),
        ("List by next choice", found.next_choice),
    )
    counted = round(found.next_choice * k), round(found.interests * k)
    kind = plain_text(found.kind, 30)
    figure = sentence_figure(
        f"{counted[0]} of {k} next choices are “{kind}” like the newest item; by interests it is {counted[1]}",
        x=f"share of “{kind}”",
        alternative="; ".join(f"{name}: {format_percent(share)}" for name, share in rows),
        height=260,
    )
    figure.add_trace(
        go.Bar(
            x=[share for _, share in rows],
            y=[name for name, _ in rows],
            orientation="h",
            marker_color=[QUIET, INTERESTS[0], NEXT_CHOICE[0]],
            text=[format_percent(share) for _, share in rows],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    figure.update_xaxes(tickformat=".0%", range=[0, 1.15])
    return figure


def replaced_figure(alphas: np.ndarray, next_choice: np.ndarray, interests: np.ndarray, alpha: float, k: int) -> Figure:
    """How many items of the target's list are replaced over α, where the source gives its next choice or its interests.

    Args:
        alphas: float (n,); next_choice, interests: int (n,).
        alpha: the one in the title, marked by a vertical line.
        k: length of the list.
    """
    import plotly.graph_objects as go

    at = int(np.argmin(np.abs(alphas - alpha)))
    figure = sentence_figure(
        f"At α = {alpha:.2f} the source’s next choice replaces {next_choice[at]} of {k} items, "
        f"its interests {interests[at]}",
        x="α, weight of the source",
        y="items replaced",
        alternative=f"at α = 1: {next_choice[-1]} and {interests[-1]}",
        height=340,
    )
    lines = (("next choice", next_choice, NEXT_CHOICE), ("interests", interests, INTERESTS))
    for name, counts, (colour, _, dash) in lines:
        middle = len(alphas) * (2 if name == "interests" else 1) // 3
        figure.add_trace(
            go.Scatter(
                x=alphas,
                y=counts,
                mode="lines+text",
                text=[name if n == middle else "" for n in range(len(alphas))],
                textposition="bottom right" if name == "interests" else "top left",
                line={"color": colour, "dash": dash, "width": 3, "shape": "hv"},
                hovertemplate=f"{name}, α = %{{x:.2f}}: %{{y}} replaced<extra></extra>",
            )
        )
    figure.add_vline(x=alpha, line={"color": QUIET, "dash": "dot"})
    figure.update_yaxes(range=[-0.3, k + 0.8])
    return figure
