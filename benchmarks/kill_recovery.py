"""`kill -9` at random moments of saving and training: `python -m benchmarks.kill_recovery --kills 50`. Prints JSON.

After each kill every data set and finished run must open; in the end the training must reach exactly the figures of one
that was not interrupted.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

from benchmarks.record import Measurement
from tests.workspace.test_killed import finish, kill_and_check


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    measurement = Measurement(parser)
    kills = measurement.options.kills
    generator, killed, same, rounds = random.Random(0), 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        uninterrupted, duration = finish(Path(folder) / "uninterrupted")
        while killed < kills:
            rounds += 1
            home = Path(folder) / f"round-{rounds}"
            for _ in range(5):
                killed += kill_and_check(home, generator.uniform(0.0, 1.0) * duration)
            same += finish(home)[0] == uninterrupted
    measurement.publish(
        {"kills": killed, "workspaces": rounds, "ended_at_the_same_figures": same, "figures": uninterrupted}
    )


if __name__ == "__main__":
    main()
