"""Which sentence encoder finds new items by texts: in English, in Chinese, and from one to the other. Prints JSON.

    python -m benchmarks.encoders [--epochs 2] [--seeds 0] [--only NAME …] [--keep FOLDER] [--workers 1]

A tenth of the sample's items is removed from training (`benchmarks.cold_items`), and a model is trained on the others
with their texts as item features. For each user who later chose one of the new items: is it among the first ten of the
new items, given the history until then? "en → zh" is a model whose items had English texts in training and whose new
items have Chinese ones. `trained` is the attention model; `texts alone` ranks the new items by the cosine of their text
with the mean text of the history, and has no other knowledge.

Every encoder that is installed is measured, beside TF-IDF and shuffled texts: those of the first encoder, each given to
another item. An encoder reads the texts of the sample in a process of its own, where its time and memory are measured;
with --keep its vectors are kept, and those in the folder are not computed again.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, distribution
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from packaging.requirements import Requirement

from benchmarks.cold_items import choose_cold, figures, hold_out_cold_items, ranks_of
from benchmarks.record import ROOT, Measurement
from recsys.data.dataset import Catalogue, Dataset
from recsys.data.samples import LANGUAGES, load_sample
from recsys.data.splits import Holdout
from recsys.evaluation.study.new_items import shuffled_texts
from recsys.models.item_text import TF_IDF, item_text_vectors, item_texts
from recsys.models.sentence_encoders import ENCODERS, encoder_of
from recsys.runs import train_run

SHUFFLED = "shuffled texts"
CONDITIONS = [(warm, cold) for warm in LANGUAGES for cold in LANGUAGES]
SHARE = 0.1  # of the items that are new
NEW = "new items only"


def mixed_texts(datasets: dict[str, Dataset], warm: str, cold: str, new: np.ndarray) -> Catalogue:
    """The catalogue with texts of the items in one language, and those of the new items in another."""
    one, other = datasets[warm].catalogue, datasets[cold].catalogue
    columns = {}
    for name in ("titles", "texts", "tags"):
        pairs = zip(getattr(one, name), getattr(other, name), strict=True)
        columns[name] = tuple(pair[is_new] for pair, is_new in zip(pairs, new.astype(int), strict=True))
    return replace(one, **columns)


def by_texts_alone(vectors: np.ndarray, held_out: Holdout, new: np.ndarray) -> np.ndarray:
    """The rank (from 0, ties against the texts) of each user's item among the new items.

    Args:
        vectors: float32 (n_items + 1, d); NaN where an item has no text, which then is the mean text.
    """
    known = np.isfinite(vectors).all(axis=1)
    rows = np.where(known[:, None], vectors - vectors[known].mean(axis=0), 0.0)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    means = np.stack([rows[history].mean(axis=0) for history in held_out.histories])
    scores = means @ rows.T
    items = np.array([wanted[0] for wanted in held_out.positives])
    own = scores[np.arange(len(items)), items][:, None]
    ranks: np.ndarray = ((scores >= own) & new).sum(axis=1) - 1
    return ranks


def ranks_by_model(vectors: np.ndarray, epochs: int, seed: int) -> dict[str, np.ndarray]:
    """Ranks by the trained model (`benchmarks.cold_items`) and by the texts alone; the seed draws the new items too."""
    dataset: Dataset = load_sample("all").dataset  # not an argument: it can't be sent to another process
    new = choose_cold(dataset, SHARE, seed)
    held_out = hold_out_cold_items(dataset, new)
    warm = dataset.with_rows(~new[dataset.sequence])
    warm = replace(warm, catalogue=replace(warm.catalogue, vectors={"text": vectors}))
    run = train_run(warm, epochs=epochs, seed=seed, holdout="none", baselines=(), text="")
    return ranks_of(run.model, held_out, new) | {"texts alone": by_texts_alone(vectors, held_out, new)}


def measure_all(
    encoded: dict[str, dict[str, np.ndarray]], seeds: Sequence[int], epochs: int, workers: int
) -> dict[str, Any]:
    """Ranks of every text model in every pair of languages, all seeds together, and what they say.

    Args:
        encoded: encoder -> language -> float32 (n_items + 1, d), NaN where an item has no text.
    """
    datasets = {language: load_sample("all", language).dataset for language in LANGUAGES}
    dataset, users = datasets["en"], 0
    found: dict[tuple[str, str, str], list[dict[str, np.ndarray]]] = {}
    keys, tasks = [], []
    for seed in seeds:
        new = choose_cold(dataset, SHARE, seed)
        users += len(hold_out_cold_items(dataset, new))
        for warm, cold in CONDITIONS:
            texts = {TF_IDF: item_text_vectors(mixed_texts(datasets, warm, cold, new), TF_IDF).vectors}
            texts |= {name: np.where(new[:, None], one[cold], one[warm]) for name, one in encoded.items()}
            texts[SHUFFLED] = shuffled_texts(texts[next(iter(encoded), TF_IDF)], seed)
            keys += [(warm, cold, name) for name in texts]
            tasks += [(vectors, epochs, seed) for vectors in texts.values()]
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for key, ranks in zip(keys, pool.map(ranks_by_model, *zip(*tasks, strict=True)), strict=True):
            found.setdefault(key, []).append(ranks)
            print(*key, "done", file=sys.stderr, flush=True)
    merged = {key: {part: np.concatenate([one[part] for one in parts]) for part in parts[0]}
              for key, parts in found.items()}  # fmt: skip
    results = [_row(*key, ranks, merged[key[0], key[1], TF_IDF]) for key, ranks in merged.items()]
    count = int(new.sum())
    return {
        "data": {"name": dataset.name, "items": dataset.n_items, "new items": count, "users": users, "seeds": [*seeds]},
        "by chance among new items, hr@10": round(10 / count, 5),
        "results": results,
        "mean over languages": {name: _mean(merged, name) for name in dict.fromkeys(key[2] for key in merged)},
    }


def _row(
    warm: str, cold: str, name: str, ranks: dict[str, np.ndarray], tf_idf: dict[str, np.ndarray]
) -> dict[str, Any]:
    named = {"texts in training": warm, "texts of new items": cold, "text model": name}
    values = {"trained, " + part if part != "texts alone" else part: figures(one) for part, one in ranks.items()}
    return named | values | {"hr@10 − tf-idf": _interval((ranks[NEW] < 10) * 1.0 - (tf_idf[NEW] < 10))}


def _mean(merged: dict[tuple[str, str, str], dict[str, np.ndarray]], name: str) -> list[float]:
    """HR@10 among new items by the trained model, averaged over the four pairs of languages for each user."""
    return _interval(np.mean([merged[warm, cold, name][NEW] < 10 for warm, cold in CONDITIONS], axis=0))


def _interval(values: np.ndarray) -> list[float]:
    """The mean with its 95% bootstrap interval over users."""
    draws = np.random.default_rng(0).integers(0, len(values), (1000, len(values)))
    low, high = np.quantile(values[draws].mean(axis=1), [0.025, 0.975])
    return [round(float(one), 5) for one in (values.mean(), low, high)]


def encode_sample(name: str, file: Path) -> None:
    """Encodes the items of the sample in each language; writes the vectors to a file (npz), and beside it their cost.

    These are time and memory in this process: seconds of wall clock, and CPU-seconds of all threads.
    """
    catalogues = {language: load_sample("all", language).dataset.catalogue for language in LANGUAGES}
    before = _peak()
    encoder_of(name).encode(["one"])  # imports
    load, vectors = _timed(lambda: encoder_of(name).encode(["one"])), {}
    found: dict[str, Any] = {"load": load}
    for language, catalogue in catalogues.items():
        texts = sum(bool(text) for text in item_texts(catalogue))
        both = _timed(lambda of=language: vectors.update({of: item_text_vectors(catalogues[of], name).vectors}))
        found[f"per 1,000 texts, {language}"] = {
            clock: round(max(both[clock] - load[clock], 0.0) * 1000 / texts, 2) for clock in both
        }
    found["megabytes of memory"] = round(_peak() - before)
    found["numbers"] = vectors["en"].shape[1]
    file.with_suffix(".json").write_text(json.dumps(found), "utf-8")
    np.savez(file, **vectors)


def _timed(call: Any) -> dict[str, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return {"seconds": round(time.perf_counter() - wall, 2), "cpu seconds": round(time.process_time() - cpu, 2)}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def sizes_of(package: str, modules: Iterable[str]) -> dict[str, Any]:
    """Megabytes of the package as it is compressed in a wheel, alone and with the packages that the app has not."""
    own = _needed([package, *(module.replace("_", "-") for module in modules)])
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    added = own - _needed(Requirement(line.partition("#")[0]).name for line in lines if line[:1].isalpha())
    return {
        "package": f"{package} {distribution(package).version}",
        "megabytes of the wheel": round(_compressed(package), 1),
        "megabytes with packages the app has not": round(sum(map(_compressed, added)), 1),
        "packages the app has not": len(added),
    }


def _needed(names: Iterable[str]) -> set[str]:
    """The installed distributions of some names, and all that they require."""
    found: set[str] = set()
    left = list(names)
    while left:
        name = re.sub(r"[-_.]+", "-", left.pop()).lower()
        try:
            requires = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        if name not in found:
            found.add(name)
            wanted = [Requirement(line) for line in requires]
            left += [one.name for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    return found


def _compressed(name: str) -> float:
    """Megabytes of a distribution's files, compressed one by one as in a wheel."""
    paths = [path.locate() for path in distribution(name).files or [] if path.suffix != ".pyc"]
    return sum(len(zlib.compress(path.read_bytes(), 6)) for path in paths if path.is_file()) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="of the items that are removed")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="encoders; by default all that are installed")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="of the vectors")
    parser.add_argument("--workers", type=int, default=1, help="trainings at a time")
    parser.add_argument("--encode", nargs=2, metavar=("NAME", "FILE"), help="encode by one encoder, nothing else")
    measurement = Measurement(parser)
    options = measurement.options
    if options.encode:
        encode_sample(options.encode[0], Path(options.encode[1]))
        return
    encoders = [one for one in ENCODERS if one.installed and (not options.only or one.name in options.only)]
    costs, encoded = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for one in encoders:
            file = (options.keep or Path(folder)) / f"{one.name}.npz"
            if not file.is_file():
                command = [sys.executable, "-m", "benchmarks.encoders", "--encode", one.name, str(file)]
                subprocess.run(command, cwd=ROOT, check=True)
            costs[one.name] = json.loads(file.with_suffix(".json").read_text("utf-8"))
            costs[one.name] |= sizes_of(one.package, one.modules) | {"languages": one.languages}
            encoded[one.name] = dict(np.load(file))
    measurement.publish(measure_all(encoded, options.seeds, options.epochs, options.workers) | {"cost": costs})


if __name__ == "__main__":
    main()
