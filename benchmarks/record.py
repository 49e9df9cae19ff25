"""How every benchmark publishes its figures: as JSON, together with the command, commit, versions and machine.

    measurement = Measurement(parser)      # adds --out, parses the options, starts to observe the machine
    measurement.publish(figures)           # prints the JSON; with --out also writes it

`--out` alone writes benchmarks/results/NAME-DATE.json, `--out FILE` a file of that name in the same folder.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
LIBRARIES = ("torch", "numpy", "scipy", "pandas", "pyarrow", "polars", "scikit-learn", "umap-learn", "streamlit")
QUIET = 0.05  # largest share of the processors that other programs may use on a quiet machine


class Measurement:
    """One run of a benchmark: its options, and the load of the machine meanwhile.

    Args:
        parser: with the options of the script; `--out` is added.
        name: of the results file; by default the script's.
        arguments: of the command line; by default those of this process.
    """

    def __init__(self, parser: argparse.ArgumentParser, name: str = "", arguments: list[str] | None = None) -> None:
        parser.add_argument("--out", nargs="?", const="", help="keep the JSON in benchmarks/results")
        self.arguments = sys.argv[1:] if arguments is None else arguments
        self.options = parser.parse_args(self.arguments)
        self.script = script_name()
        self.name = name or self.script.rpartition(".")[2]
        self.began, self.busy, self.own = time.perf_counter(), busy_seconds(), own_seconds()

    @property
    def path(self) -> Path | None:
        """The file to write, or None."""
        if self.options.out is None:
            return None
        return RESULTS / (self.options.out or f"{self.name}-{datetime.now(UTC).date().isoformat()}.json")

    def envelope(self, figures: Any) -> dict[str, Any]:
        """The figures with script, command, date, commit, versions, machine, and whether the machine was quiet."""
        others = self.others()
        return {
            "script": self.script,
            "command": command(self.script, self.arguments),
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "commit": commit(),
            "machine": machine(),
            "versions": {"python": platform.python_version()} | installed(LIBRARIES),
            "quiet": others < QUIET,
            "processors_used_by_others": round(others, 3),
            "seconds": round(time.perf_counter() - self.began, 1),
            "figures": figures,
        }

    def others(self) -> float:
        """Share of all processors that other programs used since the start, 0 to 1.

        Child processes that are still running count as other programs.
        """
        wall = time.perf_counter() - self.began
        used = busy_seconds() - self.busy - (own_seconds() - self.own)
        return min(max(used / (wall * (os.cpu_count() or 1)), 0.0), 1.0)

    def publish(self, figures: Any) -> None:
        """Print the JSON, and write it if `--out` was given."""
        text = json.dumps(self.envelope(figures), indent=1, ensure_ascii=False)
        print(text)
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(text + "\n", "utf-8")
            print(f"written to {self.path.relative_to(ROOT)}", file=sys.stderr)


def script_name() -> str:
    """The running script as a module name, such as "benchmarks.speed"."""
    path = Path(sys.argv[0]).resolve()
    inside = path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(path.name)
    return ".".join(inside.with_suffix("").parts)


def command(script: str, arguments: list[str]) -> str:
    """The command to repeat the benchmark: without --out, and without the folders of this machine."""
    shown, skip = [], False
    for place, argument in enumerate(arguments):
        if skip or argument == "--out" or argument.startswith("--out="):
            following = arguments[place + 1 : place + 2]
            skip = not skip and argument == "--out" and bool(following) and not following[0].startswith("--")
            continue
        shown.append(Path(argument).name if Path(argument).is_absolute() else argument)
    return " ".join(["python -m", script, *shown])


def commit() -> dict[str, Any]:
    """The commit, the tree of recsys in it, and whether tracked files had uncommitted changes."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    changed = git(
        "status", "--porcelain", "--untracked-files=no", "--", "recsys", "ui", "app.py", "pages", "benchmarks/*.py"
    )
    return {"id": git("rev-parse", "--short=12", "HEAD"), "recsys": git("rev-parse", "--short=12", "HEAD:recsys"),
            "changed": bool(changed)}  # fmt: skip


def machine() -> dict[str, Any]:
    """Cores, memory, processor family and system; no host name."""
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "processor": processor(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def processor() -> str:
    """Family and vector instructions, such as "AMD EPYC, AVX2"."""
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return platform.processor() or "unknown"
    model = re.search(r"model name\s*:\s*(.+)", text)
    family = re.match(r"(AMD EPYC|AMD Ryzen|Intel\(R\) \w+\(R\)|\S+ ?\S*)", model[1]) if model else None
    vectors = "AVX-512" if "avx512f" in text else "AVX2" if "avx2" in text else "no AVX2"
    return f"{family[1] if family else 'unknown'}, {vectors}"


def installed(names: tuple[str, ...]) -> dict[str, str]:
    """The versions of the packages that are installed."""
    versions = {}
    for name in names:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def busy_seconds() -> float:
    """Processor seconds of all programs since the machine started, without idle time."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)  # counted in user and nice already
    return float(sum(times) - idle - guests)


def own_seconds() -> float:
    """Processor seconds of this process and of its child processes that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
