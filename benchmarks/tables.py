"""Write the tables of benchmarks/README.md, and the one of README.md, from the newest files in benchmarks/results.

    python -m benchmarks.tables            # writes
    python -m benchmarks.tables --check    # exit code 1 if a table differs

A table is between `<!-- table: NAME -->` and `<!-- end -->`. Each row names the file its figures come from; a benchmark
without a results file is marked so, with the name to give to `python -m benchmarks --only`.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.encoder_table import encoders
from benchmarks.formatting import COLUMNS, Row, estimate, lines, link, missing, newest, number, opened, spread, table
from benchmarks.record import ROOT
from benchmarks.server_table import server
from benchmarks.training_table import cores, large, paths
from benchmarks.transfer_table import study, transfer, transfer_methods
from benchmarks.tuning_table import tuning

READMES = (ROOT / "benchmarks" / "README.md", ROOT / "README.md")
NEIGHBOURS = "recall@20 of the nearest users’ items"  # in the results of benchmarks.interests
BLOCK = re.compile(r"(<!-- table: (?P<name>[\w-]+) -->\n)(?P<body>.*?)(<!-- end -->)", re.DOTALL)


def quality() -> str:
    """Accuracy on MovieLens, with the baselines."""
    head = ("data and training rows", "NDCG@10, median (each seed) [95% of the median seed]", "network alone",
            "Markov alone", "item-kNN", "popularity", "seconds", "aim", "from")  # fmt: skip
    rows = []
    for what, name, aim in (
        ("ML-1M, rows before the validation items", "quality-ml-1m", "0.180"),
        ("ML-100k, rows before the validation items", "quality-ml-100k", "0.130"),
        ("ML-100k, all rows but the test items (the command line’s default)", "quality-ml-100k-as-used", "0.130"),
    ):
        path = newest(name)
        if path is None:
            rows.append(missing(what, name, len(head)))
            continue
        figures = opened(path)
        runs = sorted(figures["runs"], key=lambda run: run["test"]["ndcg@10"])
        low, high = runs[(len(runs) - 1) // 2]["test"]["ndcg@10_interval"]
        own = spread([run["test"]["ndcg@10"] for run in figures["runs"]]) + f" [{number(low, 3)}, {number(high, 3)}]"
        others = [figures["baselines"][b]["ndcg@10"] for b in ("markov", "item-knn", "popularity")]
        alone = spread([run["test_network_alone"]["ndcg@10"] for run in figures["runs"]])
        seconds = spread([run["seconds"] for run in figures["runs"]])
        rows.append([what, own, alone, *(number(value) for value in others), seconds, aim, link(path)])
    return table(head, rows)


def peers() -> str:
    """One row per model, the best NDCG@10 first."""
    head = ("model", "NDCG@10 [95%]", "difference to ours, both together [95%]", "HR@10 [95%]",
            "CPU-seconds of training", "settings chosen on validation", "from")  # fmt: skip
    path = newest("peers")
    if path is None:
        return table(head, [missing("ours and the peers", "peers", len(head))])
    figures, rows = opened(path), []
    for name in dict.fromkeys(result["model"] for result in figures["results"]):
        runs = [result for result in figures["results"] if result["model"] == name]
        if "does_not_install" in runs[0]:
            rows.append(
                (-1.0, [name, "does not install here", "", "", "", f"`{runs[0]['does_not_install']}`", link(path)])
            )
            continue
        runs.sort(key=lambda run: run["test"]["ndcg@10"][0])
        run = runs[(len(runs) - 1) // 2]
        less = figures["difference_to_both_together"].get(name)
        seeds = f" (median of {len(runs)} seeds)" if len(runs) > 1 else ""
        bold = f"**{name}**" if name.startswith("ours") or name.startswith("Markov") else name
        cpu = number(statistics.median_low(one["curve"][-1]["cpu_seconds"] for one in runs))
        cells = [bold + seeds, estimate(run["test"]["ndcg@10"]), estimate(less) if less else "–",
                 estimate(run["test"]["hr@10"]), cpu, settings(run), link(path)]  # fmt: skip
        rows.append((run["test"]["ndcg@10"][0], cells))
    chart = "\n![NDCG@10 over training time](../docs/peers.png)\n"
    return table(head, [cells for _, cells in sorted(rows, key=lambda row: -row[0])]) + chart


def settings(run: dict[str, Any]) -> str:
    """The chosen settings, or a note that they are the defaults."""
    if run["model"].startswith("ours"):
        return "by rules from the size of the data"
    return ", ".join(f"`{key}={value}`" for key, value in run["settings"].items()) or "the library’s defaults"


def sooner() -> str:
    """How soon our model reaches 99% of each network peer's best accuracy."""
    head = ("peer", "its best NDCG@10", "CPU-seconds to 99% of it", "our network alone", "times sooner",
            "both together", "times sooner", "from")  # fmt: skip
    path, rows = newest("peers"), []
    if path is None:
        return table(head, [missing("sooner", "peers", len(head))])
    for entry in opened(path)["sooner"]:
        cells = [entry["peer"], number(entry["best"]), number(entry["peer_took"]["cpu_seconds"])]
        for name in ("ours, network alone", "ours, both together"):
            if name in entry:
                cells += [number(entry[name][key]["cpu_seconds"]) for key in ("took", "times_sooner")]
            else:
                cells += ["not reached", "–"]
        rows.append([*cells, link(path)])
    return table(head, rows)


def cost() -> str:
    """Seconds and memory of training by size of the data."""
    path = newest("speed")
    if path is None:
        return table(("interactions", "result", "from"), [missing("training", "speed", 3)])
    sizes = opened(path)["sizes"]
    items = list(dict.fromkeys(size["items"] for size in sizes))
    rows: dict[int, Row] = {}
    for place, size in enumerate(sizes):
        cell = f"{number(size['seconds_per_pass'])} s / {number(size['peak_megabytes'])} MB"
        rows.setdefault(place // len(items), [f"{number(size['rows'])}"]).append(cell)
    head = ("interactions", *(f"{count:,} items" for count in items), "from")
    return table(head, [[*row, link(path)] for row in rows.values()])


def data() -> str:
    """Reading files, and item texts."""

    def ingest(figures: Any) -> str:
        readers = figures["readers"]
        others = [number(readers[f"{name}, to sorted codes"]["seconds"]) for name in ("pandas", "polars")]
        return (
            f"{number(readers['ours']['seconds'])} s, {number(figures['time_ratio'])}× pyarrow alone; memory "
            f"{number(figures['memory_ratio'])}× the Arrow table; pandas {others[0]} s, polars {others[1]} s"
        )

    def fuzz(figures: Any) -> str:
        return (
            f"{number(figures['opened'])} opened, {number(figures['refused'])} refused, {number(figures['escaped'])} "
            f"escaped; peak {number(figures['peak_mb'])} MB"
        )

    def cold(figures: Any) -> str:
        chance = number(figures["by chance among new items, hr@10"])
        return (
            "; ".join(
                f"{reader}: HR@10 among new items {estimate(one['new items only']['hr@10'])}, among all "
                f"{estimate(one['all items']['hr@10'])}"
                for reader, one in figures["results"].items()
            )
            + f"; chance among new items {chance}"
        )

    def frames(figures: Any) -> str:
        size = figures["sizes"][-1]
        times = " / ".join(number(size["frame_ms"][key]) for key in ("median", "p95"))
        return f"{size['users']:,} users: {times} ms; first points after {number(size['first_s'])} s"

    return lines(COLUMNS, [
        ("10 million rows, file to dataset", "ingest", "≤ 4× in time, ≤ 4× in memory", ingest),
        ("1 million rows, file to dataset", "ingest", "≤ 3 s",
         lambda figures: f"{number(figures['readers']['ours, 1 million rows']['seconds'])} s"),
        ("mutated files", "fuzz_ingest", "no error escapes", fuzz),
        ("new items, represented by their texts", "cold_items", "above chance", cold),
        ("time between frames while the map is moved, median / p95", "map_frames", "≤ 16.7 ms", frames),
    ])  # fmt: skip


def projection() -> str:
    """The map beside umap-learn."""
    head = ("users", "computed by", "warm, s (CPU)", "fresh process, s (CPU)", "first time on a machine, s (CPU)",
            "times ours, warm (CPU)", "times ours, fresh (CPU)", "trustworthiness (scikit-learn)", "from")  # fmt: skip
    rows = []
    for users in (10_000, 100_000):
        path = newest(f"projection-{users}")
        if path is None:
            rows.append(missing(f"{users:,}", f"projection-{users}", len(head)))
            continue
        for name, one in opened(path)["variants"].items():
            clocks = [wall_and_cpu(one[clock]) for clock in ("warm", "fresh", "first")]
            times = [wall_and_cpu(one[clock], "_over_ours") for clock in ("warm", "fresh")]
            quality = number(one["quality"]["trustworthiness_sklearn"], 3)
            rows.append([f"{users:,}", f"`{name}`", *clocks, *times, quality, link(path)])
    return table(head, rows)


def wall_and_cpu(measured: dict[str, Any], ending: str = "") -> str:
    """Wall and CPU seconds, or with an ending their ratios to ours; "–" for ours."""
    if f"seconds{ending}" not in measured:
        return "–"
    return f"{number(measured[f'seconds{ending}'])} ({number(measured[f'cpu_seconds{ending}'])})"


def headline() -> str:
    """The figures that README.md quotes, each beside the strongest alternative."""

    def model(figures: Any) -> str:
        own = statistics.median_low(run["test"]["ndcg@10"] for run in figures["runs"])
        alone = statistics.median_low(run["test_network_alone"]["ndcg@10"] for run in figures["runs"])
        others = [number(figures["baselines"][name]["ndcg@10"]) for name in ("markov", "item-knn", "popularity")]
        return (
            f"{number(own)}; network alone {number(alone)}, Markov alone {others[0]}, item-kNN {others[1]}, "
            f"popularity {others[2]}"
        )

    def best_peer(figures: Any) -> str:
        tested = [result for result in figures["results"] if "test" in result]
        names = ("ours, both together", "ours, network alone", "Markov alone")
        peers = [result for result in tested if result["model"] not in names]
        best = max(peers, key=lambda result: result["test"]["ndcg@10"][0])
        return f"{best['model']} {estimate(best['test']['ndcg@10'])}, the best of {len(peers)} at their chosen settings"

    def map_of_users(figures: Any) -> str:
        own, tuned, default = (
            wall_and_cpu(figures["variants"][name]["warm"])
            for name in ("ours", "umap-learn, init=pca, 100 epochs", "umap-learn, default")
        )
        return f'{own}; umap-learn {tuned} tuned (`init="pca", n_epochs=100`), {default} with its defaults'

    return lines(("what", "result", "from"), [
        ("ML-100k, NDCG@10", "quality-ml-100k", "", model),
        ("ML-100k, NDCG@10 of another library", "peers", "", best_peer),
        ("map of 10,000 users, second call in a process, seconds (CPU)", "projection-10000", "", map_of_users),
    ])  # fmt: skip


def interests() -> str:
    """What each representation of the users of the sample knows of what was planted, also in samples made anew."""
    head = ("users of", "representation", "same planted main interest, of 10 nearest [95%]", "same last scenario",
            "groups of the app, adjusted Rand index", "from")  # fmt: skip
    rows = []
    for what, name in (
        ("the sample", "interests-sample"),
        ("a sample of another random seed", "interests-sample-seed-11"),
        ("a sample of another random seed", "interests-sample-seed-12"),
    ):
        path = newest(name)
        if path is None:
            rows.append(missing(what, name, len(head)))
            continue
        for representation, found in opened(path)["representations"].items():
            if "planted" not in found:  # popularity has no vectors
                continue
            planted, groups = found["planted"], found["planted"]["groups"]
            agreement, scenario = estimate(planted["same_main_interest"]), number(planted["last_scenario"][0])
            numbers = f"{groups['ari']:.2f} ({groups['number']} groups)".replace("-", "−")
            rows.append([what, representation, agreement, scenario, numbers, link(path)])
    return table(head, rows)


def representations() -> str:
    """Stability, coherence and recall of each representation on every data set."""
    head = ("users of", "representation", "other half of the history among the 10 nearest", "its median rank",
            "shared tags or genres with 10 nearest (random users)", "recall@20 by score [95%]",
            "recall@20 by the nearest users’ items [95%]", "map, trustworthiness", "from")  # fmt: skip
    rows = []
    for what, name in (
        ("the sample", "interests-sample"),
        ("ml-latest-small", "interests-ml-latest-small"),
        ("Food and Kitchen", "interests-food-kitchen"),
    ):
        path = newest(name)
        if path is None:
            rows.append(missing(what, name, len(head)))
            continue
        for representation, found in opened(path)["representations"].items():
            stability, tags = found.get("stability"), found.get("coherence")
            rows.append([
                what,
                representation,
                number(stability["hit@10"][0]) if stability else "",
                number(stability["median_rank"]) if stability else "",
                f"{number(tags['neighbours'][0])} ({number(tags['random_users'][0])})" if tags else "",
                estimate(found["recall@20"]) if "recall@20" in found else "",
                estimate(found[NEIGHBOURS]) if NEIGHBOURS in found else "",
                number(found["map"]["trustworthiness"]) if "map" in found else "",
                link(path),
            ])  # fmt: skip
    return table(head, rows)


TABLES: dict[str, Callable[[], str]] = {
    "quality": quality, "peers": peers, "sooner": sooner, "cost": cost, "transfer": transfer, "study": study,
    "data": data, "projection": projection, "server": server, "headline": headline,
    "cores": cores, "large": large, "paths": paths,
    "interests": interests, "representations": representations, "transfer-methods": transfer_methods,
    "encoders": encoders, "tuning": tuning,
}  # fmt: skip


def written(text: str, folder: str = "") -> str:
    """The text with every table written again; `folder` is the path from the text's file to benchmarks/."""
    updated = BLOCK.sub(lambda block: block[1] + TABLES[block["name"]]() + block[4], text)
    return updated.replace("](results/", f"]({folder}results/") if folder else updated


def main() -> int:
    """Write both READMEs; with --check return 1 if they differ from what would be written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check, differ = parser.parse_args().check, False
    for path in READMES:
        text = path.read_text("utf-8")
        new = written(text, "benchmarks/" * (path.parent == ROOT))
        differ |= new != text
        if not check:
            path.write_text(new, "utf-8")
    return int(check and differ)


if __name__ == "__main__":
    sys.exit(main())
