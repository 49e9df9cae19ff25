"""What all commands share: description with examples, the open run, limits of arguments, progress on a terminal."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from recsys.errors import InputError
from recsys.wording import Message

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.runs import Run

Command = Callable[[argparse.Namespace], dict[str, Any]]
"""From the arguments to the answer, a JSON object."""
PROGRAM = "python -m recsys"
_BAR = 24  # characters


class Parser(argparse.ArgumentParser):
    """Usage errors are one line, as all our errors."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}. Try --help.\n")


def add_step(steps: Any, name: str, command: Command, help: str, *examples: str) -> argparse.ArgumentParser:
    """Adds a command.

    Args:
        steps: the subparsers of the parser.
        help: what it does, in a phrase.
        examples: its arguments in complete commands, shown at the end of its help.
    """
    shown = "".join(f"\n  {PROGRAM} {example}" for example in examples)
    step: argparse.ArgumentParser = steps.add_parser(
        name,
        help=help,
        description=help,
        epilog=f"examples:{shown}" if examples else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    step.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    step.set_defaults(command=command, examples=examples)
    return step


def add_run(step: argparse.ArgumentParser) -> None:
    """Adds the run that a command works on."""
    step.add_argument("--run", required=True, type=Path, metavar="DIR", help="a folder made by train")


def open_run(chosen: argparse.Namespace) -> tuple[Run, Dataset]:
    """The run that the arguments name, with its data. Raises ArtifactError."""
    from recsys.runs import load_run

    return load_run(chosen.run)


def positive(text: str) -> float:
    """The type of an argument that is a number above 0."""
    value = float(text)
    if not 0 < value < 100_000:
        raise argparse.ArgumentTypeError(f"must be above 0 (got {text})")
    return value


def check_seed(seed: int) -> None:
    """Raises InputError for a seed that a random generator does not take."""
    if not 0 <= seed < 2**32:
        raise InputError("--seed", Message("must be between {low:,} and {high:,}", low=0, high=2**32 - 1), seed)


def check_k(k: int) -> None:
    """Raises InputError for a length of a list that makes no sense."""
    if not 1 <= k <= 10_000:
        raise InputError("k", "must be between 1 and 10,000", k)


def check_place(option: str, folder: Path, mark: str, rule: Message) -> None:
    """Raises InputError where a folder holds something else than what is to be replaced, which has a file `mark`."""
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir()) and not (folder / mark).is_file()):
        raise InputError(option, rule, str(folder), "Choose another folder.")


def progress_of(chosen: argparse.Namespace) -> Callable[..., None]:
    """Draws a progress bar on a terminal; does nothing with --json, or where stderr is a file."""
    return show_progress if sys.stderr.isatty() and not chosen.json else _no_progress


def show_progress(fraction: float, message: str = "", **details: object) -> None:
    """Draws the bar again, on the same line of stderr: `████████░░░░  42% epoch 3`."""
    filled = round(_BAR * min(max(fraction, 0.0), 1.0))
    width = max(10, shutil.get_terminal_size().columns - _BAR - 8)
    line = f"\r{'█' * filled}{'░' * (_BAR - filled)} {fraction:4.0%} {message:<{width}.{width}}"
    print(line, end="" if fraction < 1 else "\n", file=sys.stderr, flush=True)


def _no_progress(fraction: float, message: str = "", **details: object) -> None:
    """For commands in files and schedules."""
