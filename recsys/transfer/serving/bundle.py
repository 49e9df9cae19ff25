"""Export to production: vectors and counts as Parquet, the policy as JSON, the encoder as ONNX, and a serving script.

The script needs numpy and pyarrow, and onnxruntime for new users; not torch, Streamlit or this library.
"""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from recsys.data.dataset import Catalogue, Dataset, History
from recsys.embeddings.interests import InterestModel
from recsys.errors import InputError, MissingExtraError
from recsys.models.recommender import Encoder
from recsys.transfer.alpha_suggestion import AlphaCurve, suggest_alpha
from recsys.transfer.certificate import Certificate
from recsys.transfer.methods import DEFAULT, TransferMethod
from recsys.transfer.source_interests import Weights

_SCRIPTS = tuple(Path(__file__).with_name(name) for name in ("serve_blend.py", "service.py"))


@dataclass(frozen=True)
class Policy:
    """Which source is blended in, and with which α, by the number of known items of the target.

    Args:
        source: how the source is chosen, in words ("the nearest user", "food, to recommend in kitchen").
        alphas: (minimum of known items, α), ascending; the last one that applies is used.
        evidence: one sentence for each.
        certificate: decides for each pair, in place of `alphas`.

    Raises:
        InputError: no rule, not ascending, or an α outside [0, 1].
    """

    source: str
    alphas: tuple[tuple[int, float], ...]
    evidence: tuple[str, ...] = ()
    certificate: Certificate | None = None

    def __post_init__(self) -> None:
        if not self.alphas or list(self.alphas) != sorted(set(self.alphas)):
            raise InputError("the policy", "must have at least one α, by ascending number of known items", self.alphas)
        if not all(0 <= alpha <= 1 for _, alpha in self.alphas):
            raise InputError("alpha", "must be between 0 and 1", self.alphas, "Use values in that range.")

    @classmethod
    def from_curves(
        cls, source: str, curves: Sequence[AlphaCurve], c: float = 0.0, certificate: Certificate | None = None
    ) -> Policy:
        """The policy that a study supports: α = 0 wherever no gain is shown. Raises InputError without curves."""
        ordered = sorted(curves, key=lambda curve: curve.observed)
        found = [suggest_alpha(ordered, curve.observed, c) for curve in ordered]
        rules = tuple((curve.observed, one.alpha) for curve, one in zip(ordered, found, strict=True))
        return cls(source, rules, tuple(one.evidence for one in found), certificate)

    def alpha(self, known: int) -> float:
        """α for a user with so many known items; 0 below the first minimum."""
        return next((alpha for least, alpha in reversed(self.alphas) if known >= least), 0.0)

    def to_json(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "alpha_by_known_items": [{"from": least, "alpha": alpha} for least, alpha in self.alphas],
            "evidence": list(self.evidence),
        } | ({"certificate": self.certificate.to_json()} if self.certificate else {})


@dataclass(frozen=True, eq=False)
class ServedInterests:
    """What the script needs to transfer a source's interests in place of its next-choice scores.

    Args:
        model: the interests of the model that is exported.
        labels: int (n_items,), the group of each item, as in `split_interests`.
        weights: of the interests; all 1 by default.
    """

    model: InterestModel
    labels: np.ndarray
    weights: Weights = field(default_factory=dict)

    def columns(self) -> dict[str, Any]:
        """Columns of items.parquet."""
        return {
            "interest_vector": _rows(self.model.item_vectors[1:]),
            "interest_bias": self.model.item_bias[1:],
            "group": np.asarray(self.labels, dtype=np.int32),
        }

    def to_json(self) -> dict[str, Any]:
        weights = {str(group): weight for group, weight in self.weights.items()}
        return {"half_life": self.model.half_life, "scale": self.model.scale, "weights": weights}


@dataclass(frozen=True, eq=False)
class ServedRules:
    """What the script may recommend, and the order that is not by scores alone.

    Args:
        allowed: bool (n_items + 1,), the items that may be recommended to anyone; None for all.
        without_sources: leave out the items of the source too.
        pins: item indexes that come first, where they are allowed.
        per_tag: at most so many items of each tag; 0 for any number.
        diversity: 0 … 1, see `recommend`.
    """

    allowed: np.ndarray | None = None
    without_sources: bool = False
    pins: Sequence[int] | np.ndarray = ()
    per_tag: int = 0
    diversity: float = 0.0

    def columns(self, catalogue: Catalogue) -> dict[str, Any]:
        """Columns of items.parquet."""
        columns: dict[str, Any] = {} if self.allowed is None else {"allowed": self.allowed[1:]}
        return columns | ({"tags": [list(tags) for tags in catalogue.tags[1:]]} if self.per_tag else {})

    def to_json(self, dataset: Dataset) -> dict[str, Any]:
        """Those that are set."""
        rules = {
            "without_items_of_source": self.without_sources,
            "first": dataset.items.externals(self.pins),
            "most_per_tag": self.per_tag,
            "diversity": self.diversity,
        }
        return {name: value for name, value in rules.items() if value}


def export_bundle(
    model: Encoder,
    dataset: Dataset,
    policy: Policy,
    folder: Path,
    *,
    histories: Sequence[History] | None = None,
    interests: ServedInterests | None = None,
    method: TransferMethod | None = None,
    scenarios: tuple[str, str] | None = None,
    source_items: int = 0,
    rules: ServedRules | None = None,
) -> tuple[Path, ...]:
    """Writes items.parquet, users.parquet, follows.parquet, policy.json, serve_blend.py, and service.py, an example.

    A learned transfer method adds method.npz, its maps. Where the data's rule allows already chosen items, those that
    it leaves out at the end of the data are written for each user, and policy.json says the rule.

    Args:
        histories: the known part of each user's history, its first items, in place of the whole.
        interests: to transfer interests; by default next-choice scores are.
        method: fitted; the linear blend by default.
        scenarios: of source and target, where a user's items in one are the source for the other.
        source_items: so many first items of each user are the source for the later ones; 0: the source is another user.
        rules: about items.

    Returns:
        The files written.

    Raises:
        InputError: interests by a learned method, which is fitted to next-choice scores, or two ways of splitting.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    learned = None if method is None or method.name == DEFAULT else method
    if interests and learned:
        raise InputError("the bundle", "must use the linear blend where interests are transferred", learned.name)
    if scenarios and source_items:
        raise InputError("the bundle", "must split histories by scenario or by time, not by both", source_items)
    folder, rules = Path(folder), rules or ServedRules()
    folder.mkdir(parents=True, exist_ok=True)
    known = dataset.histories() if histories is None else list(histories)
    follows, settings, popularity = _markov(model)
    items = _items(model, dataset) | {"popularity": popularity} | rules.columns(dataset.catalogue)
    items |= interests.columns() if interests else {}
    users = {"user_id": list(dataset.users.ids)} | _users(model, dataset, known, scenarios, source_items)
    for name, table in (("items", items), ("users", users), ("follows", follows)):
        pq.write_table(pa.table(table), folder / f"{name}.parquet")
    max_length = getattr(getattr(model, "network", None), "max_length", None)
    content = policy.to_json() | {"markov": settings, "max_length": max_length}
    content |= {"interests": interests.to_json()} if interests else {}
    content |= ({"scenarios": scenarios} if scenarios else {}) | _repeats(dataset)
    content |= ({"source_items": source_items} if source_items else {}) | rules.to_json(dataset)
    content |= _write_method(learned, folder) if learned else {}
    (folder / "policy.json").write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")
    for script in _SCRIPTS:
        shutil.copyfile(script, folder / script.name)
    return tuple(sorted(path for path in folder.iterdir() if path.is_file()))


def _write_method(method: TransferMethod, folder: Path) -> dict[str, Any]:
    """Writes method.npz; what policy.json says of the method."""
    with (folder / "method.npz").open("wb") as file:
        np.savez(file, allow_pickle=False, **method.tensors())
    return {"method": {"name": method.name, "label": method.label, "settings": method.meta()}}


def _items(model: Encoder, dataset: Dataset) -> dict[str, Any]:
    """Columns of items.parquet that every bundle has."""
    return {
        "item_id": list(dataset.items.ids),
        "title": list(dataset.catalogue.titles[1:]),
        "scenario": list(dataset.catalogue.scenarios[1:]),
        "vector": _rows(model.item_vectors[1:]),
        "bias": model.item_bias[1:],
    }


def _users(
    model: Encoder, dataset: Dataset, known: Sequence[History], scenarios: tuple[str, str] | None, source_items: int
) -> dict[str, Any]:
    """Columns of users.parquet: embedding and items; of split histories those of both parts.

    What is never served is in "seen": of split histories, and where the rule for already chosen items is not to leave
    all of them out; elsewhere it is the items.
    """
    never = [dataset.left_out(user, len(h)) if dataset.repeats.allows else h for user, h in enumerate(known)]
    seen = {"seen": [items - 1 for items in never]}
    if scenarios:
        inside = [dataset.catalogue.in_scenario(name) for name in scenarios]
        parts = [(history[inside[0][history]], history[inside[1][history]]) for history in known]
    elif source_items:
        parts = [(history[:source_items], history[source_items:]) for history in known]
    else:
        return _embedded(model, known) | (seen if dataset.repeats.allows else {})
    of_source, of_target = (_embedded(model, part) for part in zip(*parts, strict=True))
    return of_target | {f"source_{name}": c for name, c in of_source.items()} | seen


def _repeats(dataset: Dataset) -> dict[str, str]:
    """The rule for already chosen items, where it is another than to leave them out."""
    return {"repeats": dataset.repeats.text} if dataset.repeats.allows else {}


def _embedded(model: Encoder, histories: Sequence[History]) -> dict[str, Any]:
    """Users are encoded one by one, as on Transfer: in a batch the last bits of an embedding can differ."""
    vectors = np.concatenate([model.encode([history]) for history in histories])
    return {"vector": _rows(vectors), "items": [history - 1 for history in histories]}


def _rows(vectors: np.ndarray) -> Any:
    import pyarrow as pa

    flat = pa.array(np.ascontiguousarray(vectors, dtype=np.float32).ravel())
    return pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])


def _markov(model: Encoder) -> tuple[dict[str, np.ndarray], Mapping[str, float], np.ndarray]:
    """The Markov lifts of item pairs, ordered by the item that is followed, their settings, and log p of each item.

    A model without Markov scores has no pairs, the weight 0 and zeros.
    """
    markov, weight = getattr(model, "markov", None), float(getattr(model, "markov_weight", 0.0))
    if markov is None or not weight:
        none = np.zeros(0, dtype=np.int32)
        empty = {"item": none, "next": none, "lift": none.astype(np.float32)}
        return empty, {"weight": 0.0, "power": 1.0, "recent": 0}, np.zeros(model.n_items, dtype=np.float32)
    followed = np.repeat(np.arange(len(markov.popularity)), np.diff(markov.lifts.indptr))
    columns = {
        "item": (followed - 1).astype(np.int32),
        "next": (markov.lifts.indices - 1).astype(np.int32),
        "lift": markov.lifts.data.astype(np.float32),
    }
    settings = {"weight": weight, "power": float(markov.power), "recent": int(markov.recent)}
    return columns, settings, markov.popularity[1:]


def export_onnx(model: Encoder, folder: Path) -> Path:
    """Writes encoder.onnx: items int64 (1, T), counted from 1, oldest first, T ≤ max_length -> vector float32 (1, d).

    Raises:
        InputError: the model has no network, or one that is not causal.
        MissingExtraError: the extra requirements-onnx.txt is not installed.
    """
    network: Any = getattr(model, "network", None)
    if network is None or not network.causal:
        raise InputError("the model", "must have a causal network to become ONNX", model.name)
    try:
        import onnx  # noqa: F401  # torch needs it to write the file
    except ImportError:
        fix = "pip install -r requirements-onnx.txt"
        raise MissingExtraError("the ONNX export", "needs the package onnx", fix=fix) from None
    import torch

    class Encode(torch.nn.Module):
        """Item indexes to the user embedding at the end of the history."""

        def __init__(self) -> None:
            super().__init__()
            self.network = network
            read = getattr(model, "input_vectors", model.item_vectors)
            self.items = torch.nn.Parameter(torch.from_numpy(np.array(read)), requires_grad=False)

        def forward(self, items: torch.Tensor) -> torch.Tensor:
            states: torch.Tensor = self.network(self.items[items])
            return states[:, -1]

    path = Path(folder) / "encoder.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    example = torch.ones((1, min(3, network.max_length)), dtype=torch.long)
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter(
            "ignore"
        )  # a deprecation warning: the tracing exporter is used because it needs no onnxscript
        torch.onnx.export(
            Encode().eval(),
            (example,),
            str(path),
            input_names=["items"],
            output_names=["vector"],
            dynamic_axes={"items": {1: "length"}},
            opset_version=17,
            dynamo=False,
        )
    return path
