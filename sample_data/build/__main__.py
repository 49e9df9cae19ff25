"""Writes the sample again, with the same content as the committed files.

python -m sample_data.build                      writes the files of sample_data/
python -m sample_data.build.trained_run          trains the run in sample_data/run again
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from sample_data.build.community import build_community

FOLDER = Path(__file__).resolve().parents[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the sample files."""
    parser = argparse.ArgumentParser(prog="python -m sample_data.build", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder to write to")
    out: Path = parser.parse_args(arguments).out
    out.mkdir(parents=True, exist_ok=True)
    for name, content in build_community().files().items():
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_bytes(content)
        print(f"{name}: {len(content):,} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
