"""The table of benchmarks/README.md on text models: how many new items each finds, and what it costs."""

from __future__ import annotations

from benchmarks.formatting import estimate, link, missing, newest, number, opened, table
from recsys.data.samples import LANGUAGES

SHOWN = {"en": "English", "zh": "Chinese"}


def encoders() -> str:
    """HR@10 among new items by text model and language, with CPU time, size and memory."""
    pairs = [(warm, cold) for warm in LANGUAGES for cold in LANGUAGES]
    columns = [SHOWN[warm] if warm == cold else f"{SHOWN[warm]} → {SHOWN[cold]}" for warm, cold in pairs]
    head = ("text model", *columns, "mean [95%]", "CPU-seconds per 1,000 texts, English / Chinese",
            "MB of the package / with packages the app has not", "MB of memory", "from")  # fmt: skip
    path = newest("encoders")
    if path is None:
        return table(head, [missing("all text models", "encoders", len(head))])
    figures = opened(path)
    rows = []
    for name, mean in sorted(figures["mean over languages"].items(), key=lambda entry: -entry[1][0]):
        found = {
            (one["texts in training"], one["texts of new items"]): one["trained, new items only"]["hr@10"]
            for one in figures["results"]
            if one["text model"] == name
        }
        cells = [name, *(number(found[pair][0]) for pair in pairs), estimate(mean)]
        cost = figures["cost"].get(name)
        if cost is None:
            cells += ["–", "–", "–"]
        else:
            times = (number(cost[f"per 1,000 texts, {language}"]["cpu seconds"]) for language in LANGUAGES)
            sizes = (cost["megabytes of the wheel"], cost["megabytes with packages the app has not"])
            cells += [" / ".join(times), " / ".join(map(number, sizes)), number(cost["megabytes of memory"])]
        rows.append([*cells, link(path)])
    return table(head, rows)
