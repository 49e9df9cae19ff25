"""What the figures of the lessons are drawn from: measured on the open run, else on the sample's, as JSON values.

    python -m ui.learn.measure          writes sample_data/lessons.json from the sample's trained run

Measurements are kept for each run. Those of the sample are a file, so that Learn opens before anything heavy is loaded.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from recsys.charts.style import format_number
from recsys.data.samples import in_language
from recsys.errors import InputError, StudioError
from recsys.explain import worked_examples
from recsys.wording import Message
from recsys.workspace.sample_run import SAMPLE_RUN_FOLDER
from ui.language import language
from ui.learn.sample_figures import FILE, of_sample
from ui.run_context import RunContext, run_context

Data = Mapping[str, Any]
MAX_ITEMS, MAX_INTERACTIONS = 30_000, 3_000_000
"""Of a run that is measured when a lesson opens, in the server: with more it would take minutes and gigabytes."""
_MAP_POINTS = 500
_HISTORY = 8  # newest items in the lesson on attention


def measured(folder: Path | None, key: str) -> tuple[Data, str]:
    """The data of a lesson, and why they are from the sample: "" where they are from the run itself.

    Texts of the sample are in the language of the interface.

    Args:
        folder: of the open run; None where there is none.
        key: of the lesson.
    """
    if folder is None or folder == SAMPLE_RUN_FOLDER:
        return in_language(of_sample()[key], language()), "" if folder else "none"
    try:
        return {"run": run_context(str(folder)).run.name, **_of_run(str(folder), key)}, ""
    except StudioError as error:
        return in_language(of_sample()[key], language()), error.message


@st.cache_resource(max_entries=60, show_spinner=False)
def _of_run(folder: str, key: str) -> Data:
    """Raises StudioError where the run can't show the lesson, or is too large to be measured while a page opens."""
    data = run_context(folder).dataset
    if data.n_items > MAX_ITEMS or data.n_interactions > MAX_INTERACTIONS:
        got = Message("{items:,} and {rows:,}", items=data.n_items, rows=data.n_interactions)
        rule = Message(
            "must have at most {items:,} items and {rows:,} interactions to be measured in a lesson",
            items=MAX_ITEMS,
            rows=MAX_INTERACTIONS,
        )
        raise InputError("the data of the open run", rule, got)
    found: Data = _json(MEASURES[key](run_context(folder)))
    return found


def measure(context: RunContext, key: str) -> Data:
    """Measures a lesson on a run. Raises InputError where the run lacks what the lesson shows."""
    return {"run": context.run.name, **_json(MEASURES[key](context))}


def _json(value: Any) -> Any:
    """Arrays, dataclasses and numbers of numpy as JSON values; floats with six digits; NaN as None."""
    if isinstance(value, Mapping):
        return {str(name): _json(one) for name, one in value.items()}
    if isinstance(value, np.ndarray):
        return _json(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_json(one) for one in value]
    if isinstance(value, np.generic):
        return _json(value.item())
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return _json(vars(value)) if hasattr(value, "__dataclass_fields__") else value


def _example_user(context: RunContext) -> int:
    """A user with a history of usual length and items in several scenarios: the same at each call."""
    from ui.transfer.scored_pair import random_pair

    return context.dataset.users.index(random_pair(context, 0)[0].partition(":")[2])


def _titles(context: RunContext, items: Any) -> list[str]:
    return [context.dataset.catalogue.titles[int(item)][:80] for item in items]


def _matrix(context: RunContext) -> dict[str, Any]:
    from recsys.explain.lessons.matrix_excerpt import matrix_excerpt

    data = context.dataset
    excerpt = matrix_excerpt(data)
    rows = np.bincount(excerpt.clicks[:, 0], minlength=len(excerpt.users))
    return {
        "users": [data.users.external(int(user)) for user in excerpt.users],
        "titles": _titles(context, excerpt.items),
        "clicks": excerpt.clicks,
        "follow": int(rows.argmax()),
        "filled": excerpt.filled,
        "n_cells": excerpt.cells,
        "n_users": data.n_users,
        "n_items": data.n_items,
        "n_interactions": data.n_interactions,
    }


def _embeddings(context: RunContext) -> dict[str, Any]:
    from recsys.explain.lessons.kept_dimensions import kept_dimensions

    user = _example_user(context)
    vectors = context.interests.encode(context.known_histories)
    found = kept_dimensions(vectors, user)
    named = np.unique(np.append(found.nearest, user))
    others = np.linspace(0, len(found.places) - 1, min(_MAP_POINTS, len(found.places))).astype(int)
    shown = np.union1d(named, others)
    low, span = found.places.min(axis=0), np.ptp(found.places, axis=0)
    return {
        "dimensions": found.dimensions,
        "points": ((found.places[shown] - low) / np.where(span > 0, span, 1)).round(3),
        "user": int(np.searchsorted(shown, user)),
        "near": np.searchsorted(shown, found.nearest),
        "kept": found.kept,
        "mean_kept": found.mean_kept,
        "name": context.dataset.users.external(user),
    }


def _attention(context: RunContext) -> dict[str, Any]:
    from recsys.explain.attention import SupportsAttention, trained_head

    user = _example_user(context)
    history = context.known_histories[user][-_HISTORY:]
    model = context.run.model
    if not isinstance(model, SupportsAttention):
        raise InputError("the model", "must have attention", model.name, "Open a run of the attention model.")
    layers, heads = np.shape(model.attention(history))[:2]
    found = []
    for layer, head in [(layer, head) for layer in range(layers) for head in range(heads)][:8]:
        one = trained_head(model, history, layer, head)
        assert one is not None
        found.append(
            {"layer": layer + 1, "head": head + 1, "d_k": one.d_k, "products": one.products, "distance": one.distance}
        )
    return {"titles": _titles(context, history), "heads": found, "name": context.dataset.users.external(user)}


def _pretraining(context: RunContext) -> dict[str, Any]:
    from recsys.explain.lessons.cold_items import cold_items

    return dict(vars(cold_items(context.run.model, context.run.split(context.dataset))))


def _transfer(context: RunContext) -> dict[str, Any]:
    from recsys.cases.rules import NO_RULES
    from ui.transfer.scored_pair import build_scored_pair, random_pair

    target, source = random_pair(context, 0)
    path = build_scored_pair(context.folder, target, source, 10, NO_RULES).path
    items = sorted({item for step in path.steps for item in step.items})
    place = {item: number for number, item in enumerate(items)}
    return {
        "titles": _titles(context, items),
        "starts": [step.start for step in path.steps],
        "lists": [[place[item] for item in step.items] for step in path.steps],
        "target": target.partition(":")[2],
        "source": source.partition(":")[2],
    }


def _interests(context: RunContext) -> dict[str, Any]:
    from recsys.explain.history_influence import unseen_items
    from recsys.explain.representations import reliance

    user, model = _example_user(context), context.run.model
    history = context.known_histories[user]
    candidates = unseen_items(model.n_items, context.dataset.left_out(user, len(history)))
    found = reliance(context.interests, model.scores, history, candidates)
    return {
        "titles": _titles(context, found.items),
        "interests": found.interests,
        "next": found.next_choice,
        "name": context.dataset.users.external(user),
        "length": len(history),
    }


def _real(context: RunContext) -> dict[str, Any]:
    from recsys.explain.lessons.random_source_trap import random_source_trap

    test = context.run.split(context.dataset).test
    return dict(
        vars(random_source_trap(context.interests, test.histories, test.positives, repeats=context.run.repeats))
    )


def _learned(context: RunContext) -> dict[str, Any]:
    from recsys.explain.lessons.learned_transfer import learned_transfer

    return dict(vars(learned_transfer(context.run.model, context.run.training_rows(context.dataset))))


def _costs(context: RunContext) -> dict[str, Any]:
    from recsys.explain.lessons.measured_costs import GROUP, measured_costs

    run = context.run
    found = measured_costs(run.model, context.dataset, run.split(context.dataset).test)
    return {**vars(found), "members": GROUP, "seconds": run.seconds, "parameters": run.parameters}


MEASURES: Mapping[str, Callable[[RunContext], dict[str, Any]]] = {
    "matrix": _matrix,
    "embeddings": _embeddings,
    "attention": _attention,
    "pretraining": _pretraining,
    "transfer": _transfer,
    "interests": _interests,
    "real": _real,
    "learned": _learned,
    "costs": _costs,
}


def truth(key: str, data: Data) -> float:
    """What the lesson's question asks for, in its unit."""
    if key == "attention":
        head = data["heads"][0]
        top = int(np.argmax(attention_weights(head, math.sqrt(head["d_k"]))))
        return 100 * float(attention_weights(head, head["d_k"])[top])
    found: dict[str, Callable[[], float]] = {
        "matrix": lambda: 100 * data["filled"],
        "embeddings": lambda: data["mean_kept"][data["dimensions"].index(min(2, max(data["dimensions"])))],
        "pretraining": lambda: 100 * data["hit_rates"]["text"][data["lengths"].index(10)]["value"],
        "transfer": lambda: len(data["starts"]) - 1,
        "interests": lambda: 100 * data["next"][0],
        "real": lambda: best_alpha(data["errors"]["random"][0]),
        "learned": lambda: 100 * data["harmed"][-1]["value"],
        "costs": lambda: data["kept"]["user"][data["epsilons"].index(1.0)],
    }
    return float(found[key]())


def attention_weights(head: Data, divisor: float) -> np.ndarray:
    """The weights of a head with a divisor in place of √d_k: float64 (T,)."""
    return worked_examples.attention_weights(head["products"], head["distance"], divisor)


def best_alpha(errors: Any) -> float:
    """The α of the smallest error, of a curve over evenly spaced α from 0 to 1."""
    return round(int(np.argmin(errors)) / (len(errors) - 1), 4)


def percent(share: float | None) -> str:
    """A share as text: `2.68%`."""
    return "–" if share is None else f"{format_number(100 * share)}%"


def write_sample(folder: Path = SAMPLE_RUN_FOLDER, file: Path = FILE) -> None:
    """Measures every lesson on a saved run and writes the file. Raises InputError, ArtifactError."""
    context = run_context(str(folder))
    from ui.learn.story_data import measure_stories

    content = {key: measure(context, key) for key in MEASURES} | {"stories": _json(measure_stories(context))}
    file.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    write_sample()
