"""The table of benchmarks/README.md on the search over settings."""

from __future__ import annotations

from typing import Any

from benchmarks.formatting import estimate, link, missing, newest, number, opened, table


def tuning() -> str:
    """The best settings of a search, the starting ones and the tuned baselines, on the test items."""
    head = ("ml-latest-small", "trials", "NDCG@10 on the test items [95%]", "best settings minus it [95%]", "settings",
            "seconds", "from")  # fmt: skip
    path = newest("tuning")
    if path is None:
        return table(head, [missing("best settings", "tuning", len(head))])
    figures = opened(path)
    search, seconds, test = figures["search"], figures["seconds_by_model"], figures["search"]["test"]
    name = search["search"]["plan"]["model_name"]
    trials = [trial for trial in search["trials"] if trial["model"] == name]
    start, best = trials[0], trials[search["best"]]
    rows = [
        [f"{name}, best settings", str(len(trials)), _interval(test["best"]), "–", _settings(best["settings"]),
         number(seconds[name])],
        [f"{name}, starting settings", "1", _interval(test["default"]), _interval(test["difference"]),
         _settings(start["settings"]), number(start["seconds"])],
        *([one["name"], str(one["tried"]), _interval(one["test"]), _interval(one["difference"]),
           _settings(one["settings"]), number(seconds[one["name"]])] for one in search["baselines"]),
    ]  # fmt: skip
    return table(head, [[*row, link(path)] for row in rows])


def _interval(values: dict[str, float]) -> str:
    return estimate([values[name] for name in ("value", "low", "high")])


def _settings(settings: dict[str, Any]) -> str:
    shown = {name: f"{value:.3g}" if isinstance(value, float) else str(value) for name, value in settings.items()}
    return ", ".join(f"`{name}={value}`" for name, value in shown.items())
