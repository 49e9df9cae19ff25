"""`kill -9` at random moments of saving and training: `python -m benchmarks.killed --kills 50`. Prints JSON.

After each kill every data set and finished run must open; at the end the training must have come to the very figures of
one that nobody disturbed.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

from benchmarks.record import Measurement
from tests.workspace.test_killed import finish, kill_and_look


def main() -> None:
    """Kills, looks, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    measurement = Measurement(parser)
    kills = measurement.options.kills
    dice, killed, same, rounds = random.Random(0), 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        undisturbed, lasts = finish(Path(folder) / "undisturbed")
        while killed < kills:
            rounds += 1
            home = Path(folder) / f"round-{rounds}"
            for _ in range(5):
                killed += kill_and_look(home, dice.uniform(0.0, 1.0) * lasts)
            same += finish(home)[0] == undisturbed
    measurement.publish(
        {"kills": killed, "workspaces": rounds, "ended_at_the_same_figures": same, "figures": undisturbed}
    )


if __name__ == "__main__":
    main()
