"""How quickly the map is drawn, and how well: ours beside umap-learn's default call, on the same people. Prints JSON.

    python benchmarks/projection.py --people 10000            # both
    python benchmarks/projection.py --people 100000 --ours    # ours alone: time and peak memory

People are mixtures of 40 planted interests in 64 dimensions with noise. Compilation is done before the clock starts,
for both; it is reported beside. Trustworthiness is scikit-learn's, on the same sample of people for both.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from recsys.embeddings import picture_quality, project, warm_up

JUDGED = 3_000  # people whose neighbourhoods scikit-learn compares (its measure needs all pairs of them)


def planted(people: int, dimensions: int = 64, interests: int = 40, seed: int = 0) -> np.ndarray:
    """Representations of people with a few interests each: float32 (people, dimensions)."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(interests, dimensions))
    shares = rng.dirichlet(np.full(interests, 0.08), size=people)
    return (shares @ centres + rng.normal(0, 0.15, (people, dimensions))).astype(np.float32)


def timed(work: Any) -> tuple[Any, float, float]:
    """The result, wall seconds and CPU seconds of a call."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def judged(vectors: np.ndarray, points: np.ndarray) -> dict[str, float]:
    """Both measures of a picture: scikit-learn's on a sample among itself, ours of a sample against everybody."""
    from sklearn.manifold import trustworthiness

    some = np.random.default_rng(1).permutation(len(vectors))[:JUDGED]
    ours = picture_quality(vectors, points)
    return {
        "trustworthiness_sklearn": round(float(trustworthiness(vectors[some], points[some], n_neighbors=15)), 4),
        "trustworthiness": round(ours.trustworthiness, 4),
        "continuity": round(ours.continuity, 4),
        "preservation": round(ours.preservation, 4),
    }


def main() -> None:
    """Runs what was asked for and prints one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--ours", action="store_true", help="without umap-learn")
    chosen = parser.parse_args()
    vectors = planted(chosen.people)
    _, compiling, _ = timed(warm_up)
    stages: dict[str, float] = {}
    began = time.perf_counter()

    def note(fraction: float, stage: str) -> None:
        stages.setdefault(stage, round(time.perf_counter() - began, 2))

    drawn, wall, cpu = timed(lambda: project(vectors, progress=note, quality=False))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if platform.system() == "Linux" else 1e9)
    again = project(vectors, quality=False) if chosen.people <= 20_000 else drawn
    answer: dict[str, Any] = {
        "people": chosen.people,
        "processors": os.cpu_count(),
        "load": [round(one, 1) for one in os.getloadavg()],
        "ours": {
            "seconds": round(wall, 2),
            "cpu_seconds": round(cpu, 2),
            "compiling_seconds": round(compiling, 2),
            "peak_gb": round(peak, 2),
            "stages_began_at": stages,
            "same_again": bool(np.array_equal(drawn.points, again.points)),
            **judged(vectors, drawn.points),
        },
    }
    if not chosen.ours:
        answer["umap_learn_default"] = reference(vectors)
        answer["times_faster"] = round(answer["umap_learn_default"]["seconds"] / wall, 1)
    print(json.dumps(answer, indent=2))


def reference(vectors: np.ndarray) -> dict[str, Any]:
    """umap-learn's default call, compiled before by a small one."""
    from umap import UMAP

    _, compiling, _ = timed(lambda: UMAP().fit_transform(vectors[:5_000]))
    points, wall, cpu = timed(lambda: UMAP().fit_transform(vectors))
    return {
        "seconds": round(wall, 2),
        "cpu_seconds": round(cpu, 2),
        "compiling_seconds": round(compiling, 2),
        **judged(vectors, points),
    }


if __name__ == "__main__":
    main()
