"""Figures that show a user's interests and next choice side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from recsys.charts.style import GROUPS, QUIET, format_percent, full_text, plain_text, sentence_figure
from recsys.wording import tr, tr_n

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
    figure = sentence_figure(
        tr_n(
            "The newest item decides {of_next} of the next choice and {of_interests} of the interests",
            "The {n} newest items decide {of_next} of the next choice and {of_interests} of the interests",
            count,
            of_next=format_percent(of_next),
            of_interests=format_percent(of_interests),
        ),
        x=tr("newest items of the history, counted together"),
        y=tr("share that they decide"),
        alternative=tr(
            "all older items: {next} and {interests}",
            next=format_percent(found.older[1]),
            interests=format_percent(found.older[0]),
        ),
        height=340,
    )
    numbers = list(range(1, len(found.items) + 1))
    lines = (
        (tr("next choice"), found.next_choice, NEXT_CHOICE, "top left"),
        (tr("interests"), found.interests, INTERESTS, "bottom right"),
    )
    for name, shares, (colour, symbol, dash), place in lines:
        figure.add_trace(
            go.Scatter(
                x=numbers,
                y=np.cumsum(shares),
                mode="lines+markers+text",
                text=[name if n == max(1, len(numbers) // 2) else "" for n in numbers],
                textposition=place,
                line={"color": colour, "dash": dash, "width": 3},
                marker={"symbol": symbol, "size": 5},
                hovertext=[
                    tr(
                        "{title}: {share} of the next choice"
                        if shares is found.next_choice
                        else "{title}: {share} of the interests",
                        title=full_text(titles[n]),
                        share=format_percent(float(share)),
                    )
                    for n, share in enumerate(shares)
                ],
                hovertemplate="%{hovertext}<br>"
                + tr("{share} with all newer ones", share="%{y:.0%}")
                + "<extra></extra>",
            )
        )
    figure.add_vline(x=count, line={"color": QUIET, "dash": "dot"})
    figure.update_yaxes(tickformat=".0%", range=[0, 1.05])
    return figure


def like_newest_figure(found: LikeNewest, k: int) -> Figure:
    """How many items of both lists, and of the history, are of the kind of the newest item.

    Args:
        k: length of both lists, which is less than was asked for where fewer items may be recommended.
    """
    import plotly.graph_objects as go

    rows = (
        (tr("History"), found.history),
        (tr("List by interests"), found.interests),
        (tr("List by next choice"), found.next_choice),
    )
    counted = round(found.next_choice * k), round(found.interests * k)
    kind = plain_text(found.kind, 30)
    figure = sentence_figure(
        tr(
            "{next} of {k} next choices are “{kind}” like the newest item; by interests it is {interests}",
            next=counted[0],
            k=k,
            kind=kind,
            interests=counted[1],
        ),
        x=tr("share of “{kind}”", kind=kind),
        alternative=tr("; ").join(f"{name}: {format_percent(share)}" for name, share in rows),
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
        k: length of the list, which is less than was asked for where fewer items may be recommended.
    """
    import plotly.graph_objects as go

    at = int(np.argmin(np.abs(alphas - alpha)))
    figure = sentence_figure(
        tr(
            "At α = {alpha:.2f} the source’s next choice replaces {next} of {k} items, its interests {interests}",
            alpha=alpha,
            next=next_choice[at],
            k=k,
            interests=interests[at],
        ),
        x=tr("α, weight of the source"),
        y=tr("items replaced"),
        alternative=tr("at α = 1: {next} and {interests}", next=next_choice[-1], interests=interests[-1]),
        height=340,
    )
    lines = (
        (tr("next choice"), next_choice, NEXT_CHOICE, 1, "top left"),
        (tr("interests"), interests, INTERESTS, 2, "bottom right"),
    )
    for name, counts, (colour, _, dash), third, place in lines:
        middle = len(alphas) * third // 3
        figure.add_trace(
            go.Scatter(
                x=alphas,
                y=counts,
                mode="lines+text",
                text=[name if n == middle else "" for n in range(len(alphas))],
                textposition=place,
                line={"color": colour, "dash": dash, "width": 3, "shape": "hv"},
                hovertemplate=tr("{name}, α = {alpha}: {n} replaced", name=name, alpha="%{x:.2f}", n="%{y}")
                + "<extra></extra>",
            )
        )
    figure.add_vline(x=alpha, line={"color": QUIET, "dash": "dot"})
    figure.update_yaxes(range=[-0.3, k + 0.8])
    return figure
