"""How far a grouping agrees with a column of the user table: the adjusted Rand index, with its interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recsys.metrics.uncertainty import Estimate

MOST_VALUES = 60
"""Values of a column that can be compared with groups; one with more is an id or a number."""
_RESAMPLES = 200


def agreement(labels: np.ndarray, values: Sequence[str], *, seed: int = 0) -> Estimate | None:
    """The adjusted Rand index of groups and values (Hubert & Arabie 1985): 1 = the same groups, 0 = as by chance.

    The interval is normal, with the standard deviation over resampled users. The percentiles would lie too high:
    a user who is drawn twice always agrees with itself.

    Args:
        labels: int (n,), the group of each user.
        values: of each user; "" for unknown, which is left out.

    Returns:
        None where fewer than two values or groups are left, or more than MOST_VALUES values.
    """
    from sklearn.metrics import adjusted_rand_score

    texts = np.asarray(values, dtype=str)
    known = texts != ""
    labels, (names, codes) = np.asarray(labels)[known], np.unique(texts[known], return_inverse=True)
    if not 2 <= len(names) <= MOST_VALUES or len(np.unique(labels)) < 2:
        return None
    table = np.zeros((int(labels.max()) + 1, len(names)), dtype=np.int64)
    np.add.at(table, (labels, codes), 1)
    draws = np.random.default_rng(seed).multinomial(len(labels), table.ravel() / len(labels), size=_RESAMPLES)
    deviation = float(np.std([_adjusted_rand(draw.reshape(table.shape)) for draw in draws]))
    value = float(adjusted_rand_score(codes, labels))
    return Estimate(value, max(-1.0, value - 1.96 * deviation), min(1.0, value + 1.96 * deviation))


def _adjusted_rand(table: np.ndarray) -> float:
    """The adjusted Rand index from counts of users in each group (rows) with each value (columns)."""

    def pairs(counts: np.ndarray) -> float:
        return float((counts * (counts - 1.0)).sum() / 2)

    both, rows, columns, total = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0)), pairs(table.sum())
    chance, most = rows * columns / total, (rows + columns) / 2
    return (both - chance) / (most - chance) if most > chance else 1.0
