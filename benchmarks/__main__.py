"""Run every benchmark that benchmarks/README.md quotes, one after the other. The machine should do nothing else.

    python -m benchmarks                        # all but the studies, about two hours
    python -m benchmarks --only peers speed     # some; with --list only their commands
    python -m benchmarks --data FOLDER          # also those on the files that STUDIES names

Each benchmark writes its JSON to benchmarks/results; one that fails is reported and does not stop the others. At the
end the chart of the peers and the tables of the READMEs are written again from the newest results.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks.formatting import newest
from benchmarks.record import ROOT

COMMANDS: dict[str, tuple[str, ...]] = {
    "quality-ml-1m": ("quality", "--data", "ml-1m", "--minutes", "4", "--seeds", *"012"),
    "quality-ml-100k": ("quality", "--data", "ml-100k", "--minutes", "3", "--seeds", *"012"),
    "quality-ml-100k-as-used": ("quality", "--as-used", "--data", "ml-100k", "--minutes", "3", "--seeds", *"012"),
    "peers": ("peers.run", "--data", "ml-100k", "--each", "60", "--final", "600"),
    "speed": ("speed",),
    "speed-cores": ("speed", "--cores", "1", "2", "--rows", "100000", "--items", "10000"),
    "transfer": ("transfer", "--k", "20"),
    "frames": ("frames",),
    "map_frames": ("map_frames",),
    "big_data": ("big_data",),
    "ingest": ("ingest",),
    "fuzz_ingest": ("fuzz_ingest", "--files", "20000"),
    "projection-10000": ("projection", "--users", "10000"),
    "projection-100000": ("projection", "--users", "100000", "--rounds", "1"),
    "cold_items": ("cold_items",),
    "device": ("device", "ml-100k"),
    "encoders": ("encoders",),
    "repeats": ("repeats",),
    "certificate-sample": ("certificate",),
    "interests-sample": ("interests",),
    "interests-sample-seed-11": ("interests", "--sample-seed", "11"),
    "interests-sample-seed-12": ("interests", "--sample-seed", "12"),
    "opening": ("opening",),
    "response_time": ("response_time",),
    "kill_recovery": ("kill_recovery",),
    "classroom": ("classroom",),
    "classroom-one-drags": ("classroom", "--draggers", "1"),
    "class_answers": ("class_answers",),
    "sessions": ("sessions",),
    "sessions-every-second": ("sessions", "--think", "1"),
    "same_training": ("same_training",),
    "walks-browser": ("walks", "--apptest", "0"),
    "walks-apptest": ("walks", "--browser", "0"),
}  # fmt: skip
STUDIES: dict[str, tuple[str, ...]] = {
    "study-users": ("study", "ml-latest-small.zip", "--axis", "users"),
    "uncut-study-users": ("study", "ml-latest-small.zip", "--axis", "users", "--uncut"),
    "study-scenarios": ("study", "food-kitchen/interactions.csv.gz", "--items", "items.csv.gz", "--axis", "scenarios"),
    "transfer_methods": ("transfer_methods", "food-kitchen/interactions.csv.gz", "--items", "items.csv.gz"),
    "transfer_methods-delinked": (
        "transfer_methods",
        "food-kitchen/interactions.csv.gz",
        "--items",
        "items.csv.gz",
        "--only-delinked",
    ),
    "certificate-scenarios": (
        "certificate",
        "food-kitchen/interactions.csv.gz",
        "--items",
        "items.csv.gz",
        "--axis",
        "scenarios",
    ),
    "tuning": ("tuning", "ml-latest-small.zip"),
    "interests-ml-latest-small": ("interests", "ml-latest-small.zip"),
    "interests-food-kitchen": ("interests", "food-kitchen/interactions.csv.gz"),
}


def commands(data: Path | None) -> dict[str, tuple[str, ...]]:
    """The commands by the name of their results file; the studies only if their data are given."""
    if data is None:
        return COMMANDS
    return COMMANDS | {name: (script, str(data / file), *more) for name, (script, file, *more) in STUDIES.items()}


def main() -> int:
    """Run the chosen benchmarks; return 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=[*COMMANDS, *STUDIES])
    parser.add_argument("--data", type=Path, help="folder with the data of the studies")
    parser.add_argument("--list", action="store_true", help="print the commands, run nothing")
    options = parser.parse_args()
    failed = []
    for name, (script, *arguments) in commands(options.data).items():
        if options.only and name not in options.only:
            continue
        command = [sys.executable, "-m", f"benchmarks.{script}", *arguments, "--out"]
        print("python", *command[1:], flush=True)
        if not options.list and subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False).returncode:
            failed.append(name)
    if not options.list:
        if newest("peers"):
            subprocess.run([sys.executable, "-m", "benchmarks.peers.plot"], cwd=ROOT, check=True)
        subprocess.run([sys.executable, "-m", "benchmarks.tables"], cwd=ROOT, check=True)
    if failed:
        print("failed:", ", ".join(failed), file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
