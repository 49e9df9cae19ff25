"""The lessons whose figure is lines over a quantity: pre-training, the random-source trap, learned transfer, costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recsys.charts.style import format_number
from recsys.metrics.uncertainty import Estimate
from recsys.wording import tr
from ui.components.lesson_figure import DataTable, Figure, cut
from ui.learn.measure import Data, best_alpha, percent
from ui.learn.texts import fill, number_text

Words = Mapping[str, str]
Built = tuple[Sequence[Figure], Mapping[str, str]]


def _estimate(content: Data) -> Estimate:
    return Estimate(*(float(content[name]) for name in ("value", "low", "high")))


def _interval(content: Data) -> str:
    """A share with its interval: `4.4% [2.2%, 8.9%]`."""
    return "{} [{}, {}]".format(*(percent(content[name]) for name in ("value", "low", "high")))


def _line(name: str, estimates: Sequence[Data], scale: float = 100.0) -> dict[str, Any]:
    rows = {key: [round(scale * one[key], 3) for one in estimates] for key in ("value", "low", "high")}
    return {"name": name, "values": rows["value"], "low": rows["low"], "high": rows["high"]}


def _ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Five ticks at round numbers around low … high."""
    step = next(s for s in (0.05, 0.1, 0.25, 0.5, 1, 2, 2.5, 5, 10, 20, 25, 50, 100, 1e9) if s * 6 >= high - low)
    first, last = int(low // step), int(-(-high // step))
    return [(place * step, format_number(round(place * step, 6))) for place in range(first, max(last, first + 1) + 1)]


def pretraining(words: Words, data: Data, run: str, revealed: bool) -> Built:
    """Hit rate over list length, with clicks, by text, knowing nothing."""
    from recsys.runs.item_features import reader_message

    lengths, rates = data["lengths"], data["hit_rates"]
    reader = cut(tr(reader_message(data["text_model"])), 200)
    shown = ["clicks", *(["text"] if revealed else []), "nothing"]
    template = words["sentence" if revealed else "sentence_hidden"]
    sentences = [
        fill(template, k=k, **{name: percent(rates[name][i]["value"]) for name in rates}) for i, k in enumerate(lengths)
    ]
    rows = [[str(k), *(_interval(rates[name][i]) for name in shown)] for i, k in enumerate(lengths)]
    figure = Figure(
        kind="lines",
        positions=[str(k) for k in lengths],
        sentences=sentences,
        drawing={
            "x": list(range(len(lengths))),
            "x_ticks": [(i, str(k)) for i, k in enumerate(lengths) if i % 2 == 1],
            "x_title": words["x"],
            "y_title": words["y"],
            "y_ticks": _ticks(0, 100 * max(one["high"] for one in rates["clicks"])),
            "frames": [[_line(words[name], rates[name]) for name in shown]],
            "cursor": True,
        },
        tables=[DataTable([words["x"], *(words[name] for name in shown)], rows)],
        start=lengths.index(10),
        note=fill(words["note"], users=f"{data['users']:,}", run=run, text_model=reader),
    )
    at = lengths.index(10)
    nothing, text, clicks = (rates[name][at]["value"] for name in ("nothing", "text", "clicks"))
    return [figure], {
        "nothing_text": number_text(100 * nothing, 1),
        "clicks_text": number_text(100 * clicks, 1),
        "recovered": percent((text - nothing) / (clicks - nothing)) if clicks > nothing else "–",
        "interval": _interval(rates["text"][at]),
    }


def real(words: Words, data: Data, run: str, revealed: bool) -> Built:
    """Error over α for each source, at each number of known items."""
    known, names = data["known"], ["mean", "similar", *(["random"] if revealed else [])]
    best = {name: [best_alpha(curve) for curve in data["errors"][name]] for name in data["errors"]}
    points = len(data["errors"]["random"][0])
    highest = min(3.0, max(max(curve) for name in names for curve in data["errors"][name]))
    frames = [
        [
            {
                "name": words[name],
                "values": [min(value, highest) for value in data["errors"][name][i]],
                "best": round(best[name][i] * (points - 1)),
            }
            for name in names
        ]
        for i in range(len(known))
    ]
    template = words["sentence" if revealed else "sentence_hidden"]
    columns = [words["known"], *(fill(words["best"], name=words[name]) for name in names)]
    columns += [fill(words["gain"], name=words[name]) for name in names]
    rows = [
        [
            str(count),
            *(number_text(best[name][i], 2) for name in names),
            *(_estimate(data["gains"][name][i]).signed(3) for name in names),
        ]
        for i, count in enumerate(known)
    ]
    figure = Figure(
        kind="lines",
        positions=[str(count) for count in known],
        sentences=[
            fill(template, known=count, **{name: number_text(best[name][i], 2) for name in best})
            for i, count in enumerate(known)
        ],
        drawing={
            "x": [round(i / (points - 1), 4) for i in range(points)],
            "x_ticks": [(a, str(a)) for a in (0, 0.2, 0.4, 0.6, 0.8, 1)],
            "x_title": words["x"],
            "y_title": words["y"],
            "y_ticks": _ticks(0, highest),
            "frames": frames,
            "cursor": False,
        },
        tables=[DataTable(columns, rows)],
        note=fill(words["note"], users=f"{data['users']:,}", run=run),
    )
    gains = {f"{name}_gain": _estimate(data["gains"][name][0]).signed(3) for name in ("random", "similar")}
    return [figure], gains


def learned(words: Words, data: Data, run: str, revealed: bool) -> Built:
    """Gain and harm over the share of the pairs that are accepted."""
    shares = data["accepted"]
    template = words["sentence" if revealed else "sentence_hidden"]
    quality = {name: _estimate(one).text for name, one in data["quality"].items()}
    gains = [_estimate(one).signed(3) for one in data["gain"]]
    rows = [
        [f"{100 * share:.0f}%", gain, *([_interval(harmed)] if revealed else [])]
        for share, gain, harmed in zip(shares, gains, data["harmed"], strict=True)
    ]
    lines = [_line(words["gain"], data["gain"]), *([_line(words["harmed"], data["harmed"])] if revealed else [])]
    extremes = [value for line in lines for name in ("low", "high") for value in line[name]]
    figure = Figure(
        kind="lines",
        positions=[f"{100 * share:.0f}%" for share in shares],
        sentences=[
            fill(template, share=f"{100 * share:.0f}%", gain=gain, harmed=_interval(harmed))
            for share, gain, harmed in zip(shares, gains, data["harmed"], strict=True)
        ],
        drawing={
            "x": [100 * share for share in shares],
            "x_ticks": [(x, f"{x}%") for x in (20, 40, 60, 80, 100)],
            "x_title": words["x"],
            "y_title": words["y"],
            "y_ticks": _ticks(max(-20, min(0, *extremes)), min(60, max(extremes))),
            "frames": [lines],
            "cursor": True,
        },
        tables=[DataTable([words["accepted"], words["gain"], *([words["harmed"]] if revealed else [])], rows)],
        start=len(shares) // 2 - 1,
        note=fill(
            words["note"],
            users=f"{data['users']:,}",
            fitted=f"{data['fitted']:,}",
            run=run,
            scenarios=" → ".join(cut(name, 30) for name in data["scenarios"] or ()) or words["halves"],
            **quality,
        ),
    )
    best = max(data["quality"], key=lambda name: data["quality"][name]["value"])
    certified = percent(data["certified"])
    values = {"harmed_interval": _interval(data["harmed"][-1]), "certified": certified, "winner": words[best]}
    return [figure], {**quality, **values}


def costs(words: Words, data: Data, run: str, revealed: bool) -> Built:
    """Items kept over ε for a single user and a group; the five costs as the table."""
    epsilons, kept, members = data["epsilons"], data["kept"], str(data["members"])
    template = words["sentence" if revealed else "sentence_hidden"]
    names = [*(["user"] if revealed else []), "group"]
    at = epsilons.index(1.0)
    measured = {
        "computing": fill(
            words["computing_value"],
            seconds=format_number(data["seconds"]),
            parameters=f"{data['parameters']:,}",
            milliseconds=format_number(data["milliseconds"]),
        ),
        "data": words["data_unknown"]
        if data["dropped"] is None
        else fill(words["data_value"], dropped=percent(data["dropped"])),
        "privacy": fill(words["privacy_value"], kept=number_text(kept["user"][at], 1))
        if revealed
        else words["privacy_hidden"],
        "fairness": fill(
            words["fairness_value"],
            short=_estimate(data["short"]).text,
            long=_estimate(data["long"]).text,
            median=data["median_items"],
        ),
        "explanation": fill(words["explanation_value"], influence=_interval(data["influence"])),
    }
    figure = Figure(
        kind="lines",
        positions=[format_number(epsilon) for epsilon in epsilons],
        sentences=[
            fill(
                template,
                epsilon=format_number(e),
                user=number_text(kept["user"][i], 1),
                group=number_text(kept["group"][i], 1),
                members=members,
            )
            for i, e in enumerate(epsilons)
        ],
        drawing={
            "x": list(range(len(epsilons))),
            "x_ticks": [(i, format_number(e)) for i, e in enumerate(epsilons)],
            "x_title": words["x"],
            "y_title": words["y"],
            "y_ticks": [(y, str(y)) for y in (0, 2, 4, 6, 8, 10)],
            "frames": [[{"name": fill(words[name], members=members), "values": kept[name]} for name in names]],
            "cursor": True,
        },
        tables=[
            DataTable([words["cost"], words["measured"]], [[words[name], text] for name, text in measured.items()])
        ],
        start=at,
        note=fill(words["note"], run=run),
    )
    return [figure], {"group_text": number_text(kept["group"][at], 1), "members": members}
