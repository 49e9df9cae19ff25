"""Serves a blended recommendation from the files beside it. Needs numpy and pyarrow; onnxruntime for new users only.

python serve_blend.py TARGET_USER SOURCE_USER [ALPHA] [K]
python serve_blend.py item:A,B,C SOURCE_USER           # a new user with three known items
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

POOL = 8  # with diversity the list is picked from so many times k best items
MOST, SMALLEST, REST = 6, 0.03, -1  # interests of a source: at most, smallest share, number of all others together
User = tuple[np.ndarray, np.ndarray, np.ndarray]  # embedding; rows of items.parquet, oldest first; those never served


class Bundle:
    """The files of an export."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        items, follows = pq.read_table(folder / "items.parquet"), pq.read_table(folder / "follows.parquet")
        self.item_ids: list[str] = items["item_id"].to_pylist()
        self.vectors, self.bias = _padded(_matrix(items["vector"])), _padded(items["bias"].to_numpy())
        self.popularity, self.scenario = items["popularity"].to_numpy(), np.array(items["scenario"].to_pylist())
        self.users = pq.read_table(folder / "users.parquet")
        self.tags = items["tags"].to_pylist() if "tags" in items.column_names else [()] * len(self.item_ids)
        self.servable = items["allowed"].to_numpy() if "allowed" in items.column_names else None
        self.user_rows = {user: row for row, user in enumerate(self.users["user_id"].to_pylist())}
        item, self.next, self.lift = (follows[name].to_numpy() for name in ("item", "next", "lift"))
        self.first = np.searchsorted(item, np.arange(len(self.item_ids) + 1))  # of the pairs of each item
        self.policy: dict[str, Any] = json.loads((folder / "policy.json").read_text("utf-8"))
        self.maps: dict[str, np.ndarray] = {}
        if "method" in self.policy:
            with np.load(folder / "method.npz", allow_pickle=False) as arrays:
                self.maps = dict(arrays)
        if "interests" in self.policy:
            vectors, bias = _padded(_matrix(items["interest_vector"])), _padded(items["interest_bias"].to_numpy())
            self.of_interests = vectors, bias, np.append(REST, items["group"].to_numpy())

    def user(self, text: str, side: str = "target") -> User:
        """A known user by id, or `item:A,B,C` for a new one.

        Between two scenarios the target is the part of a history in the one, the source the part in the other. With
        `source_items` in policy.json so many first items are the source, the later ones the target.
        """
        scenarios, first = self.policy.get("scenarios"), self.policy.get("source_items")
        if text.startswith("item:"):
            number = {item: row for row, item in enumerate(self.item_ids)}
            seen = np.array([number[item] for item in text[5:].split(",")], dtype=np.int64)
            items = seen[self.scenario[seen] == scenarios[side == "target"]] if scenarios else seen
            if first:
                _check_later(text, len(seen) - first)
                items = seen[:first] if side == "source" else seen[first:]
            return self.encode(items), items, seen[:0] if self.policy.get("repeats") == "allow" else seen
        row, part = self.user_rows[text], "source_" if (scenarios or first) and side == "source" else ""
        if first:
            _check_later(text, len(self.users["items"][row]))
        vector = _matrix(self.users[f"{part}vector"].slice(row, 1))[0]
        items, seen = (
            np.array(self.users[name][row].as_py(), dtype=np.int64)
            for name in (f"{part}items", "seen" if "seen" in self.users.column_names else "items")
        )
        return vector, items, seen

    def allowed(self, target: User, source: User) -> np.ndarray:
        """The items that may be served to a target: bool (items,)."""
        allowed = np.ones(len(self.item_ids), dtype=bool) if self.servable is None else self.servable.copy()
        if scenarios := self.policy.get("scenarios"):
            allowed &= self.scenario == scenarios[1]
        allowed[target[2]] = False
        if self.policy.get("without_items_of_source"):
            allowed[source[1]] = False
        return allowed

    def encode(self, items: np.ndarray) -> np.ndarray:
        """The embedding of a history; zeros for an empty one. Raises RuntimeError where the bundle has no encoder."""
        if not len(items):
            return np.zeros(self.vectors.shape[1], dtype=np.float32)
        file = self.folder / "encoder.onnx"
        try:
            from onnxruntime import InferenceSession
        except ImportError:
            raise RuntimeError("A new user (item:…) needs the Python package onnxruntime.") from None
        if not file.is_file():
            raise RuntimeError("A new user (item:…) needs the file encoder.onnx, which this bundle does not have.")
        session = InferenceSession(str(file), providers=["CPUExecutionProvider"])
        newest = items[-self.policy["max_length"] :] + 1
        vector: np.ndarray = session.run(None, {"items": newest[None].astype(np.int64)})[0][0]
        return vector

    def scores(self, user: User) -> np.ndarray:
        """The score of each item as the next one: embedding · item + bias + Markov scores of the history, float32.

        Each step is computed in the order and precision of the library, so that scores are equal to the bit.
        """
        vector, items, _ = user
        scores: np.ndarray = (vector[None] @ self.vectors.T + self.bias)[0, 1:]
        if weight := self.policy["markov"]["weight"]:
            scores += weight * self.markov_scores(items)
        return scores

    def markov_scores(self, items: np.ndarray) -> np.ndarray:
        """log p of each item, plus the lifts of the newest items of a history: float32 (items,)."""
        settings = self.policy["markov"]
        lifted = np.zeros(len(self.item_ids), dtype=np.float32)
        newest = items[-settings["recent"] :][::-1]
        weights = ((1.0 + np.arange(len(newest))) ** -settings["power"]).astype(np.float32)
        for item, weight in zip(newest, weights, strict=True):
            pairs = slice(self.first[item], self.first[item + 1])
            lifted[self.next[pairs]] += weight * self.lift[pairs]
        lifted += self.popularity
        return lifted

    def interest_scores(self, items: np.ndarray) -> np.ndarray:
        """The scores of a history's long-term interests, each group of items with its weight: float64 (items,)."""
        settings, (vectors, bias, groups) = self.policy["interests"], self.of_interests
        weight, parts, scores = np.zeros(len(groups)), [], []
        if len(items):
            recency = np.exp2(-np.arange(len(items))[::-1] / settings["half_life"])
            np.add.at(weight, items + 1, recency * (1.0 / np.add.reduceat(recency, [0])))
        share = weight / max(weight.sum(), 1e-300)
        shown = _shown(np.bincount(groups[1:], share[1:]))
        interest = np.where(np.isin(groups, shown), groups, REST)
        for group in (*shown, REST):
            of_one = np.where(interest == group, share, 0.0)
            total = float(of_one.sum())
            if total > 0:
                vector = ((of_one * (settings["scale"] * weight.sum() / total)) @ vectors).astype(np.float32)
                parts.append(settings["weights"].get(str(group), 1.0) * total)
                scores.append(vectors @ vector + bias)
        if not parts:
            return bias[1:].astype(np.float64)
        if not sum(parts) > 0:
            raise ValueError("The weights in policy.json leave nothing of this source. Use another source, or alpha 0.")
        blended = np.zeros(len(groups))
        for part, of_one in zip(np.array(parts) / np.array(parts).sum(), scores, strict=True):
            blended += part * of_one
        return blended[1:]

    def alpha(self, target: User, source: User, own: bool = False) -> float:
        """The certificate's α for this pair, 0 where it refuses; without a certificate the policy's for the target.

        Args:
            own: whether the source is another part of the target's own history.
        """
        known = len(target[1])
        if "certificate" not in self.policy:
            rules = [rule["alpha"] for rule in self.policy["alpha_by_known_items"] if known >= rule["from"]]
            return float(rules[-1]) if rules else 0.0
        rule = self.policy["certificate"]
        studied = [int(one) for one in rule["alphas"]]
        nearest = max([one for one in studied if one <= known], default=min(studied))
        alpha = float(rule["alphas"][str(nearest)])
        allowed = self.allowed(target, source)
        features = _features(self.scores(target)[allowed], self._source_scores(source)[allowed])
        features = [float(known == 0), np.log1p(known), np.log1p(len(source[1])), *features, float(own), alpha]
        expected = ((np.array(features) - rule["mean"]) / rule["scale"]) @ np.array(rule["weights"])
        return alpha if rule["threshold"] is not None and expected >= rule["threshold"] else 0.0

    def recommend(
        self, target: User, source: User, alpha: float | None = None, k: int = 10, own: bool = False
    ) -> list[str]:
        """The k best items that the target's list does not leave out: α · source + (1 − α) · target.

        With diversity, items that come first, or a limit for each tag in policy.json their order is by these too.

        The source's scores are those of its interests where policy.json has them, else its next-choice scores, by the
        transfer method of policy.json.
        """
        weight = self.alpha(target, source, own) if alpha is None else alpha
        blended = (1 - weight) * self.scores(target).astype(np.float64)
        if weight > 0:  # at 0 a source of which the weights leave nothing is no obstacle
            blended = weight * self._source_scores(source).astype(np.float64) + blended
        blended[~self.allowed(target, source)] = -np.inf
        best = np.argsort(-blended, kind="stable")[: np.count_nonzero(blended > -np.inf)]
        if share := self.policy.get("diversity"):
            pool = best[: POOL * k]
            diverse = pool[_diverse(blended[pool], self.vectors[pool + 1], k, share)]
            best = np.concatenate([diverse, best[~np.isin(best, diverse)]])
        return [self.item_ids[row] for row in self._arranged(best.tolist(), k)]

    def _arranged(self, best: list[int], k: int) -> list[int]:
        """The first k of a ranking, with the policy's first items in front and at most so many of each tag."""
        number, ranked = {item: row for row, item in enumerate(self.item_ids)}, set(best)
        first = [row for row in (number[item] for item in self.policy.get("first", ())) if row in ranked][:k]
        most = self.policy.get("most_per_tag", 0) or len(self.item_ids)
        counts = Counter(tag for row in first for tag in self.tags[row])
        chosen = list(first)
        for row in best:
            tags = set(self.tags[row])
            if len(chosen) == k:
                break
            if row not in first and all(counts[tag] < most for tag in tags):
                counts.update(tags)
                chosen.append(row)
        return chosen

    def _source_scores(self, source: User) -> np.ndarray:
        """The scores at α = 1: of the source's interests, or of its next choice by the transfer method."""
        if "interests" in self.policy:
            return self.interest_scores(source[1])
        scores, embedding = self.scores(source), source[0]
        if self.maps:
            moved = mapped(embedding, self.maps, self.policy["method"]["settings"])
            scores = scores + (self.vectors @ (moved - embedding).astype(np.float32))[1:]
        return scores


def mapped(embedding: np.ndarray, maps: dict[str, np.ndarray], settings: dict[str, Any]) -> np.ndarray:
    """The embedding after the transfer method: one linear map, or a mixture of corrections to one."""

    def linear(name: str) -> np.ndarray:
        matrix, source, target = (maps[name + part] for part in ("matrix", "source_mean", "target_mean"))
        moved: np.ndarray = target + (embedding - source) @ matrix
        return moved

    if "centroids" not in maps:
        return linear("")
    logits = -((embedding[None][:, None] - maps["centroids"]) ** 2).sum(axis=2) / settings["scale"]
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    weights = (shares / shares.sum(axis=1, keepdims=True))[0]
    parts = [weight * linear(f"{number}.") for number, weight in enumerate(weights)]
    moved: np.ndarray = linear("bridge.") + np.sum(parts, axis=0)
    return moved


def _diverse(scores: np.ndarray, vectors: np.ndarray, k: int, diversity: float) -> np.ndarray:
    """Positions in the pool, picked one by one: (1 − d) · score (0 … 1) − d · greatest similarity to those picked."""
    scaled = (scores - scores.min()) / (float(np.ptp(scores)) or 1.0)
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    closest, picked, order = np.zeros(len(scores)), np.zeros(len(scores), dtype=bool), []
    for _ in range(min(k, len(scores))):
        gain = np.where(picked, -np.inf, (1 - diversity) * scaled - diversity * closest)
        order.append(int(gain.argmax()))
        picked[order[-1]] = True
        closest = np.maximum(closest, unit @ unit[order[-1]])
    return np.array(order, dtype=np.int64)


def _check_later(user: str, later: int) -> None:
    if later < 1:
        raise ValueError(f"{user} has no item after those that are the source. Serve a user with more items.")


def _features(target: np.ndarray, source: np.ndarray) -> list[float]:
    """How the two scores of the items that may be recommended compare; the certificate's rule reads it."""
    a, b = (_standardised(scores.astype(np.float64)) for scores in (target, source))
    best = [np.argsort(-one, kind="stable")[:100] for one in (a, b)]
    shared = [float(np.isin(best[0][:n], best[1][:n]).mean()) for n in (10, 100)]
    of_target, of_source = (one[:10] for one in best)
    means = [a[of_target].mean(), b[of_source].mean(), b[of_target].mean(), a[of_source].mean()]
    return [float((a @ b) / len(a)), *shared, *map(float, means)]


def _standardised(scores: np.ndarray) -> np.ndarray:
    centred: np.ndarray = scores - scores.mean()
    spread = centred.std()
    return centred / spread if spread > 0 else np.zeros_like(centred)


def _shown(shares: np.ndarray) -> list[int]:
    """The groups that are an interest by themselves, largest share first; all others are one interest together."""
    ranked = [int(group) for group in np.argsort(-shares, kind="stable") if shares[group] > 0]
    shown = [group for group in ranked if shares[group] >= SMALLEST][:MOST]
    if len(ranked) > len(shown) == MOST:
        shown = shown[:-1]
    return ranked if len(ranked) == len(shown) + 1 <= MOST else shown


def _padded(rows: np.ndarray) -> np.ndarray:
    """With a row of zeros for padding in front, as the model has it."""
    return np.concatenate([np.zeros_like(rows[:1]), rows])


def _matrix(column: Any) -> np.ndarray:
    rows = column.combine_chunks()
    flat: np.ndarray = rows.flatten().to_numpy()
    return flat.reshape(len(rows), -1)


if __name__ == "__main__":
    bundle = Bundle(Path(__file__).resolve().parent)
    alpha = float(sys.argv[3]) if len(sys.argv) > 3 else None
    k = int(sys.argv[4]) if len(sys.argv) > 4 else 10
    own = sys.argv[1] == sys.argv[2]
    target, source = bundle.user(sys.argv[1]), bundle.user(sys.argv[2], "source")
    print("\n".join(bundle.recommend(target, source, alpha, k, own)))
