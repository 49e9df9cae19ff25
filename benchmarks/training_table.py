"""The tables of training: on several cores, on millions of rows, and of its two paths."""

from __future__ import annotations

from benchmarks.formatting import Row, estimate, link, missing, newest, number, opened, table

PATHS = {"ours": "the CPU’s", "standard": "that of accelerators", "bfloat16": "the same, network in bfloat16"}


def cores() -> str:
    """How training scales with cores, by the number of parts of a batch."""
    head = ("parts of a batch", "cores", "interactions per second", "CPU-seconds of an epoch", "weights", "from")
    path = newest("speed-cores")
    if path is None:
        return table(head, [missing("2", "speed-cores", len(head))])
    rows: list[Row] = []
    for run in opened(path)["runs"]:
        figures = [number(run[key]) for key in ("examples_per_second", "cpu_seconds_of_an_epoch")]
        rows.append([str(run["parts"]), str(run["cores"]), *figures, f"`{run['weights']}`", link(path)])
    if seconds := opened(path).get("seconds"):
        told = ", ".join(f"{name} {number(value)} s" for name, value in seconds.items())
        rows.append(["2", "all", "", told, "", link(path)])
    return table(head, rows)


def paths() -> str:
    """Speed and accuracy on the CPU of the CPU's path and of that of accelerators."""
    head = ("path, on the CPU", "steps per CPU-second, 1 thread", "CPU time of a step, in that of the first",
            "NDCG@10, each seed", "difference to the first [95%]", "from")  # fmt: skip
    path = newest("device")
    if path is None:
        return table(head, [missing("ours", "device", len(head))])
    figures, rows = opened(path), []
    for name, label in PATHS.items():
        one = figures["speed"]["threads_1"][name]
        differs = figures.get("difference_to_ours", {}).get(name)
        gains = figures.get("ndcg@10", {}).get(name, [])  # absent where only the speed was measured
        rows.append([
            label,
            number(one["steps_per_cpu_second"]),
            number(one["times_the_cpu_of_ours"]),
            ", ".join(number(value, 4) for value in gains) or "not measured",
            estimate(differs) if differs else "–",
            link(path),
        ])  # fmt: skip
    return table(head, rows)


def large() -> str:
    """The steps of the shell on millions of rows."""
    head = ("step", "seconds", "CPU-seconds", "peak memory, MB", "from")
    path = newest("big_data")
    if path is None:
        return table(head, [missing("25 million rows", "big_data", len(head))])
    figures = opened(path)
    rows = []
    for step, what in (
        ("inspect", f"`inspect` a CSV of {figures['rows']:,} rows ({figures['file_mb']:,} MB)"),
        ("train", f"`train` {figures['minutes']:g} minutes ({figures['training']['epochs']} passes), baselines beside"),
        ("project", f"`project` the map of {figures['users']:,} users"),
        ("transfer", f"`transfer`, the exact path among {figures['items']:,} items"),
    ):
        cost = figures["steps"][step]
        rows.append([what, *(number(cost[key]) for key in ("seconds", "cpu_seconds", "peak_mb")), link(path)])
    return table(head, rows)
