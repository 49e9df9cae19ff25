"""Sentences about the exact path of a transfer."""

from __future__ import annotations

from collections.abc import Sequence

from recsys.charts.style import format_number
from recsys.transfer import AlphaPath

Row = dict[str, object]


def change_rows(path: AlphaPath, titles: Sequence[str]) -> list[Row]:
    """One row for each exact change: α, what happens, why, and what enters and leaves. Titles are hostile text."""
    at = {int(item): i for i, item in enumerate(path.contenders)}
    rows: list[Row] = []
    for change in path.changes:
        happened, why = _first_of(path, change.overtakes, change.entered, titles, at)
        rows.append(
            {
                "alpha": change.alpha,
                "what happens": happened,
                "because": why,
                "enters": ", ".join(titles[item] for item in change.entered),
                "leaves": ", ".join(titles[item] for item in change.left),
            }
        )
    return rows


def _first_of(
    path: AlphaPath,
    overtakes: Sequence[tuple[int, int]],
    entered: Sequence[int],
    titles: Sequence[str],
    at: dict[int, int],
) -> tuple[str, str]:
    if not overtakes:
        return "the order changes", ""
    winner, loser = overtakes[-1]
    verb = "enters over" if winner in entered else "overtakes"
    more = f" and {len(overtakes) - 1} more" if len(overtakes) > 1 else ""
    gain = path.source[at[winner]] - path.source[at[loser]]
    loss = path.target[at[loser]] - path.target[at[winner]]
    why = (
        f"the source scores it {format_number(float(gain))} above the other, "
        f"the target only {format_number(float(loss))} below"
    )
    return f"{titles[winner]} {verb} {titles[loser]}{more}", why


def change_sentence(path: AlphaPath, titles: Sequence[str], alpha: float, target: str, source: str) -> str:
    """What is true at α, in one sentence (the mixer says the same while the thumb moves)."""
    own, now = path.steps[0].items, path.step_at(alpha).items
    entered = [item for item in now if item not in own]
    if not path.changes:
        return f"Nothing changes at any α: {target} and {source} lead to the same list."
    if not entered:
        return f"At α = {alpha:.3g} the same {len(now)} items are shown as in {target}’s own list."
    named = ", ".join(titles[item] for item in entered[:3]) + (" …" if len(entered) > 3 else "")
    return f"At α = {alpha:.3g}, {len(entered)} of {len(now)} items come from {source}: {named}."
