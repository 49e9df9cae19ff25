"""From the measured data of a lesson to its figure in one language, and to the values in its answer.

Until the answer is revealed, a figure leaves out what would tell it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.charts.style import format_number
from recsys.explain import worked_examples
from ui.components.lesson_figure import DataTable, Figure, cut
from ui.learn.line_figures import costs, learned, pretraining, real
from ui.learn.measure import Data, attention_weights, percent, truth
from ui.learn.texts import Lesson, fill, number_text
from ui.shell.widgets import escape_markdown

_SINGLE = 12  # newest items with a bar of their own in the lesson on interests; older ones share one
_DIVISORS = 25  # positions of the slider in the lesson on attention


@dataclass(frozen=True, eq=False)
class LessonFigure:
    """The figures of a lesson, and the values in its answer (escaped for Markdown)."""

    figures: Sequence[Figure]
    values: Mapping[str, str]


def build(lesson: Lesson, data: Data, run: str, revealed: bool) -> LessonFigure:
    """The figure of a lesson.

    Args:
        data: from `measured`.
        run: the name of the run on screen.
        revealed: whether the figure may show what the question asks for.
    """
    figures, values = _BUILDERS[lesson.key](lesson.words, data, run, revealed)
    measured = lesson.question.shown(truth(lesson.key, data))
    number = measured.removesuffix(f" {lesson.question.unit}")
    shown = {"truth_text": measured, "truth_number": number, "run": run, **values}
    return LessonFigure(figures, {name: escape_markdown(value) for name, value in shown.items()})


Words = Mapping[str, str]
Built = tuple[Sequence[Figure], Mapping[str, str]]


def _matrix(words: Words, data: Data, run: str, revealed: bool) -> Built:
    clicks, n, columns = data["clicks"], len(data["clicks"]), len(data["titles"])
    cells = len(data["users"]) * columns
    filled, seen = [0], set[tuple[int, int]]()
    for row, column in clicks:
        seen.add((row, column))
        filled.append(len(seen))
    names = [cut(user, 14) for user in data["users"]]
    rows = [
        (names[row], " → ".join(data["titles"][column] for user, column in clicks if user == row))
        for row in range(len(names))
    ]
    drawing = {
        "users": names,
        "columns": columns,
        "clicks": clicks,
        "titles": [cut(title, 40) for title in data["titles"]],
        "follow": data["follow"],
        "x_title": words["x"],
    }
    figure = Figure(
        kind="cells",
        positions=[f"{done} / {n}" for done in range(n + 1)],
        sentences=[fill(words["sentence"], done=d, n=n, filled=f, cells=cells) for d, f in enumerate(filled)],
        drawing=drawing,
        tables=[DataTable((words["user"], words["sequence"]), rows)],
        start=n // 2,
        note=fill(words["note"], users=len(names), items=columns, run=run),
    )
    counts = {"users": data["n_users"], "items": data["n_items"], "interactions": data["n_interactions"]}
    counts["filled_cells"] = data["n_cells"]
    values = {name: f"{count:,}" for name, count in counts.items()}
    return [figure], {
        **values,
        "cells": f"{data['n_users'] * data['n_items']:,}",
        "filled_text": percent(data["filled"]),
    }


def _embeddings(words: Words, data: Data, run: str, revealed: bool) -> Built:
    dimensions = data["dimensions"]
    columns = [words["dimensions"], words["kept"], *([words["mean"]] if revealed else [])]
    rows = [
        [str(count), str(kept), *([number_text(mean, 1)] if revealed else [])]
        for count, kept, mean in zip(dimensions, data["kept"], data["mean_kept"], strict=True)
    ]
    figure = Figure(
        kind="points",
        positions=[str(count) for count in dimensions],
        sentences=[
            fill(words["sentence"], kept_dimensions=count, dimensions=dimensions[-1], kept=kept)
            for count, kept in zip(dimensions, data["kept"], strict=True)
        ],
        drawing={
            "points": data["points"],
            "user": data["user"],
            "near": data["near"],
            "all": data["near"][-1],
            "legend": words["legend"].split(" · "),
        },
        tables=[DataTable(columns, rows)],
        start=len(dimensions) - 1,
        note=fill(words["note"], user=data["name"], run=run),
    )
    return [figure], {"dimensions": str(dimensions[-1])}


def _attention(words: Words, data: Data, run: str, revealed: bool) -> Built:
    example = worked_examples.example_head()
    by_hand = {"d_k": example.d_k, "products": example.products.tolist(), "distance": [0.0] * len(example.products)}
    titles = [title.strip() for title in words["examples"].split("|")]
    figures = [
        _head(words, head, data["titles"], fill(words["head"], layer=head["layer"], head=head["head"]), revealed, note)
        for head in data["heads"]
        for note in [
            fill(
                words["note_run"],
                user=data["name"],
                run=run,
                d_k=head["d_k"],
                distance=words["distance"] if any(head["distance"]) else "",
            )
        ]
    ]
    figures.append(_head(words, by_hand, titles, words["example"], True, words["note_example"]))
    head = data["heads"][0]
    own = attention_weights(head, math.sqrt(head["d_k"]))
    return figures, {
        "own": percent(float(own.max())),
        "d_k": str(head["d_k"]),
        "shrunk": format_number(1 / math.sqrt(head["d_k"])),
    }


def _head(words: Words, head: Data, titles: Sequence[str], name: str, revealed: bool, note: str) -> Figure:
    """One computation: products, divided, weights; and the article's weights once they may be shown."""
    d_k, root = head["d_k"], math.sqrt(head["d_k"])
    below = np.geomspace(0.25, root, _DIVISORS // 2, endpoint=False)
    above = np.geomspace(root, d_k, _DIVISORS // 2 + 1) if revealed else np.array([root])
    divisors = [*below.round(2), *above.round(2)]
    usual, article = (
        attention_weights(head, root),
        worked_examples.weights_divided_outside(head["products"], head["distance"], d_k),
    )
    columns = [
        words["item"],
        words["product"],
        words["scaled"],
        words["weight"],
        *([words["article"]] if revealed else []),
    ]
    labels, numbers, bars, totals, sentences, tables = [cut(t, 44) for t in titles], [], [], [], [], []
    top = int(usual.argmax())  # the item that the question asks about, at each divisor
    for divisor in divisors:
        weights = attention_weights(head, divisor)
        rows = [
            [f"{p:.2f}", f"{p / divisor:.2f}", f"{w:.3f}", *([f"{a:.3f}"] if revealed else [])]
            for p, w, a in zip(head["products"], weights, article, strict=True)
        ]
        total = [words["sum"], "", "", "1.000", *([f"{article.sum():.3f}"] if revealed else [])]
        which = "_root" if abs(divisor - root) < 0.006 else "_dk" if abs(divisor - d_k) < 0.006 else ""
        shown = {"divisor": f"{divisor:.2f}", "share": percent(float(weights[top])), "item": labels[top]}
        sentences.append(fill(words[f"sentence{which}"], **shown))
        numbers.append(rows)
        bars.append(weights.round(4).tolist())
        totals.append(total)
        tables.append(DataTable(columns, [*([label, *row] for label, row in zip(labels, rows, strict=True)), total]))
    return Figure(
        kind="bars",
        name=name,
        positions=[f"{divisor:.2f}" + (" = √d_k" if i == len(below) else "") for i, divisor in enumerate(divisors)],
        sentences=sentences,
        drawing={
            "labels": labels,
            "columns": columns,
            "numbers": numbers,
            "bars": [bars, *([[article.round(4).tolist()] * len(divisors)] if revealed else [])],
            "legend": [words["own_bar"], *([words["article_bar"]] if revealed else [])],
            "marks": usual.round(4).tolist(),
            "total": totals,
        },
        tables=tables,
        start=len(below),
        note=note,
    )


def _transfer(words: Words, data: Data, run: str, revealed: bool) -> Built:
    alphas, starts, lists = [round(a / 100, 2) for a in range(101)], np.array(data["starts"]), data["lists"]
    at = [int(np.searchsorted(starts, alpha, side="right")) - 1 for alpha in alphas]
    own = set(lists[0])
    entered = [len(set(lists[step]) - own) for step in at]
    titles = [cut(title, 60) for title in data["titles"]]
    sentences = [
        fill(words["sentence"], alpha=f"{alpha:.2f}", percent=f"{100 * alpha:.0f}%", entered=count)
        for alpha, count in zip(alphas, entered, strict=True)
    ]
    names = {"source": words["source"], "target": words["target"], "blend": words["blend"]}
    drawing: dict[str, Any] = {
        "source": worked_examples.SOURCE.tolist(),
        "target": worked_examples.TARGET.tolist(),
        "names": names,
        "alphas": alphas,
        "titles": titles,
        "lists": [lists[step] for step in at],
        "ticks": data["starts"][1:] if revealed else [],
        "heading": words["heading"],
    }
    ticks = words["ticks"] if revealed else ""
    rows = [(f"{alphas[i]:.2f}", "; ".join(titles[item] for item in lists[at[i]])) for i in range(0, 101, 10)]
    figure = Figure(
        kind="blend",
        positions=[f"{alpha:.2f}" for alpha in alphas],
        sentences=sentences,
        drawing=drawing,
        tables=[DataTable((words["alpha"], words["items"]), rows)],
        start=50,
        note=fill(words["note"], target=data["target"], source=data["source"], run=run, ticks=ticks),
    )
    first = format_number(data["starts"][1]) if len(data["starts"]) > 1 else "–"
    return [figure], {"first": first, "replaced": str(len(set(lists[-1]) - own))}


def _interests(words: Words, data: Data, run: str, revealed: bool) -> Built:
    total, single = len(data["titles"]), min(_SINGLE, len(data["titles"]))
    counts = [*range(1, single + 1), *([total] if total > single else [])]
    series = [data["interests"], *([data["next"]] if revealed else [])]
    bars = [[*shares[:single], *([sum(shares[single:])] if total > single else [])] for shares in series]
    interests, following = np.cumsum(data["interests"]), np.cumsum(data["next"])
    template = words["sentence" if revealed else "sentence_hidden"]
    columns = [words["item"], words["interests"], *([words["next"]] if revealed else [])]
    rows = [[percent(share) for share in shares] for shares in zip(*bars, strict=True)]
    labels = [cut(title, 44) for title in data["titles"][:single]]
    labels += [fill(words["older"], count=total - single)] if total > single else []
    figure = Figure(
        kind="bars",
        positions=[str(count) for count in counts],
        sentences=[
            fill(template, count=n, interests=percent(interests[n - 1]), next=percent(following[n - 1])) for n in counts
        ],
        drawing={
            "labels": labels,
            "columns": columns,
            "numbers": [rows] * len(counts),
            "bars": [[bar] * len(counts) for bar in bars],
            "legend": [words["interests_bar"], *([words["next_bar"]] if revealed else [])],
            "counted": list(range(1, len(counts) + 1)),
        },
        tables=[DataTable(columns, [[label, *row] for label, row in zip(labels, rows, strict=True)])],
        note=fill(words["note"], user=data["name"], run=run, length=data["length"], shown=single),
    )
    return [figure], {"interest_text": percent(data["interests"][0])}


_BUILDERS: Mapping[str, Callable[[Words, Data, str, bool], Built]] = {
    "matrix": _matrix,
    "embeddings": _embeddings,
    "attention": _attention,
    "pretraining": pretraining,
    "transfer": _transfer,
    "interests": _interests,
    "real": real,
    "learned": learned,
    "costs": costs,
}
