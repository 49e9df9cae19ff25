"""Serves a blended recommendation from the files beside it. Needs numpy and pyarrow; onnxruntime for new users only.

python serve_blend.py TARGET_USER SOURCE_USER [ALPHA] [K]
python serve_blend.py item:A,B,C SOURCE_USER           # a new user with three known items
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

MOST, SMALLEST, REST = 6, 0.03, -1  # interests of a source: at most, smallest share, number of all others together
User = tuple[np.ndarray, np.ndarray]  # embedding, and rows of items.parquet, oldest first


class Bundle:
    """The files of an export."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        items, follows = pq.read_table(folder / "items.parquet"), pq.read_table(folder / "follows.parquet")
        self.item_ids: list[str] = items["item_id"].to_pylist()
        self.vectors = _matrix(items["vector"])
        self.prior = items["prior"].to_numpy()
        self.users = pq.read_table(folder / "users.parquet")
        self.user_rows = {user: row for row, user in enumerate(self.users["user_id"].to_pylist())}
        self.item, self.next, self.lift = (follows[name].to_numpy() for name in ("item", "next", "lift"))
        self.policy: dict[str, Any] = json.loads((folder / "policy.json").read_text("utf-8"))
        if "interests" in self.policy:  # with a row for padding in front, as the model has it
            vectors = np.concatenate([np.zeros_like(self.vectors[:1]), _matrix(items["interest_vector"])])
            bias, groups = items["bias"].to_numpy(), items["group"].to_numpy()
            self.of_interests = vectors, np.append(np.float32(0), bias), np.append(REST, groups)

    def user(self, text: str) -> User:
        """A known user by id, or `item:A,B,C` for a new one."""
        if text.startswith("item:"):
            number = {item: row for row, item in enumerate(self.item_ids)}
            items = np.array([number[item] for item in text[5:].split(",")], dtype=np.int64)
            return self.encode(items), items
        row = self.user_rows[text]
        return _matrix(self.users["vector"].slice(row, 1))[0], np.array(
            self.users["items"][row].as_py(), dtype=np.int64
        )

    def encode(self, items: np.ndarray) -> np.ndarray:
        """The embedding of a history."""
        from onnxruntime import InferenceSession

        session = InferenceSession(str(self.folder / "encoder.onnx"), providers=["CPUExecutionProvider"])
        newest = items[-self.policy["max_length"] :] + 1
        vector: np.ndarray = session.run(None, {"items": newest[None].astype(np.int64)})[0][0]
        return vector

    def scores(self, user: User) -> np.ndarray:
        """The score of each item as the next one: embedding · item + prior + Markov lifts of the history."""
        vector, items = user
        scores: np.ndarray = self.vectors @ vector + self.prior
        settings = self.policy["markov"]
        if settings["recent"]:
            weight = np.zeros(len(self.item_ids), dtype=np.float32)
            newest = items[-settings["recent"] :][::-1]
            np.add.at(weight, newest, (1.0 + np.arange(len(newest))) ** -settings["power"])
            read = weight[self.item] > 0
            lifted = weight[self.item[read]] * self.lift[read]
            scores = scores + np.bincount(self.next[read], weights=lifted, minlength=len(scores))
        return scores

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
        allowed = np.ones(len(self.item_ids), dtype=bool)
        allowed[target[1]] = False
        features = _features(self.scores(target)[allowed], self._source_scores(source)[allowed])
        features = [float(known == 0), np.log1p(known), np.log1p(len(source[1])), *features, float(own), alpha]
        expected = ((np.array(features) - rule["mean"]) / rule["scale"]) @ np.array(rule["weights"])
        return alpha if rule["threshold"] is not None and expected >= rule["threshold"] else 0.0

    def recommend(
        self, target: User, source: User, alpha: float | None = None, k: int = 10, own: bool = False
    ) -> list[str]:
        """The k best items that are not in the target's history: α · source + (1 − α) · target.

        The source's scores are those of its interests where policy.json has them, else its next-choice scores.
        """
        weight = self.alpha(target, source, own) if alpha is None else alpha
        of_source = self._source_scores(source)
        blended = weight * of_source.astype(np.float64) + (1 - weight) * self.scores(target).astype(np.float64)
        blended[target[1]] = -np.inf
        best = np.argsort(-blended, kind="stable")[:k]
        return [self.item_ids[row] for row in best if blended[row] > -np.inf]

    def _source_scores(self, source: User) -> np.ndarray:
        return self.interest_scores(source[1]) if "interests" in self.policy else self.scores(source)


def _features(target: np.ndarray, source: np.ndarray) -> list[float]:
    """How the two scores of the items that may be recommended compare; the certificate's rule reads it."""
    a, b = (_standardised(scores.astype(np.float64)) for scores in (target, source))
    best = [[np.argpartition(-one, min(n, len(one)) - 1)[:n] for one in (a, b)] for n in (10, 100)]
    shared = [len(np.intersect1d(first, second)) / len(first) for first, second in best]
    of_target, of_source = best[0]
    means = [a[of_target].mean(), b[of_source].mean(), b[of_target].mean(), a[of_source].mean()]
    return [float((a * b).mean()), *shared, *map(float, means)]


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


def _matrix(column: Any) -> np.ndarray:
    rows = column.combine_chunks()
    flat: np.ndarray = rows.flatten().to_numpy()
    return flat.reshape(len(rows), -1)


if __name__ == "__main__":
    bundle = Bundle(Path(__file__).resolve().parent)
    alpha = float(sys.argv[3]) if len(sys.argv) > 3 else None
    k = int(sys.argv[4]) if len(sys.argv) > 4 else 10
    own = sys.argv[1] == sys.argv[2]
    print("\n".join(bundle.recommend(bundle.user(sys.argv[1]), bundle.user(sys.argv[2]), alpha, k, own)))
